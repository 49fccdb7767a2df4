"""Figures: unweighted average recall, calibration error, coverage."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What was said and what was answered, one entry a clip."""

    truth: NDArray[np.str_]
    answer: NDArray[np.str_]
    confidence: NDArray[np.float64]
    seconds: NDArray[np.float64]
    """Of speech in the clip."""

    def recall(self, name: str) -> float:
        """Share 0…1 of the clips of `name` that were recognised."""
        of_it = self.truth == name
        return float(np.mean(self.answer[of_it] == name)) if of_it.any() else float("nan")

    def uar(self) -> float:
        """Unweighted average recall 0…1: every class weighs alike."""
        return float(np.mean([self.recall(str(name)) for name in np.unique(self.truth)]))

    def calibration_error(self, bins: int = 10) -> float:
        """Expected calibration error 0…1 (Guo et al., https://arxiv.org/abs/1706.04599, §2), clips weighing alike.

        Bins hold equally many clips (Nguyen and O'Connor, https://arxiv.org/abs/1508.05154, §3): equally wide ones
        would rest on a handful of clips where answers are rare.
        """
        if not len(self.confidence):
            return float("nan")
        order = np.argsort(self.confidence, kind="stable")
        gaps = ((self.answer == self.truth) - self.confidence)[order]
        return float(sum(abs(part.sum()) for part in np.array_split(gaps, bins)) / len(gaps))

    def over(self, floor: float) -> "Answers":
        """Those that would be said: confidence at least `floor`."""
        return self.where(self.confidence >= floor)

    def lasting(self, seconds: float) -> "Answers":
        """Those on clips of at least so much speech."""
        return self.where(self.seconds >= seconds)

    def where(self, chosen: NDArray[np.bool_]) -> "Answers":
        return Answers(self.truth[chosen], self.answer[chosen], self.confidence[chosen], self.seconds[chosen])

    def coverage(self, floor: float) -> float:
        """Share 0…1 of the clips whose confidence reaches `floor`."""
        return float(np.mean(self.confidence >= floor)) if len(self.confidence) else float("nan")

    def accuracy_over(self, floor: float) -> float:
        """Share 0…1 of right answers among those that reach `floor`."""
        over = self.confidence >= floor
        return float(np.mean(self.answer[over] == self.truth[over])) if over.any() else float("nan")


def joined(parts: Sequence[Answers]) -> Answers:
    """All answers together."""
    return Answers(
        np.concatenate([p.truth for p in parts]),
        np.concatenate([p.answer for p in parts]),
        np.concatenate([p.confidence for p in parts]),
        np.concatenate([p.seconds for p in parts]),
    )
