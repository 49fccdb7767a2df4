"""How a voice has sounded in absolute terms over the last minute: the mean of its absolute scores.

If a speaker keeps one tone, the baseline adapts to it, and relative to that baseline every tone looks neutral. The
absolute scores tell such a voice from one that is merely even.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

MEMORY_SECONDS: Final = 60.0
"""Largest sum of the weights: older speech fades."""

_DECIMALS: Final = 4
"""Decimals of the state, so that no platform noise accumulates."""


@dataclass(frozen=True, slots=True)
class LastingTone:
    """Immutable; `updated` returns the next one."""

    mean: tuple[float, ...] = ()
    """One per affect; empty before the first window."""
    seconds: float = 0.0
    """Seconds of speech, at most MEMORY_SECONDS."""

    def updated(self, absolute: Sequence[float], seconds: float) -> "LastingTone":
        """Return the state after one more window with `seconds` of new speech."""
        known = min(self.seconds, MEMORY_SECONDS)
        new = np.asarray(absolute, np.float64)
        mean = np.asarray(self.mean or (0.0,) * len(new), np.float64)
        moved = mean + (new - mean) * (seconds / (known + seconds))
        return _kept(moved.tolist(), min(known + seconds, MEMORY_SECONDS))

    def joined(self, other: "LastingTone") -> "LastingTone":
        """Merge with another voice that turned out to be the same person's."""
        if not self.mean or not other.mean:
            return self if self.mean else other
        total = self.seconds + other.seconds
        pairs = zip(self.mean, other.mean, strict=True)
        mean = [(mine * self.seconds + theirs * other.seconds) / total for mine, theirs in pairs]
        return _kept(mean, min(total, MEMORY_SECONDS))

    def freeze(self) -> dict[str, Any]:
        """Return the state in a form msgpack can write."""
        return {"mean": list(self.mean), "seconds": self.seconds}

    @classmethod
    def thaw(cls, frozen: dict[str, Any]) -> "LastingTone":
        """Read what `freeze` wrote."""
        return cls(tuple(frozen["mean"]), float(frozen["seconds"]))


def _kept(mean: Sequence[float], seconds: float) -> LastingTone:
    return LastingTone(tuple(round(value, _DECIMALS) for value in mean), round(seconds, 3))
