"""Whisper's log-mel spectrogram of unpadded windows.

Parameters and normalisation: Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision"
(https://arxiv.org/abs/2212.04356), §2.2. Mel scale: Slaney, "Auditory Toolbox" (Interval Research report 1998-010).
"""

from functools import cache
from typing import Final

import numpy as np
import scipy.fft
import scipy.sparse
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from shared.audio import PIPELINE_RATE

BANDS: Final = 80
HOP: Final = 160
"""Samples (10 ms) between frames."""

MIN_SAMPLES: Final = 400
"""One analysis frame, 25 ms: the shortest window."""

_FRAME = MIN_SAMPLES
_RANGE = 8.0


def log_mel(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32[B, N] of 16 kHz audio in −1…1 → float32[B, 80, N // 160].

    Each window is normalised on its own: log10 of the power is clamped to the window's own maximum − 8 (80 dB),
    then becomes (x + 4) / 4. Frames are centred by reflecting 200 samples at both ends; nothing is padded to 30 s.
    Raises ValueError when a window is shorter than 400 samples.
    """
    if windows.ndim != 2 or windows.shape[1] < MIN_SAMPLES:
        raise ValueError(
            f"Windows must be [count, samples] with at least {MIN_SAMPLES} samples (25 ms), not {windows.shape}."
        )
    result = np.empty((len(windows), BANDS, windows.shape[1] // HOP), np.float32)
    # Row by row: the FFT rounds differently in its last few frames, which then always are the same frames.
    for row, window in enumerate(windows):
        result[row] = _of_one(window)
    return result


def _of_one(window: NDArray[np.float32]) -> NDArray[np.float32]:
    padded = np.pad(window.astype(np.float32, copy=False), _FRAME // 2, mode="reflect")
    frames = sliding_window_view(padded, _FRAME)[: len(window) // HOP * HOP : HOP]
    spectrum = scipy.fft.rfft(frames * _hann(), axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    # A sparse product sums in a fixed order and wakes no BLAS threads.
    bands: NDArray[np.float32] = np.log10(np.maximum(_filters() @ power.T, np.float32(1e-10)))
    clamped: NDArray[np.float32] = np.maximum(bands, bands.max() - np.float32(_RANGE))
    return (clamped + np.float32(4.0)) * np.float32(0.25)


@cache
def _hann() -> NDArray[np.float32]:
    """The periodic Hann window, float32[400]."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_FRAME) / _FRAME)).astype(np.float32)


@cache
def _filters() -> scipy.sparse.csr_array:
    return scipy.sparse.csr_array(mel_filters())


def mel_filters() -> NDArray[np.float32]:
    """Triangular filters of unit area on Slaney's mel scale, 0…8000 Hz, float32[80, 201]."""
    corners = _hertz(np.linspace(_mel(0.0), _mel(PIPELINE_RATE / 2), BANDS + 2))
    bins = np.fft.rfftfreq(_FRAME, 1 / PIPELINE_RATE)
    low, centre, high = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    triangles = np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre))
    return (np.maximum(triangles, 0.0) * 2.0 / (high - low)).astype(np.float32)


# Slaney: linear below 1 kHz with 200/3 Hz a mel, then 27 mels for each factor of 6.4.
_LINEAR_HZ = 200.0 / 3.0
_BREAK_HZ = 1000.0
_BREAK_MEL = _BREAK_HZ / _LINEAR_HZ
_LOG_STEP = np.log(6.4) / 27.0


def _mel(hertz: float) -> float:
    if hertz < _BREAK_HZ:
        return hertz / _LINEAR_HZ
    return float(_BREAK_MEL + np.log(hertz / _BREAK_HZ) / _LOG_STEP)


def _hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    above = _BREAK_HZ * np.exp(_LOG_STEP * (mel - _BREAK_MEL))
    return np.where(mel < _BREAK_MEL, mel * _LINEAR_HZ, above)
