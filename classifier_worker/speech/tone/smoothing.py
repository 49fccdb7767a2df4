"""Smooth the probabilities of an utterance's windows, and keep the label from flickering.

    state, scores, affect = smooth(state, probabilities, gap_seconds=0.0)

A linear opinion pool of successive windows (Stone 1961, Ann. Math. Statist. 32(4), 1339–1342) with exponentially fading
weights: a probability never exceeds the largest one averaged, so averaging adds no confidence.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

MEMORY: Final = 0.4
"""Weight of the past relative to the newest window. 3 s windows every 1 s already share two thirds of their audio."""

GAP_SECONDS: Final = 1.0
"""A pause of this length, in seconds, reduces the memory and the resistance to change to 1/e."""

MARGIN: Final = 0.12
"""Lead with which another affect takes over at once; with a smaller one it must lead twice in a row."""

_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Smoother:
    """What is remembered about one speaker's windows."""

    scores: tuple[float, ...] = ()
    """Smoothed probabilities; empty before the first window."""
    affect: int = -1
    """Index of the affect last reported; −1 before the first window."""
    challenger: int = -1
    """Index of another affect that led in the last window by less than the margin; −1 for none."""

    def freeze(self) -> dict[str, Any]:
        return {"scores": list(self.scores), "affect": self.affect, "challenger": self.challenger}

    @classmethod
    def thaw(cls, frozen: dict[str, Any]) -> "Smoother":
        return cls(tuple(frozen["scores"]), frozen["affect"], frozen["challenger"])


def smooth(
    state: Smoother, probabilities: Sequence[float], gap_seconds: float = 0.0
) -> tuple[Smoother, tuple[float, ...], int]:
    """Add one window; return the state, the smoothed probabilities and the index of the affect to report.

    probabilities: [K], 0…1, sum 1, calibrated, always in the same order of affects.
    gap_seconds: silence before this window if it begins a new utterance, else 0.
    The confidence is the smoothed probability of the returned affect, which may not be the likeliest.
    Raises ValueError if K differs from the state's.
    """
    fade = math.exp(-max(0.0, gap_seconds) / GAP_SECONDS)
    scores = _pool(state.scores, probabilities, MEMORY * fade)
    leader = max(range(len(scores)), key=scores.__getitem__)
    affect, challenger = _keep_or_change(state, scores, leader, MARGIN * fade)
    return Smoother(scores, affect, challenger), scores, affect


def _pool(past: Sequence[float], new: Sequence[float], weight: float) -> tuple[float, ...]:
    if not past:
        return tuple(round(float(p), _DECIMALS) for p in new)
    return tuple(round(weight * old + (1.0 - weight) * float(p), _DECIMALS) for old, p in zip(past, new, strict=True))


def _keep_or_change(state: Smoother, scores: Sequence[float], leader: int, margin: float) -> tuple[int, int]:
    """Return the affect to report, and the challenger to remember."""
    if state.affect < 0 or leader == state.affect:
        return leader, -1
    if scores[leader] - scores[state.affect] >= margin or leader == state.challenger:
        return leader, -1
    return state.affect, leader
