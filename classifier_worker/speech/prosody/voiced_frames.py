"""Analysis frames centred on a window's voiced 16 ms frames."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

_HOP: Final = 256
"""Samples in a 16 ms frame."""


def voiced_frames(
    audio: NDArray[np.float32], voiced: NDArray[np.bool_], *, length: int, every: int
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Cut frames of `length` samples centred on every `every`th 16 ms frame that is voiced.

    audio: float32[N], 16 kHz. voiced: [T]. Returns the indices into `voiced`, [M], and the samples, float64[M, length].
    """
    measured = np.flatnonzero(voiced)
    measured = measured[measured % every == 0]
    padded = np.pad(audio.astype(np.float64), length)
    starts = measured * _HOP + _HOP // 2 + length // 2
    return measured, padded[starts[:, None] + np.arange(length)]
