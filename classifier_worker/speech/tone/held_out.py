"""The guard for corrections: scores of speech that the model was not trained on.

`training.fit.held_out` makes the table. It contains probabilities and the true affect; speech cannot be recovered from
it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.tone.correction import Lesson, Scores, shifted

TOLERATED: Final = 1.0
"""Percentage points by which a person's corrections may raise the share of held-out clips labelled wrongly."""
SAID: Final = 0.6
"""Least confidence for a label. Not taken from the settings, so that every worker reaches the same decision."""


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """Clips, each scored by a model that was not trained on it."""

    affects: tuple[str, ...]
    """Affect of each column."""
    probabilities: Scores
    """float64[N, C]"""
    truth: NDArray[np.intp]
    """int[N]: column of the true affect."""
    everyday: NDArray[np.bool_]
    """bool[N]: ordinary speech rather than acted."""

    @classmethod
    def load(cls, path: Path) -> "HeldOut | None":
        """Read what `save` wrote; None if the file does not exist. Raises ValueError if it is damaged."""
        if not path.is_file():
            return None
        try:
            with np.load(path, allow_pickle=False) as stored:
                return cls(
                    tuple(str(name) for name in stored["affects"]),
                    stored["probabilities"].astype(np.float64),
                    stored["truth"].astype(np.intp),
                    stored["everyday"].astype(np.bool_),
                )
        except Exception as error:  # numpy and zipfile raise many types for a damaged file
            raise ValueError(
                f"{path} is damaged. Make it again: ./manage.sh python -m training.fit.held_out."
            ) from error

    def among(self, affects: Sequence[str]) -> "HeldOut":
        """Return the table for a model with these affects, without the clips of other affects."""
        columns = [self.affects.index(affect) if affect in self.affects else -1 for affect in affects]
        found = np.where(np.array(columns) < 0, 0.0, self.probabilities[:, columns])
        place = {column: number for number, column in enumerate(columns) if column >= 0}
        rows = np.array([truth in place for truth in self.truth.tolist()], np.bool_)
        truth = np.array([place[truth] for truth in self.truth[rows].tolist()], np.intp)
        shares = found[rows] / np.maximum(found[rows].sum(axis=1, keepdims=True), 1e-9)
        return HeldOut(tuple(affects), shares, truth, self.everyday[rows])

    def save(self, path: Path) -> None:
        """Write the table, about 20 kB."""
        with path.open("wb") as file:
            np.savez_compressed(
                file,
                allow_pickle=False,
                affects=np.array(self.affects),
                probabilities=self.probabilities.astype(np.float32),
                truth=self.truth.astype(np.int8),
                everyday=self.everyday,
            )

    def said_wrongly(self, lessons: Sequence[Lesson]) -> tuple[float, float]:
        """Return the percentages of acted and of ordinary clips that get a wrong label with these corrections."""
        scores = shifted(self.probabilities, lessons)
        wrong = (scores.max(axis=1) >= SAID) & (scores.argmax(axis=1) != self.truth)
        acted, ordinary = (wrong[kind] for kind in (~self.everyday, self.everyday))
        return _percent(acted), _percent(ordinary)

    def harmed(self, lessons: Sequence[Lesson]) -> bool:
        """Return whether these corrections make either figure worse by more than TOLERATED."""
        before, after = self.said_wrongly(()), self.said_wrongly(lessons)
        return any(round(new - old, 6) > TOLERATED for old, new in zip(before, after, strict=True))


def _percent(found: NDArray[np.bool_]) -> float:
    return 100.0 * float(found.mean()) if len(found) else 0.0
