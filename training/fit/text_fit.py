"""Fit the text tone model: softmax regression on pieces of text, each scaled by how telling it is.

    model = with_floors(calibrated(learned(train), dev), dev)

The labels of a comment share its weight. Sums are made in one order, so one machine gives the same bytes each time.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, diags
from threadpoolctl import threadpool_limits

from classifier_worker.speech.words.text_features import key, keys, plain_words
from classifier_worker.speech.words.text_tone import NEVER, OUTCOMES, POLARITIES, TextTone, places
from training.data.comments import Comment
from training.figures.text_outcome import AFFECT_RIGHT, FEWEST_SAID, RIGHT, SUMS, polarities_of, probabilities

Rows = NDArray[np.float64]

FEWEST_COMMENTS: Final = 3
"""A piece of text in fewer comments is not learned."""
FEWEST_OF_A_WORD: Final = 5
"""A word in fewer comments is not known."""
REGULARISATION: Final = 0.2
_PLAIN_WEIGHT: Final = 0.3
"""Added to that of each piece: what one counts that says nothing about the polarity."""
_STEPS: Final = 80
_MOST: Final = 127

_CALIBRATION_BOUNDS: Final = ((0.3, 3.0), (0.001, 0.5))
"""Of the temperature and of the doubt."""

_GRID: Final = np.arange(0.5, 0.991, 0.01)
_AFFECT_GRID: Final = np.arange(0.2, 0.991, 0.01)

_COLUMN: Final = {outcome.name: place for place, outcome in enumerate(OUTCOMES)}


def learned(comments: Sequence[Comment]) -> TextTone:
    """Fit the weights. The result is not calibrated yet, and sure of nothing."""
    words = [plain_words(comment.text) for comment in comments]
    found = [np.array(sorted(keys(each)), np.uint32) for each in words]
    pieces = _common(found, FEWEST_COMMENTS)
    inputs = _matrix(found, pieces)
    target = np.stack([_target(comment) for comment in comments])
    scaling = _telling(inputs, target @ SUMS)
    with threadpool_limits(1):  # sums in one order give one model
        weights, bias = _softmax_regression((inputs @ diags(scaling)).tocsr(), target)
    steps, scales = _quantised(weights * scaling[:, None])
    known = _common([np.unique([key(word) for word in each]).astype(np.uint32) for each in words], FEWEST_OF_A_WORD)
    floors = np.full(len(OUTCOMES), NEVER, np.float32)
    return TextTone(pieces, steps, scales, bias.astype(np.float32), 0.0, known, 1.0, floors)


def calibrated(model: TextTone, comments: Sequence[Comment]) -> TextTone:
    """Fit a temperature and the doubt, on comments that the weights were not fitted to."""
    told = [comment for comment in comments if comment.polarity is not None]
    logits = np.log(np.maximum(1e-30, probabilities(model, told)))
    rows, truth = np.arange(len(told)), polarities_of(told)

    def loss(numbers: Rows) -> float:
        temperature, doubt = numbers
        powers = np.exp(logits / temperature)
        shares = ((1 - doubt) * powers / powers.sum(axis=1, keepdims=True) + doubt / len(OUTCOMES)) @ SUMS
        return float(-np.log(shares[rows, truth]).mean())

    temperature, doubt = minimize(loss, [1.0, 0.05], method="Nelder-Mead", bounds=_CALIBRATION_BOUNDS).x
    return replace(
        model,
        scales=(model.scales / temperature).astype(np.float32),
        bias=(model.bias / temperature).astype(np.float32),
        doubt=round(float(doubt), 4),
    )


def with_floors(model: TextTone, comments: Sequence[Comment]) -> TextTone:
    """Choose when the model is sure, and when it names an affect, on comments that the weights were not fitted to."""
    outcomes = probabilities(model, comments)
    told = np.array([comment.polarity is not None for comment in comments])
    shares = outcomes[told] @ SUMS
    truth = polarities_of([comment for comment in comments if comment.polarity is not None])
    said, confidence = shares.argmax(axis=1), shares.max(axis=1)
    sure = [
        _lowest(confidence[said == place], truth[said == place] == place, _GRID, RIGHT)
        for place, polarity in enumerate(POLARITIES)
        if polarity != "neutral"
    ]
    return replace(model, sure=max(sure), floors=_affect_floors(outcomes, comments))


def _affect_floors(outcomes: Rows, comments: Sequence[Comment]) -> NDArray[np.float32]:
    within = (outcomes @ SUMS).argmax(axis=1)
    floors = np.full(len(OUTCOMES), NEVER, np.float32)
    for place, outcome in enumerate(OUTCOMES):
        polarity = POLARITIES.index(outcome.polarity)
        own = [column for column, other in enumerate(OUTCOMES) if other.polarity == outcome.polarity]
        named = (within == polarity) & (outcomes[:, own].max(axis=1) == outcomes[:, place])
        right = np.array([outcome.name in comment.outcomes for comment in comments])
        if outcome.affect is not None:
            floors[place] = _lowest(outcomes[named, place], right[named], _AFFECT_GRID, AFFECT_RIGHT, NEVER)
    return floors


def _lowest(confidence: Rows, right: NDArray[np.bool_], grid: Rows, share: float, otherwise: float = 1.0) -> float:
    """Return the lowest step of the grid from which at least that share is right."""
    for step in grid:
        above = right[confidence >= step]
        if len(above) >= FEWEST_SAID and above.mean() >= share:
            return round(float(step), 2)
    return otherwise


def _common(found: Sequence[NDArray[np.uint32]], fewest: int) -> NDArray[np.uint32]:
    each, count = np.unique(np.concatenate(found), return_counts=True)
    return each[count >= fewest]


def _matrix(found: Sequence[NDArray[np.uint32]], pieces: NDArray[np.uint32]) -> csr_matrix:
    """Return [comments, pieces], each row as long as 1."""
    columns = [places(pieces, each) for each in found]
    sizes = np.array([len(each) for each in columns])
    values = np.repeat(1 / np.sqrt(np.maximum(1, sizes)), sizes)
    ends = np.concatenate([[0], np.cumsum(sizes)])
    return csr_matrix((values, np.concatenate(columns), ends), shape=(len(found), len(pieces)))


def _target(comment: Comment) -> Rows:
    row = np.zeros(len(OUTCOMES))
    row[[_COLUMN[name] for name in comment.outcomes]] = 1 / len(comment.outcomes)
    return row


def _telling(inputs: csr_matrix, polarity: Rows) -> Rows:
    """Return how much each piece tells: its largest log ratio between a polarity and their mean (naive Bayes)."""
    counts = (inputs > 0).astype(np.float64).T @ polarity + 1.0
    shares = counts / counts.sum(axis=0)
    return np.asarray(_PLAIN_WEIGHT + np.abs(np.log(shares / shares.mean(axis=1, keepdims=True))).max(axis=1))


def _softmax_regression(inputs: csr_matrix, target: Rows) -> tuple[Rows, Rows]:
    size, outcomes, transposed = inputs.shape[1], target.shape[1], inputs.T.tocsr()

    def loss(flat: Rows) -> tuple[float, Rows]:
        weights, bias = flat[: size * outcomes].reshape(size, outcomes), flat[size * outcomes :]
        logits = inputs @ weights + bias
        logits -= logits.max(axis=1, keepdims=True)
        logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        errors = np.exp(logs) - target
        slope = transposed @ errors + REGULARISATION * weights
        value = 0.5 * REGULARISATION * float((weights**2).sum()) - float((target * logs).sum())
        return value, np.concatenate([slope.ravel(), errors.sum(axis=0)])

    start = np.zeros((size + 1) * outcomes)
    best = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": _STEPS}).x
    return best[: size * outcomes].reshape(size, outcomes), best[size * outcomes :]


def _quantised(weights: Rows) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    scales = (np.abs(weights).max(axis=0) / _MOST + 1e-12).astype(np.float32)
    return np.round(weights / scales).astype(np.int8), scales
