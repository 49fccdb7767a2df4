"""Breathiness of a voice: the prominence of the cepstral peak.

J. Hillenbrand, R. A. Cleveland, R. L. Erickson (1994), "Acoustic correlates of breathy vocal quality", J. Speech Hear.
Res. 37, 769–778: among the measures tested there, one of the best predictors of how breathy listeners find a voice.
"""

from typing import Any, Final

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from classifier_worker.speech.prosody.voiced_frames import voiced_frames
from shared.audio import PIPELINE_RATE

FRAME: Final = 1024
"""Samples (64 ms) of an analysis frame."""

FEWEST: Final = 6
"""Fewest voiced frames for a meaningful mean."""

_EVERY = 4
"""Only one in four of the 16 ms frames is measured, so that analysis frames hardly overlap."""
_FIRST: Final = PIPELINE_RATE // 1000
"""The regression line begins at 1 ms: shorter quefrencies describe the vocal tract."""
_TOLERANCE = 0.1
_LEAST_POWER = 1e-12
_LEAST_CEPSTRUM = 1e-6

_QUEFRENCY: Final[NDArray[np.float64]] = np.arange(_FIRST, FRAME // 2) / PIPELINE_RATE
_CENTRED: Final[NDArray[np.float64]] = _QUEFRENCY - _QUEFRENCY.mean()
_WINDOW: Final[NDArray[np.float64]] = np.hanning(FRAME)


def prominence(
    audio: NDArray[np.float32], voiced: NDArray[np.bool_], pitch_hz: NDArray[np.floating[Any]]
) -> float | None:
    """Average the cepstral peak's height above the regression line over voiced frames, dB: 15 breathy … 26 clear.

    audio: float32[N], 16 kHz. voiced: [T] of its 16 ms frames; pitch_hz: [T], 60…600 where voiced.
    Returns None if fewer than FEWEST frames were measured.
    """
    measured, frames = voiced_frames(audio, voiced, length=FRAME, every=_EVERY)
    if len(measured) < FEWEST:
        return None
    spectrum = scipy.fft.rfft(frames * _WINDOW, axis=1)
    decibels = 10.0 * np.log10(spectrum.real**2 + spectrum.imag**2 + _LEAST_POWER)
    cepstrum = np.abs(scipy.fft.irfft(decibels, axis=1)[:, _FIRST : FRAME // 2])
    height = 20.0 * np.log10(cepstrum + _LEAST_CEPSTRUM)
    slope = (height * _CENTRED).sum(axis=1) / np.square(_CENTRED).sum()
    over_line = height - height.mean(axis=1, keepdims=True) - slope[:, None] * _CENTRED
    expected = 1.0 / pitch_hz[measured].astype(np.float64)[:, None]
    near = np.abs(_QUEFRENCY - expected) <= _TOLERANCE * expected
    # Take the highest point near the pitch, not the highest above the line: the voice's peak is there.
    peak = np.where(near, height, -np.inf).argmax(axis=1)
    return float(np.mean(over_line[np.arange(len(peak)), peak]))
