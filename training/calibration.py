"""The temperatures that make what is said right as often as its confidence says: fitted as it is said, smoothed."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from classifier_worker.speech.tone_head import ToneHead
from training.recipe import Calibration
from training.saying import Heard, smoothed

_LEAST = 1e-4
"""What a probability counts as at least, so that one wrong certainty does not outweigh everything."""


Test = tuple[ToneHead, Sequence[Sequence[Heard]]]
"""A head, and what it heard of people that it was not trained on."""


def fitted(tests: Sequence[Test]) -> Calibration:
    """The likeliest calibration, common to all heads; every affect of a test weighs alike, and every test."""

    def loss(logarithms: NDArray[np.float64]) -> float:
        temperature, caution = np.exp(logarithms)
        return sum(surprise(replace(head, temperature=temperature, caution=caution), heard) for head, heard in tests)

    corners = np.array([[0.0, 0.0], [-0.5, 0.0], [0.0, 0.7]])
    found = minimize(
        loss, corners[0], method="Nelder-Mead", options={"initial_simplex": corners, "xatol": 0.02, "fatol": 1e-4}
    )
    temperature, caution = np.exp(found.x)
    return Calibration(round(float(temperature), 3), round(float(caution), 3))


def surprise(head: ToneHead, heard: Sequence[Sequence[Heard]]) -> float:
    """Mean −log of the smoothed probability of what was meant, over windows, then over affects; 0 of nobody."""
    columns = {str(affect): column for column, affect in enumerate(head.affects)}
    by_affect: dict[str, list[float]] = {}
    for _, clip, scores, _ in smoothed(head, heard):
        by_affect.setdefault(clip.truth, []).append(-float(np.log(max(scores[columns[clip.truth]], _LEAST))))
    return float(np.mean([np.mean(values) for values in by_affect.values()])) if by_affect else 0.0
