"""How clearly a voice stands out from its own breath: the prominence of the cepstral peak.

J. Hillenbrand, R. A. Cleveland, R. L. Erickson (1994), "Acoustic correlates of breathy vocal quality", J. Speech Hear.
Res. 37, 769–778: one of the measures there that go best with how breathy listeners find a voice.
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
"""Voiced frames under which a mean says nothing."""

_EVERY = 4
"""Of the 16 ms frames one in four is measured, so that analysis frames hardly overlap."""
_FIRST: Final = PIPELINE_RATE // 1000
"""The regression line begins at 1 ms: what lies before is the vocal tract."""
_TOLERANCE = 0.1
_LEAST_POWER = 1e-12
_LEAST_CEPSTRUM = 1e-6

_QUEFRENCY: Final[NDArray[np.float64]] = np.arange(_FIRST, FRAME // 2) / PIPELINE_RATE
_CENTRED: Final[NDArray[np.float64]] = _QUEFRENCY - _QUEFRENCY.mean()
_WINDOW: Final[NDArray[np.float64]] = np.hanning(FRAME)


def prominence(
    audio: NDArray[np.float32], voiced: NDArray[np.bool_], pitch_hz: NDArray[np.floating[Any]]
) -> float | None:
    """Mean over voiced frames of the cepstral peak's height over the regression line, dB: 15 breathy … 26 clear.

    audio: float32[N], 16 kHz. voiced: [T] of its 16 ms frames; pitch_hz: [T], 60…600 where voiced.
    None when fewer than FEWEST frames were measured. About 0.6 ms for 3 s of speech.
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
    # The highest point near the pitch, not the highest over the line: the peak is where the voice is.
    peak = np.where(near, height, -np.inf).argmax(axis=1)
    return float(np.mean(over_line[np.arange(len(peak)), peak]))
