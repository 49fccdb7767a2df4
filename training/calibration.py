"""The temperatures that make what is said right as often as its confidence says: fitted as it is said, smoothed."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from scipy.optimize import minimize

from classifier_worker.speech.tone_head import ToneHead
from training.recipe import Calibration
from training.saying import Heard, smoothed

_LEAST = 1e-4
"""What a probability counts as at least, so that one wrong certainty does not outweigh everything."""

USUAL_VARIETY: Final = 9.0
"""Where the search for a head's variety begins."""

Test = tuple[ToneHead, Sequence[Sequence[Heard]]]
"""A head, and what it heard of people that it was not trained on."""


def fitted(tests: Sequence[Test]) -> Calibration:
    """The likeliest calibration, common to all heads; every affect of a test weighs alike, and every test."""

    first = [0.0, 0.0, np.log(USUAL_VARIETY)]
    corners = np.array([first, [-0.5, *first[1:]], [0.0, 0.7, first[2]], [*first[:2], first[2] + 0.4]])
    found = minimize(
        lambda logarithms: loss(Calibration(*np.exp(logarithms)), tests),
        corners[0],
        method="Nelder-Mead",
        options={"initial_simplex": corners, "xatol": 0.02, "fatol": 1e-4},
    )
    temperature, caution, variety = (round(float(value), 3) for value in np.exp(found.x))
    return Calibration(temperature, caution, variety)


def loss(calibration: Calibration, tests: Sequence[Test]) -> float:
    """How unlikely what was meant is, at that calibration: `surprise` of all tests together.

    Its variety is in units of each head's own, which says how far apart tones lie among the head's affects.
    """
    temperature, caution, variety = calibration.temperature, calibration.caution, calibration.variety
    return sum(
        surprise(replace(head, temperature=temperature, caution=caution, variety=variety * head.variety), heard)
        for head, heard in tests
    )


def surprise(head: ToneHead, heard: Sequence[Sequence[Heard]]) -> float:
    """Mean −log of the smoothed probability of what was meant, over windows, then over affects; 0 of nobody."""
    columns = {str(affect): column for column, affect in enumerate(head.affects)}
    by_affect: dict[str, list[float]] = {}
    for _, clip, scores, _ in smoothed(head, heard):
        by_affect.setdefault(clip.truth, []).append(-float(np.log(max(scores[columns[clip.truth]], _LEAST))))
    return float(np.mean([np.mean(values) for values in by_affect.values()])) if by_affect else 0.0
