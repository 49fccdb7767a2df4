"""The directions in which features vary: 768 numbers for the 5,888 features of a few thousand windows.

Training in them is much faster; the result is folded back into weights of the features.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

DIRECTIONS: Final = 768
"""Enough for 94 % of the variance of acted and of ordinary speech."""

ROWS: Final = 4_000
"""Number of windows used to find the directions."""

WILDEST: Final = 6.0
"""Features are clipped to this many spreads while finding the directions."""


def principal(rows: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    """Return an orthonormal basis, float32[DIRECTIONS or N − 1, D], of at most ROWS rows of float32[N, D].

    Uses the Gram matrix, which is smaller than the covariance (Turk and Pentland 1991, J. Cogn. Neurosci. 3(1), 71–86).
    """
    chosen = np.random.default_rng(seed).permutation(len(rows))[:ROWS]
    bounded = np.clip(rows[np.sort(chosen)], -WILDEST, WILDEST).astype(np.float32)
    bounded -= bounded.mean(axis=0)
    values, vectors = np.linalg.eigh((bounded @ bounded.T).astype(np.float64))
    count = min(DIRECTIONS, len(bounded) - 1)
    values, vectors = values[::-1][:count], vectors[:, ::-1][:, :count]
    basis: NDArray[np.float32] = (vectors / np.sqrt(np.maximum(values, 1e-9))).T.astype(np.float32) @ bounded
    return basis


def whitening(groups: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Return a symmetric matrix, float32[K, K], from rows of ordinary speech, float32[N, K] for each corpus. It
    shortens the directions in which ordinary speech varies between voices, rooms and words.

    It is the inverse root of their mean covariance plus its own mean variance (within-class covariance normalisation:
    Hatch, Kajarekar and Stolcke 2006, Interspeech, 1471–1474).
    """
    covariance = np.mean([np.cov(rows.T.astype(np.float64)) for rows in groups], axis=0)
    scale = float(np.trace(covariance)) / len(covariance)
    values, vectors = np.linalg.eigh(covariance + scale * np.eye(len(covariance)))
    root: NDArray[np.float64] = (vectors / np.sqrt(values / scale)) @ vectors.T
    return root.astype(np.float32)
