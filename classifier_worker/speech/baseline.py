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

_LEAST_VARIANCE = 1e-8


@dataclass(frozen=True, slots=True, eq=False)
class SpeakerBaseline:
    """Immutable; `updated` gives the next one.

        relative = baseline.normalise(features)
        baseline = baseline.updated(features, seconds=1.0)

    Mean and variance are rounded to float32 at every update and `seconds` to milliseconds. That is all of the
    state, so a baseline that went through `freeze` and `thaw` goes on exactly like one that did not.
    """

    mean: NDArray[np.float32]
    """float32[D]"""
    variance: NDArray[np.float32]
    """float32[D]"""
    seconds: float
    """Sum of the weights so far, the prior's among them."""

    @classmethod
    def cold(cls, mean: NDArray[np.float32], spread: NDArray[np.float32]) -> "SpeakerBaseline":
        """A speaker who has said nothing: everybody's mean and spread (standard deviation), float32[D] each."""
        variance = np.square(spread, dtype=np.float64).astype(np.float32)
        return cls(mean.astype(np.float32), variance, PRIOR_SECONDS)

    def normalise(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """float32[…, D] → how many spreads of the speaker each feature lies from the speaker's mean, float32[…, D]."""
        spread = np.sqrt(np.maximum(self.variance.astype(np.float64), _LEAST_VARIANCE))
        relative: NDArray[np.float64] = (features - self.mean.astype(np.float64)) / spread
        return relative.astype(np.float32)

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
        new_variance = (self.variance * known + away * (features - new_mean) * seconds) / total
        return SpeakerBaseline(new_mean.astype(np.float32), new_variance.astype(np.float32), round(total, 3))

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
            (mean + away * (heard / total)).astype(np.float32),
            variance.astype(np.float32),
            round(min(total, MEMORY_SECONDS), 3),
        )

    def freeze(self) -> dict[str, Any]:
        """What msgpack can write: little-endian float32 bytes and a float."""
        return {
            "mean": self.mean.astype("<f4").tobytes(),
            "variance": self.variance.astype("<f4").tobytes(),
            "seconds": self.seconds,
        }

    @classmethod
    def thaw(cls, frozen: dict[str, Any]) -> "SpeakerBaseline":
        """What `freeze` wrote."""
        mean, variance = (np.frombuffer(frozen[name], "<f4").astype(np.float32) for name in ("mean", "variance"))
        return cls(mean, variance, float(frozen["seconds"]))
