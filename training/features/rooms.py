"""The rooms, lines and voices in which clips are used for training, in addition to the original recordings."""

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
"""Conditions drawn for a voice, a different one each time."""

DRAWS: Final = 3

BY_OPENINGS: Final = frozenset({"emodb"})
"""Corpora with some emotions of which only the first 2 s exist: these are used in every condition."""


def heard(extractor: Extractor, clips: Sequence[Clip]) -> list[Spoken]:
    """Return one corpus' clips in the form used for training."""
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
    """Return a voice's condition for the given time, 0 … len(DRAWN) − 1; never the same one twice."""
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
