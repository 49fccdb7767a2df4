"""How much a voice varies: whether it uses different tones, or keeps to one.

The tones of a voice that changes lie far apart, those of ordinary talk close together (docs/lab/training.md). Only a
voice that varies is judged relative to itself: a baseline of only one tone has adapted to it.

The variance is that of a weighted stream (West 1979), pooled (Chan et al. 1983), both as in `baseline.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.tone.baseline import MEMORY_SECONDS

_DECIMALS: Final = 4
"""Decimals of the state, so that no platform noise accumulates."""


@dataclass(frozen=True, slots=True)
class Variety:
    """Immutable; `updated` returns the next one. A tone is the C numbers that `ToneHead.read` returns for a window.

    variety = variety.updated(scores.tone.tolist(), seconds=1.0)
    """

    mean: tuple[float, ...] = ()
    """The mean tone; empty before the first window."""
    variance: float = 0.0
    """Mean squared distance from it."""
    seconds: float = 0.0
    """Seconds of speech, at most MEMORY_SECONDS."""

    def updated(self, tone: Sequence[float], seconds: float) -> "Variety":
        """Return the state after one more window with `seconds` of new speech."""
        known = min(self.seconds, max(0.0, MEMORY_SECONDS - seconds))
        total = known + seconds
        new = np.asarray(tone, np.float64)
        mean = np.asarray(self.mean or tone, np.float64)
        away = new - mean
        moved = mean + away * (seconds / total)
        variance = (self.variance * known + float(away @ (new - moved)) * seconds) / total
        return _kept(moved, variance, total)

    def joined(self, other: "Variety") -> "Variety":
        """Merge with another voice that turned out to be the same person's."""
        if not self.mean or not other.mean:
            return self if self.mean else other
        total = self.seconds + other.seconds
        mean, away = np.array(self.mean), np.array(other.mean) - np.array(self.mean)
        within = (self.variance * self.seconds + other.variance * other.seconds) / total
        between = float(away @ away) * self.seconds * other.seconds / total**2
        return _kept(mean + away * (other.seconds / total), within + between, min(total, MEMORY_SECONDS))

    def freeze(self) -> dict[str, Any]:
        """Return the state in a form msgpack can write."""
        return {"mean": list(self.mean), "variance": self.variance, "seconds": self.seconds}

    @classmethod
    def thaw(cls, frozen: dict[str, Any]) -> "Variety":
        """Read what `freeze` wrote."""
        return cls(tuple(frozen["mean"]), float(frozen["variance"]), float(frozen["seconds"]))


def _kept(mean: NDArray[np.float64], variance: float, seconds: float) -> Variety:
    rounded = tuple(np.round(mean, _DECIMALS).tolist())
    return Variety(rounded, round(max(0.0, variance), _DECIMALS), round(seconds, 3))
