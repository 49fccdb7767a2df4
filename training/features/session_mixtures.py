"""Sessions with one actor, in every mixture of tones from random to a single one."""

from collections.abc import Sequence
from typing import Final, Literal, get_args

import numpy as np

from shared.contract.tone_event import Affect
from training.data.recipe import SEED
from training.features.extract import Spoken
from training.features.relative import by_speaker, in_random_order
from training.features.replay import Session

Kind = Literal["mixed", "one", "mostly even"]
"""Clips in random order; a dozen clips of one tone; neutral clips with a few others among them."""

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

PAUSE: Final = 1.0
"""Seconds of silence between clips: another person's short turn."""

LONGEST: Final = 60
DOZEN: Final = 12
EVEN_SHARE: Final = 0.85
LEAST: Final = 2
"""Clips of a session: in one of fewer nothing can be heard against anything."""


def sessions(kind: Kind, spoken: Sequence[Spoken], meaning: dict[str, Affect], seed: int = SEED) -> list[Session]:
    """Return every speaker's clips as sessions of that kind: one each, or for "one", one per affect.

    meaning: emotion → affect; clips without one are left out.
    """
    made: list[list[Spoken]] = []
    known = [clip for clip in spoken if clip.emotion in meaning]
    for number, clips in enumerate(by_speaker(known).values()):
        rng = np.random.default_rng((seed, KINDS.index(kind), number))
        made += _of_speaker(kind, in_random_order(clips, rng), meaning, rng)
    return [session_of(clips, meaning) for clips in made if len(clips) >= LEAST]


def session_of(clips: Sequence[Spoken], meaning: dict[str, Affect]) -> Session:
    """Return one speaker's clips in sequence."""
    counts = [len(clip.windows) for clip in clips]
    pause = np.zeros(sum(counts))
    pause[np.cumsum([0, *counts[:-1]])] = PAUSE
    pause[0] = 0.0
    return Session(
        np.concatenate([clip.windows for clip in clips]),
        np.maximum(np.concatenate([clip.seconds for clip in clips]), 0.05),
        pause,
        np.repeat(np.array([meaning[clip.emotion] for clip in clips], np.str_), counts),
        np.repeat(np.arange(len(clips)), counts),
        np.zeros(sum(counts), np.intp),
        np.ones(sum(counts), np.bool_),
    )


def _of_speaker(
    kind: Kind, clips: list[Spoken], meaning: dict[str, Affect], rng: np.random.Generator
) -> list[list[Spoken]]:
    if kind == "mixed":
        return [clips[:LONGEST]]
    if kind == "one":
        affects = dict.fromkeys(meaning[clip.emotion] for clip in clips)
        return [[clip for clip in clips if meaning[clip.emotion] == affect][:DOZEN] for affect in affects]
    even = [clip for clip in clips if meaning[clip.emotion] == "neutral"]
    others = [clip for clip in clips if meaning[clip.emotion] != "neutral"]
    strays = others[: max(1, round(len(even) * (1 - EVEN_SHARE) / EVEN_SHARE))]
    return [in_random_order([*even, *strays], rng)] if even else []
