"""A speaker's own way of speaking, as a running mean and spread of features: tone is heard against it.

The mean and variance are those of a weighted stream: West, "Updating mean and variance estimates: an improved
method" (Communications of the ACM 22(9), 1979), where weights are seconds of speech. A speaker who has said
nothing yet is everybody's average, which counts like `PRIOR_SECONDS` of speech.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

PRIOR_SECONDS: Final = 6.0
"""What everybody's average weighs: about three utterances."""

MEMORY_SECONDS: Final = 300.0
"""Weights never sum to more, so that a baseline follows a voice that changes over hours."""

_LEAST_VARIANCE = 1e-4
_MOST = 60_000.0


@dataclass(frozen=True, slots=True, eq=False)
class Everybody:
    """What features are in the voices that a tone head was trained on: where a new speaker's baseline starts.

    features = everybody.standardise(features)
    baseline = SpeakerBaseline.cold(len(everybody.mean))
    """

    mean: NDArray[np.float32]
    """float32[D]"""
    spread: NDArray[np.float32]
    """float32[D]: the standard deviation."""

    @classmethod
    def of(cls, features: NDArray[np.float32]) -> "Everybody":
        """From float32[N, D]."""
        spread = np.maximum(features.std(axis=0, dtype=np.float64), 1e-4)
        return cls(features.mean(axis=0, dtype=np.float64).astype(np.float32), spread.astype(np.float32))

    def standardise(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """float32[…, D] → how many of everybody's spreads each lies from everybody's mean; 3 decimals.

        Rounded, so that no platform noise accumulates in a baseline.
        """
        away = (features.astype(np.float64) - self.mean) / self.spread
        return np.round(away, 3).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class SpeakerBaseline:
    """Immutable; `updated` gives the next one.

        relative = baseline.normalise(features)
        baseline = baseline.updated(features, seconds=1.0)

    Features are standardised by `Everybody`, so they are of the order of 1. Mean and variance are rounded to float16 at
    every update (a thousandth, where windows of one speaker differ by one; 4 bytes a feature in every checkpoint) and
    `seconds` to milliseconds. That is all of the state, so a baseline that went through `freeze` and `thaw` goes on
    exactly like one that did not.
    """

    mean: NDArray[np.float16]
    """float16[D]"""
    variance: NDArray[np.float16]
    """float16[D]"""
    seconds: float
    """Sum of the weights so far, the prior's among them."""

    @property
    def strangeness(self) -> float:
        """1 for a speaker who has said nothing yet, towards 0: the share of everybody's average in it."""
        return min(1.0, PRIOR_SECONDS / self.seconds)

    @classmethod
    def cold(cls, features: int) -> "SpeakerBaseline":
        """A speaker who has said nothing: everybody."""
        return cls(np.zeros(features, np.float16), np.ones(features, np.float16), PRIOR_SECONDS)

    def normalise(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """float32[…, D] → how many spreads of the speaker each feature lies from the speaker's mean, float32[…, D]."""
        relative: NDArray[np.float64] = (features - self.mean.astype(np.float64)) / self._spread()
        return relative.astype(np.float32)

    def scale(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """float32[…, D] → the same, counted in spreads of the speaker but from everybody's mean, float32[…, D]."""
        return (features / self._spread()).astype(np.float32)

    def _spread(self) -> NDArray[np.float64]:
        return np.sqrt(np.maximum(self.variance.astype(np.float64), _LEAST_VARIANCE))

    def updated(self, features: NDArray[np.float32], seconds: float) -> "SpeakerBaseline":
        """The baseline after one more window, float32[D], that brought `seconds` of speech not heard before.

        Raises ValueError when `seconds` is not positive.
        """
        if not seconds > 0:
            raise ValueError(f"A window brings more than 0 s of speech, not {seconds}.")
        known = min(self.seconds, MEMORY_SECONDS - seconds) if seconds < MEMORY_SECONDS else 0.0
        total = known + seconds
        mean = self.mean.astype(np.float64)
        away = features - mean
        new_mean = mean + away * (seconds / total)
        new_variance = (self.variance.astype(np.float64) * known + away * (features - new_mean) * seconds) / total
        return SpeakerBaseline(_stored(new_mean), _stored(new_variance), round(total, 3))

    def joined(self, other: "SpeakerBaseline") -> "SpeakerBaseline":
        """Of one person, who was taken for two: what each heard, weighted by its seconds.

        The pooled mean and variance of two samples (Chan, Golub & LeVeque, "Algorithms for computing the sample
        variance", The American Statistician 37(3), 1983). Everybody's average counts once.
        """
        heard = max(0.0, other.seconds - PRIOR_SECONDS)
        total = self.seconds + heard
        mean, away = self.mean.astype(np.float64), other.mean.astype(np.float64) - self.mean
        within = (self.variance.astype(np.float64) * self.seconds + other.variance.astype(np.float64) * heard) / total
        variance = within + away**2 * (self.seconds * heard / total**2)
        return SpeakerBaseline(
            _stored(mean + away * (heard / total)),
            _stored(variance),
            round(min(total, MEMORY_SECONDS), 3),
        )

    def freeze(self) -> dict[str, Any]:
        """What msgpack can write: little-endian float16 bytes and a float."""
        return {
            "mean": self.mean.astype("<f2").tobytes(),
            "variance": self.variance.astype("<f2").tobytes(),
            "seconds": self.seconds,
        }

    @classmethod
    def thaw(cls, frozen: dict[str, Any]) -> "SpeakerBaseline":
        """What `freeze` wrote."""
        mean, variance = (np.frombuffer(frozen[name], "<f2").astype(np.float16) for name in ("mean", "variance"))
        return cls(mean, variance, float(frozen["seconds"]))


def _stored(values: NDArray[np.float64]) -> NDArray[np.float16]:
    """What float16 can hold: a wild feature must not become infinite."""
    return np.clip(values, -_MOST, _MOST).astype(np.float16)
