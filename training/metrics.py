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

    def recall(self, name: str) -> float:
        """Share 0…1 of the clips of `name` that were recognised."""
        of_it = self.truth == name
        return float(np.mean(self.answer[of_it] == name)) if of_it.any() else float("nan")

    def uar(self) -> float:
        """Unweighted average recall 0…1: every class weighs alike."""
        return float(np.mean([self.recall(str(name)) for name in np.unique(self.truth)]))

    def calibration_error(self, bins: int = 10) -> float:
        """Expected calibration error 0…1 (Guo et al., https://arxiv.org/abs/1706.04599, §2), classes weighing alike."""
        names, which = np.unique(self.truth, return_inverse=True)
        weight = 1 / (np.bincount(which)[which] * len(names))
        right = self.answer == self.truth
        slot = np.minimum((self.confidence * bins).astype(int), bins - 1)
        gaps = [np.sum(weight[slot == b] * (right - self.confidence)[slot == b]) for b in range(bins)]
        return float(np.sum(np.abs(gaps)))

    def coverage(self, floor: float) -> float:
        """Share 0…1 of the clips whose confidence reaches `floor`."""
        return float(np.mean(self.confidence >= floor))

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
    )
