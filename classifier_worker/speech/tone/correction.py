"""Apply a person's corrections to a window's probabilities: a bounded shift in log-odds, one step per correction.

    lessons = [lesson(scores_as_said, affect)]
    probabilities = shifted(probabilities, lessons)

A correction names the right affect where the model reported another. Its step is the gradient of the multinomial
logistic loss at the scores of the corrected event, and applies to windows with similar scores, by a Gaussian kernel
over log-odds (Kivinen, Smola and Williamson, "Online Learning with Kernels", 2004,
https://doi.org/10.1109/TSP.2004.830991). Each step depends only on its own correction, so the order does not matter,
and a correction that is undone leaves no trace.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]

BOUND: Final = 1.5
"""Largest shift of an affect, in log-odds: a correction can change an uncertain window, but not a clear one."""
STEP: Final = 1.5
"""Step of one correction for a window with the same scores as the corrected one."""
REACH: Final = 1.5
"""Standard deviation of the kernel, in log-odds."""
MOST: Final = 40
"""Most corrections that apply: the newest ones."""

_LEAST: Final = 0.04
"""Smallest probability assumed: earlier windows leave about as much in smoothed scores."""
_DECIMALS: Final = 6


class Lesson(NamedTuple):
    """One correction's step."""

    at: Scores
    """float64[C]: the scores of the corrected event, as centred log-odds."""
    step: Scores
    """float64[C]: towards the right affect, away from the reported one; adds up to 0."""


def lesson(scores: Sequence[float], affect: int, weight: float = 1.0) -> Lesson:
    """Return the step of a correction.

    scores: [C], 0…1, as in the event; affect: index of the right affect; weight: share of the step that is applied.
    """
    at = log_odds(np.asarray(scores, np.float64))
    step = -_softmax(at)
    step[affect] += 1.0
    return Lesson(at, STEP * weight * step)


def shift(probabilities: Scores, lessons: Sequence[Lesson]) -> Scores:
    """Return the log-odds to add to each window, float64[N, C] → float64[N, C], each within ±BOUND."""
    total = np.zeros_like(probabilities)
    where = log_odds(probabilities)
    for at, step in lessons[-MOST:]:
        distance = np.square(where - at).sum(axis=1, keepdims=True)
        total += np.exp(-distance / (2.0 * REACH**2)) * step
    return np.clip(total, -BOUND, BOUND)


def shifted(probabilities: Scores, lessons: Sequence[Lesson]) -> Scores:
    """Apply the corrections to probabilities, float64[N, C], 6 decimals. Without any, returns them unchanged."""
    if not lessons:
        return probabilities
    moved = np.log(np.maximum(probabilities, 10.0**-_DECIMALS)) + shift(probabilities, lessons)
    rounded: Scores = np.round(_softmax(moved), _DECIMALS)
    return rounded


def log_odds(probabilities: Scores) -> Scores:
    """Return centred log-odds, float64[…, C]: each row adds up to 0."""
    logs = np.log(np.maximum(probabilities, _LEAST))
    centred: Scores = logs - logs.mean(axis=-1, keepdims=True)
    return centred


def _softmax(logits: Scores) -> Scores:
    odds = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: Scores = odds / odds.sum(axis=-1, keepdims=True)
    return shares
