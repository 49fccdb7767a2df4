"""A speaker's usual way of speaking, as a running mean and spread of features: the reference for tone.

The mean and variance are those of a weighted stream: West, "Updating mean and variance estimates: an improved
method" (Communications of the ACM 22(9), 1979), where weights are seconds of speech. A new speaker starts from
the average over all speakers, which counts as `PRIOR_SECONDS` of speech.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.frozen_arrays import freeze_array, thaw_array

PRIOR_SECONDS: Final = 6.0
"""Weight of the average over all speakers: about three utterances."""

MEMORY_SECONDS: Final = 300.0
"""Largest sum of the weights, so that a baseline follows a voice that changes over hours."""

_LEAST_VARIANCE = 1e-4
_MOST = 60_000.0


@dataclass(frozen=True, slots=True, eq=False)
class Everybody:
    """The average over the voices that a tone head was trained on, from which a new speaker's baseline starts.

    features = everybody.standardise(features)
    baseline = SpeakerBaseline.cold(len(everybody.mean))
    """

    mean: NDArray[np.float32]
    """float32[D]"""
    spread: NDArray[np.float32]
    """float32[D]: the standard deviation."""

    @classmethod
    def of(cls, features: NDArray[np.float32]) -> "Everybody":
        """Compute the average of features, float32[N, D]."""
        spread = np.maximum(features.std(axis=0, dtype=np.float64), 1e-4)
        return cls(features.mean(axis=0, dtype=np.float64).astype(np.float32), spread.astype(np.float32))

    def standardise(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Standardise features: float32[…, D] → distance from the mean in spreads, 3 decimals.

        Rounded, so that no platform noise accumulates in a baseline.
        """
        away = (features.astype(np.float64) - self.mean) / self.spread
        return np.round(away, 3).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class SpeakerBaseline:
    """Immutable; `updated` returns the next one.

        relative = baseline.normalise(features)
        baseline = baseline.updated(features, seconds=1.0)

    Features are standardised by `Everybody`, so they are of the order of 1. At every update, mean and variance are
    rounded to float16 (an error of a thousandth, while windows of one speaker differ by about 1; 4 bytes per feature in
    every checkpoint) and `seconds` to milliseconds. There is no other state, so a baseline that went through `freeze`
    and `thaw` continues exactly like one that did not.
    """

    mean: NDArray[np.float16]
    """float16[D]"""
    variance: NDArray[np.float16]
    """float16[D]"""
    seconds: float
    """Sum of the weights so far, including the prior's."""

    @property
    def strangeness(self) -> float:
        """Return the share that the average over all speakers has in the baseline: 1 for a new speaker, approaching
        0."""
        return min(1.0, PRIOR_SECONDS / self.seconds)

    @classmethod
    def cold(cls, features: int) -> "SpeakerBaseline":
        """Return the baseline of a new speaker: the average over all speakers."""
        return cls(np.zeros(features, np.float16), np.ones(features, np.float16), PRIOR_SECONDS)

    def normalise(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Measure each feature's distance from the speaker's mean in the speaker's spreads, both float32[…, D]."""
        relative: NDArray[np.float64] = (features - self.mean.astype(np.float64)) / self._spread()
        return relative.astype(np.float32)

    def scale(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Measure the same in the speaker's spreads, but from the mean over all speakers, both float32[…, D]."""
        return (features / self._spread()).astype(np.float32)

    def _spread(self) -> NDArray[np.float64]:
        return np.sqrt(np.maximum(self.variance.astype(np.float64), _LEAST_VARIANCE))

    def updated(self, features: NDArray[np.float32], seconds: float) -> "SpeakerBaseline":
        """Return the baseline after one more window, float32[D], with `seconds` of new speech.

        Raises ValueError if `seconds` is not positive.
        """
        if not seconds > 0:
            raise ValueError(f"A window must add more than 0 s of speech, not {seconds}.")
        known = min(self.seconds, MEMORY_SECONDS - seconds) if seconds < MEMORY_SECONDS else 0.0
        total = known + seconds
        mean = self.mean.astype(np.float64)
        away = features - mean
        new_mean = mean + away * (seconds / total)
        new_variance = (self.variance.astype(np.float64) * known + away * (features - new_mean) * seconds) / total
        return SpeakerBaseline(_stored(new_mean), _stored(new_variance), round(total, 3))

    def joined(self, other: "SpeakerBaseline") -> "SpeakerBaseline":
        """Merge with another voice of the same person, each weighted by its seconds.

        The pooled mean and variance of two samples (Chan, Golub & LeVeque, "Algorithms for computing the sample
        variance", The American Statistician 37(3), 1983). The average over all speakers counts once.
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
        """Return the state in a form msgpack can write: little-endian float16 bytes and a float."""
        return {
            "mean": freeze_array(self.mean),
            "variance": freeze_array(self.variance),
            "seconds": self.seconds,
        }

    @classmethod
    def thaw(cls, frozen: dict[str, Any]) -> "SpeakerBaseline":
        """Read what `freeze` wrote."""
        mean, variance = (thaw_array(frozen[name], np.float16) for name in ("mean", "variance"))
        return cls(mean, variance, float(frozen["seconds"]))


def _stored(values: NDArray[np.float64]) -> NDArray[np.float16]:
    """Clip to the range of float16, so that an extreme feature does not become infinite."""
    return np.clip(values, -_MOST, _MOST).astype(np.float16)
