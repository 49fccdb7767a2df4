"""Kaldi's log filterbank of unpadded audio, the input of speaker embeddings.

Parameters: Kaldi's compute-fbank-feats with 80 bins, no dither, on samples in −1…1 (Povey et al., "The Kaldi speech
recognition toolkit", ASRU 2011; `src/feat/mel-computations.cc`, `feature-window.cc`), less each bin's mean.
"""

from functools import cache
from typing import Final

import numpy as np
import scipy.fft
import scipy.sparse
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from shared.audio import PIPELINE_RATE

BINS: Final = 80
HOP: Final = 160
"""Samples (10 ms) between frames."""

FRAME: Final = 400
"""25 ms."""

_FFT = 512
_PREEMPHASIS = np.float32(0.97)
_LOW_HZ = 20.0
_FLOOR = np.float32(np.finfo(np.float32).eps)


def log_filterbank(audio: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32[N] of 16 kHz audio in −1…1 → float32[(N − 400) // 160 + 1, 80], each bin's mean over time taken off.

    Raises ValueError when there are fewer than 400 samples.
    """
    if audio.ndim != 1 or len(audio) < FRAME:
        raise ValueError(f"A filterbank needs at least {FRAME} samples (25 ms) of one channel, not {audio.shape}.")
    frames = sliding_window_view(audio.astype(np.float32, copy=False), FRAME)[::HOP]
    frames = frames - frames.mean(axis=1, keepdims=True)
    before = np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    spectrum = scipy.fft.rfft((frames - _PREEMPHASIS * before) * _window(), _FFT, axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    # A sparse product sums in a fixed order and wakes no BLAS threads.
    bands: NDArray[np.float32] = np.log(np.maximum((_filters() @ power.T).T, _FLOOR))
    return np.asarray(bands - bands.mean(axis=0), np.float32)


@cache
def _window() -> NDArray[np.float32]:
    """Povey's window: a symmetric Hann window to the power of 0.85, float32[400]."""
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / (FRAME - 1))
    return np.asarray(hann**0.85, np.float32)


@cache
def _filters() -> scipy.sparse.csr_array:
    """Triangles of height 1, evenly spaced on O'Shaughnessy's mel scale from 20 Hz to 8 kHz, [80, 257]."""
    low_mel, high_mel = _mel(np.array([_LOW_HZ, PIPELINE_RATE / 2]))
    corners = np.linspace(low_mel, high_mel, BINS + 2)
    bins = _mel(np.arange(_FFT // 2 + 1) * PIPELINE_RATE / _FFT)
    low, centre, high = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    triangles = np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre))
    return scipy.sparse.csr_array(np.maximum(triangles, 0.0).astype(np.float32))


def _mel(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1127.0 * np.log(1.0 + hertz / 700.0))
