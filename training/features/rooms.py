"""In which rooms, on which lines and in which voices clips are trained on, beside as they were recorded."""

import zlib
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import numpy as np

from training.data.clips import Excerpt
from training.data.conditions import CONDITIONS
from training.data.corpus import Clip
from training.features.extract import Extractor, Spoken

DRAWN: Final = ("telephone", "noisy", "room", "far", "deeper", "higher", "microphone")
"""Conditions that are drawn for a voice, every time another one."""

DRAWS: Final = 3

BY_OPENINGS: Final = frozenset({"emodb"})
"""Corpora of which some emotions exist only as the first 2 s: those are trained on in every condition."""


def heard(extractor: Extractor, clips: Sequence[Clip]) -> list[Spoken]:
    """One corpus' clips as a model is trained on them."""
    if clips[0].corpus in BY_OPENINGS:
        spoken = extractor.features(clips, "whole", "clean", exact_air=False)
        for condition in CONDITIONS:
            spoken += extractor.features(clips, "opening", condition, exact_air=False)
        return spoken
    spoken = extractor.features(clips, "whole", "clean", exact_air=True)
    for number in range(DRAWS):
        spoken += _drawn(extractor, clips, "whole", number)
    return spoken


def drawn(speaker: str, number: int) -> str:
    """The condition that a voice is heard in for the given time, 0 … len(DRAWN) − 1; never the same twice."""
    order = np.random.default_rng(zlib.crc32(speaker.encode())).permutation(len(DRAWN))
    return DRAWN[order[number]]


def _drawn(extractor: Extractor, clips: Sequence[Clip], excerpt: Excerpt, number: int) -> list[Spoken]:
    groups: dict[str, list[Clip]] = defaultdict(list)
    for clip in clips:
        groups[drawn(clip.speaker, number)].append(clip)
    return [
        spoken
        for condition, group in groups.items()
        for spoken in extractor.features(group, excerpt, condition, exact_air=False)
    ]
