"""How a voice has sounded by itself for the last minute: the mean of its absolute scores.

A baseline that has heard one tone only has become that tone, and nothing stands out against it. What the absolute
scores have said all along tells such a voice from one that is merely even.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

MEMORY_SECONDS: Final = 60.0
"""Weights never sum to more: older speech fades."""

_DECIMALS: Final = 4
"""Of what is kept, so that no platform noise accumulates."""


@dataclass(frozen=True, slots=True)
class LastingTone:
    """Immutable; `updated` gives the next one."""

    mean: tuple[float, ...] = ()
    """One an affect; empty as long as there was none."""
    seconds: float = 0.0
    """Of speech heard, at most MEMORY_SECONDS."""

    def updated(self, absolute: Sequence[float], seconds: float) -> "LastingTone":
        """After one more window that brought `seconds` of speech not heard before."""
        known = min(self.seconds, MEMORY_SECONDS)
        new = np.asarray(absolute, np.float64)
        mean = np.asarray(self.mean or (0.0,) * len(new), np.float64)
        moved = mean + (new - mean) * (seconds / (known + seconds))
        return _kept(moved.tolist(), min(known + seconds, MEMORY_SECONDS))

    def joined(self, other: "LastingTone") -> "LastingTone":
        """Of one person, who was taken for two."""
        if not self.mean or not other.mean:
            return self if self.mean else other
        total = self.seconds + other.seconds
        pairs = zip(self.mean, other.mean, strict=True)
        mean = [(mine * self.seconds + theirs * other.seconds) / total for mine, theirs in pairs]
        return _kept(mean, min(total, MEMORY_SECONDS))

    def freeze(self) -> dict[str, Any]:
        """What msgpack can write."""
        return {"mean": list(self.mean), "seconds": self.seconds}

    @classmethod
    def thaw(cls, frozen: dict[str, Any]) -> "LastingTone":
        """What `freeze` wrote."""
        return cls(tuple(frozen["mean"]), float(frozen["seconds"]))


def _kept(mean: Sequence[float], seconds: float) -> LastingTone:
    return LastingTone(tuple(round(value, _DECIMALS) for value in mean), round(seconds, 3))
