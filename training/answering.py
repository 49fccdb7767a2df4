"""What a model answers to people that it never heard, and what the worker would say of it.

Clips of a speaker come in 10 seeded random orders, from a cold start; each is answered before it updates the
speaker's baseline. A clip is answered by the mean of its windows' probabilities.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from classifier_worker.speech.tone_head import ToneHead
from shared.tone_event import Affect
from training.corpus import read_clips
from training.features import Extractor, Spoken
from training.metrics import Answers, joined
from training.recipe import FOUR, Recipe
from training.saying import Heard, Said, hear, joined_said, probabilities, said
from training.sessions import UNEVEN, Kind

ORDERS: Final = 10
UNEVEN_ORDERS: Final = 3
"""Of sessions that are not evenly mixed; each of them is one session for every affect."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Of some people's clips."""

    answers: Answers
    """One a clip."""
    said: Said
    """One a window, smoothed as live."""


def among(head: ToneHead, affects: Iterable[Affect]) -> ToneHead:
    """The head, when it may only say these affects.

    Among fewer affects tones lie less far apart: of four of six 0.64 to 0.83 as far, where the root of the ratio of
    what is left when their mean is taken off (3 of 5) is 0.77.
    """
    chosen = set(affects)
    rows = [row for row, affect in enumerate(head.affects) if affect in chosen]
    left = max(0, len(rows) - 1) / max(1, len(head.affects) - 1)
    return replace(
        head,
        affects=tuple(head.affects[row] for row in rows),
        weights=head.weights[rows],
        bias=head.bias[rows],
        variety=head.variety * math.sqrt(left),
    )


def measure(
    head: ToneHead,
    spoken: Sequence[Spoken],
    meaning: dict[str, Affect],
    affects: Iterable[Affect],
    *,
    orders: int = ORDERS,
    kind: Kind = "mixed",
) -> Measured:
    """What comes of the clips that mean one of `affects`, when nothing else may be said. meaning: emotion → affect."""
    restricted = among(head, affects)
    heard = hear(restricted, spoken, meaning, orders, kind)
    return Measured(answers(restricted, heard), said(restricted, heard))


def answers(head: ToneHead, heard: Sequence[Sequence[Heard]]) -> Answers:
    """One answer a clip."""
    clips = [clip for speaker in heard for clip in speaker]
    of_clips = [of_clip for speaker in heard for of_clip in probabilities(head, speaker)]
    if not clips:
        return Answers(np.array([], np.str_), np.array([], np.str_), np.array([]), np.array([]))
    scores = np.array([of_clip.mean(axis=0) for of_clip in of_clips])
    return Answers(
        np.array([clip.truth for clip in clips], np.str_),
        np.array(head.affects)[scores.argmax(axis=1)],
        scores.max(axis=1),
        np.array([clip.seconds for clip in clips]),
    )


def together(parts: Sequence[Measured]) -> Measured:
    return Measured(joined([part.answers for part in parts]), joined_said([part.said for part in parts]))


def four_and_all(head: ToneHead, spoken: Sequence[Spoken], meaning: dict[str, Affect]) -> dict[str, Measured]:
    """ "four" (the affects that all corpora share) and "all" (any affect of the model) → what comes of it. With a kind
    of session behind it ("four, one"): what comes of it in such sessions."""
    found: dict[str, Measured] = {}
    for among_which, affects in (("four", FOUR), ("all", head.affects)):
        found[among_which] = measure(head, spoken, meaning, affects)
        for kind in UNEVEN:
            found[f"{among_which}, {kind}"] = measure(head, spoken, meaning, affects, orders=UNEVEN_ORDERS, kind=kind)
    return found


def unseen(head: ToneHead, extractor: Extractor, speech: Path, recipe: Recipe) -> dict[str, dict[str, Measured]]:
    """Corpus that the recipe keeps for it → "four", "all" → what comes of it."""
    spoken = (extractor.features(read_clips(speech, name), "whole", "clean", exact_air=True) for name in recipe.unseen)
    return {name: four_and_all(head, clips, recipe.affects) for name, clips in zip(recipe.unseen, spoken, strict=True)}
