"""Find when each token was spoken, from where the decoder looked for it.

Radford et al.'s reference code (whisper/timing.py) normalises the attention of the alignment heads, smooths it and
warps it in time. Here each step belongs to exactly one token, so a token lasts at least one step.
"""

from typing import Any, Final

import numpy as np
import scipy.ndimage
from numpy.typing import NDArray

from classifier_worker.speech.windows.utterance import FRAME, SUSTAIN
from shared.audio import PIPELINE_RATE

MARGIN: Final = 3
"""Frames (0.1 s) by which attention may misplace a word."""

_SMOOTHED: Final = 7
"""Steps of the median filter (whisper/timing.py)."""


def token_starts(attention: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the step at which each of n tokens begins, never earlier than the one before it.

    attention: [heads, n, steps]; the row of a token is where the decoder looked to find it.
    Raises ValueError if there are more tokens than steps.
    """
    return monotonic_path(-_evened(attention))


def _evened(attention: NDArray[np.float32]) -> NDArray[np.float64]:
    """Even out steps that every token attends to, and average the heads: [n, steps]."""
    values = attention.astype(np.float64)
    spread = values.std(axis=1, keepdims=True)
    values = (values - values.mean(axis=1, keepdims=True)) / np.maximum(spread, 1e-8)
    return np.asarray(scipy.ndimage.median_filter(values, size=(1, 1, _SMOOTHED), mode="reflect").mean(axis=0))


def monotonic_path(cost: NDArray[np.floating[Any]]) -> NDArray[np.int64]:
    """Assign every column to a row, in order and without skipping any, at the least cost; return where each row begins.

    cost: [rows, columns]. Raises ValueError if there are more rows than columns.
    """
    rows, columns = cost.shape
    if rows > columns:
        raise ValueError(f"{rows} tokens do not fit into {columns} steps.")
    best = np.full(rows, np.inf)
    best[0] = 0.0
    moved = np.zeros((columns, rows), np.bool_)
    for column in range(columns):
        from_before = np.concatenate([[np.inf], best[:-1]]) if column else np.full(rows, np.inf)
        moved[column] = from_before < best
        best = np.minimum(best, from_before) + cost[:, column]
    starts = np.zeros(rows, np.int64)
    row = rows - 1
    for column in range(columns - 1, 0, -1):
        if row and moved[column, row]:
            starts[row] = column
            row -= 1
    return starts


def within_voice(start: float, end: float, voice: NDArray[np.float64] | None) -> tuple[float, float] | None:
    """Shorten a word's time, in seconds, to the voice within it; return None if there is no voice or no time.

    voice: voice probabilities of 32 ms frames from second 0 on; None to leave the time as it is.
    """
    if voice is None:
        return (start, end) if start < end else None
    frame = FRAME / PIPELINE_RATE
    first, last = int(start / frame), int(np.ceil(end / frame))
    begin = max(0, first - MARGIN)
    voiced = begin + np.flatnonzero(voice[begin : last + MARGIN] >= SUSTAIN)
    if start >= end or not len(voiced):
        return None
    inside = voiced[(voiced >= first) & (voiced < last)]
    if not len(inside):
        return start, end
    return max(start, float(inside[0]) * frame), min(end, float(inside[-1] + 1) * frame)
