"""What a session with one speaker may be like: tones in every mixture, from all of them at random to a single one."""

from collections.abc import Sequence
from typing import Final, Literal, get_args

import numpy as np

from shared.tone_event import Affect
from training.features import Spoken
from training.listening import in_random_order

Kind = Literal["mixed", "mostly one", "one then another", "one"]
"""All clips in random order; four fifths of one tone; a dozen clips of one and then a dozen of another; one tone."""

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

UNEVEN: Final = KINDS[1:]

MOST: Final = 0.8
DOZEN: Final = 12
LEAST: Final = 2
"""Clips of a session: in one of fewer nothing can be heard against anything."""


def sessions(
    kind: Kind, clips: Sequence[Spoken], meaning: dict[str, Affect], seed: tuple[int, ...]
) -> list[list[Spoken]]:
    """One speaker's clips as sessions of that kind: one session, or one for each affect."""
    if kind == "mixed":
        return [in_random_order(clips, np.random.default_rng(seed))]
    rng = np.random.default_rng((*seed, KINDS.index(kind)))
    of_affect: dict[str, list[Spoken]] = {}
    for clip in in_random_order(clips, rng):
        of_affect.setdefault(meaning[clip.emotion], []).append(clip)
    made = [_session(kind, affect, of_affect, rng) for affect in of_affect]
    return [session for session in made if len(session) >= LEAST]


def _session(kind: Kind, affect: str, of_affect: dict[str, list[Spoken]], rng: np.random.Generator) -> list[Spoken]:
    """The affect's own session."""
    own = of_affect[affect]
    others = [clip for other, clips in of_affect.items() if other != affect for clip in clips]
    if kind == "one" or not others:
        return own
    if kind == "mostly one":
        strays = in_random_order(others, rng)[: round(len(own) * (1 - MOST) / MOST)]
        return in_random_order([*own, *strays], rng)
    others_names = [other for other in of_affect if other != affect]
    then = of_affect[others_names[int(rng.integers(len(others_names)))]]
    return [*own[:DOZEN], *then[:DOZEN]]
