"""Kaldi's log-mel filter bank, which models trained with Kaldi's or torchaudio's features expect.

Povey et al., "The Kaldi Speech Recognition Toolkit" (ASRU 2011), `compute-fbank-feats` with its defaults but 80 bands
and no dither: 25 ms each 10 ms, mean taken off, pre-emphasis 0.97, Povey's window, triangles on the mel scale of HTK.
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
FRAME: Final = 400
HOP: Final = 160
"""Samples of a frame (25 ms) and between frames (10 ms)."""

_FFT = 512
_LOWEST_HZ = 20.0
_EMPHASIS = np.float32(0.97)

SIXTEEN_BITS: Final = 32768.0
"""Full scale of the samples that Kaldi reads."""

_LEAST = np.float32(np.finfo(np.float32).eps)


def log_filterbank(audio: NDArray[np.float32], full_scale: float = SIXTEEN_BITS) -> NDArray[np.float32]:
    """float32[N] of 16 kHz audio in −1…1 → natural logarithms of mel energies, float32[1 + (N − 400) // 160, 80].

    Only whole frames; energies are of samples brought to ±full_scale.
    Raises ValueError when N < 400.
    """
    if len(audio) < FRAME:
        raise ValueError(f"A filter bank needs at least {FRAME} samples (25 ms), not {len(audio)}.")
    frames = sliding_window_view(audio.astype(np.float32, copy=False) * np.float32(full_scale), FRAME)[::HOP]
    frames = frames - frames.mean(axis=1, keepdims=True)
    before = np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    spectrum = scipy.fft.rfft((frames - _EMPHASIS * before) * _window(), _FFT, axis=1)[:, : _FFT // 2]
    power = spectrum.real**2 + spectrum.imag**2
    # A sparse product sums in a fixed order and wakes no BLAS threads.
    energies: NDArray[np.float32] = np.maximum((_filters() @ power.T).T, _LEAST)
    return np.ascontiguousarray(np.log(energies))


@cache
def _window() -> NDArray[np.float32]:
    """Povey's: a Hann window to the power of 0.85, float32[400]."""
    return (np.hanning(FRAME) ** 0.85).astype(np.float32)


@cache
def _filters() -> scipy.sparse.csr_array:
    """Triangles with straight sides on the mel scale, 20…8000 Hz, [80, 256]."""
    corners = np.linspace(_mel(np.float64(_LOWEST_HZ)), _mel(np.float64(PIPELINE_RATE / 2)), BINS + 2)
    bins = _mel(np.arange(_FFT // 2) * PIPELINE_RATE / _FFT)
    low, centre, high = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    triangles = np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre))
    return scipy.sparse.csr_array(np.maximum(triangles, 0.0).astype(np.float32))


def _mel(hertz: NDArray[np.float64] | np.float64) -> NDArray[np.float64]:
    return np.asarray(1127.0 * np.log1p(hertz / 700.0))
