"""Fit the mixture's eleven numbers: those that make the intended affects likeliest, over ordinary and acted sessions.

They are fitted on corpora that the readers were not trained on, because readers are too confident on their own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from classifier_worker.speech.tone.mixture import Mixture
from shared.contract.tone_event import EVEN
from training.features.replay import Replayed
from training.features.session_mixtures import Kind

Floats = NDArray[np.float64]

ACTED_SHARE: Final = 0.3
"""Weight of acted sessions; the rest is ordinary speech."""

OF_KIND: Final[dict[Kind, float]] = {"mixed": 0.35, "one": 0.4, "mostly even": 0.25}
"""Distribution of that weight over the kinds of acted session."""

START: Final = Mixture(-4.0, 6.0, 1.5, 0.0, 0.5, 0.0, 0.3, 0.6, 0.5, 1.5, 0.6)
_PULL: Final = 0.002
"""Weight of the squared distance from START: numbers that the sessions do not determine stay there."""


@dataclass(frozen=True, slots=True, eq=False)
class HeadScores:
    """One head's scores for one acted corpus and for ordinary speech."""

    acted: dict[Kind, Replayed]
    ordinary: Sequence[Replayed]


def fitted(heads: Sequence[HeadScores]) -> Mixture:
    """Return the likeliest numbers. Raises ValueError if there is nothing to fit them to."""
    if not heads:
        raise ValueError("a mixture needs sessions of at least one head to be fitted to")
    parts = [part for heard in heads for part in _weighed(heard, 1.0 / len(heads))]
    start = START.numbers()

    def unlikely(numbers: NDArray[np.float64]) -> float:
        mixture = Mixture.of(numbers)
        lost = sum(
            float((weight * -np.log(np.maximum(replayed.probabilities(mixture)[rows, truth], 1e-9))).sum())
            for replayed, rows, truth, weight in parts
        )
        return lost + _PULL * float(((numbers - start) ** 2).sum())

    found = minimize(unlikely, start, method="L-BFGS-B", options={"maxiter": 80})
    return Mixture.of(np.round(found.x, 3))


Part = tuple[Replayed, NDArray[np.intp], NDArray[np.intp], Floats]
"""Windows, their rows, the column of the intended affect, and their weight."""


def _weighed(heard: HeadScores, share: float) -> list[Part]:
    parts = [
        _part(replayed, share * (1.0 - ACTED_SHARE) / len(heard.ordinary), balanced=False)
        for replayed in heard.ordinary
    ]
    parts += [
        _part(replayed, share * ACTED_SHARE * OF_KIND[kind], balanced=kind != "mostly even")
        for kind, replayed in heard.acted.items()
    ]
    return [part for part in parts if len(part[3])]


def _part(replayed: Replayed, weight: float, *, balanced: bool) -> Part:
    """balanced: every affect weighs the same; otherwise every window does. Affects unknown to the head are left out."""
    names = list(replayed.affects)
    truth = np.array([_column(names, str(name)) for name in replayed.truth], np.intp)
    rows = np.flatnonzero(truth >= 0)
    truth = truth[rows]
    each = np.full(len(truth), weight / max(1, len(truth)))
    if balanced and len(truth):
        counts = np.bincount(truth, minlength=len(names))
        each = weight / np.count_nonzero(counts) / counts[truth]
    return replayed, rows, truth, each


def _column(names: Sequence[str], truth: str) -> int:
    """Return the column, or −1 if there is none. "calm" counts as neutral for a head without it."""
    if truth in EVEN and truth not in names:
        return names.index("neutral")
    return names.index(truth) if truth in names else -1
