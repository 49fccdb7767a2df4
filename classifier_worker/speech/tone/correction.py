"""What a person's corrections make of a window's probabilities: a bounded shift in log-odds, learnt in one step each.

    lessons = [lesson(scores_as_said, affect)]
    probabilities = shifted(probabilities, lessons)

A correction says which affect was right where the model said another. Its step is the gradient of the multinomial
logistic loss at the scores as they were said, and counts for windows that score alike, by a Gaussian kernel over
log-odds (Kivinen, Smola and Williamson, "Online Learning with Kernels", 2004,
https://doi.org/10.1109/TSP.2004.830991). Each step depends on its own correction alone, so their order does not
matter, and one that is taken back leaves nothing behind.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]

BOUND: Final = 1.5
"""No affect is shifted by more, in log-odds: a correction sways a doubtful window, never a plain one."""
STEP: Final = 1.5
"""Of one correction, where a window scores as the corrected one did."""
REACH: Final = 1.5
"""Standard deviation of the kernel, in log-odds."""
MOST: Final = 40
"""Corrections that count; of more the newest."""

_LEAST: Final = 0.04
"""Probabilities below this count as this: in smoothed scores, what was said before leaves about as much."""
_DECIMALS: Final = 6


class Lesson(NamedTuple):
    """One correction's step."""

    at: Scores
    """float64[C]: the scores that were said, as centred log-odds."""
    step: Scores
    """float64[C]: towards what was right, away from what was said; adds up to 0."""


def lesson(scores: Sequence[float], affect: int, weight: float = 1.0) -> Lesson:
    """The step of a correction. scores: [C], 0…1, as the event carried them; affect: index of what was right; weight:
    share of the step that counts."""
    at = log_odds(np.asarray(scores, np.float64))
    step = -_softmax(at)
    step[affect] += 1.0
    return Lesson(at, STEP * weight * step)


def shift(probabilities: Scores, lessons: Sequence[Lesson]) -> Scores:
    """Log-odds to add to each window, float64[N, C] → float64[N, C], each within ±BOUND."""
    total = np.zeros_like(probabilities)
    where = log_odds(probabilities)
    for at, step in lessons[-MOST:]:
        distance = np.square(where - at).sum(axis=1, keepdims=True)
        total += np.exp(-distance / (2.0 * REACH**2)) * step
    return np.clip(total, -BOUND, BOUND)


def shifted(probabilities: Scores, lessons: Sequence[Lesson]) -> Scores:
    """Probabilities, float64[N, C] → the same with the corrections counted, 6 decimals. Without any the very same."""
    if not lessons:
        return probabilities
    moved = np.log(np.maximum(probabilities, 10.0**-_DECIMALS)) + shift(probabilities, lessons)
    rounded: Scores = np.round(_softmax(moved), _DECIMALS)
    return rounded


def log_odds(probabilities: Scores) -> Scores:
    """float64[…, C], centred: each row adds up to 0."""
    logs = np.log(np.maximum(probabilities, _LEAST))
    centred: Scores = logs - logs.mean(axis=-1, keepdims=True)
    return centred


def _softmax(logits: Scores) -> Scores:
    odds = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: Scores = odds / odds.sum(axis=-1, keepdims=True)
    return shares
