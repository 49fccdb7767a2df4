"""The share of high frequencies in a voice: the alpha ratio, which rises with vocal effort.

B. Frøkjær-Jensen & S. Prytz (1976), "Registration of voice quality", Brüel & Kjær Technical Review 3, 3–17; bands of
eGeMAPS (Eyben et al. 2016, IEEE Trans. Affective Computing 7(2), 190–202). Moving closer to the microphone makes all
bands equally louder; raising the voice makes the high bands louder than the others.
"""

from typing import Final

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from classifier_worker.speech.prosody.voiced_frames import voiced_frames
from shared.audio import PIPELINE_RATE

FRAME: Final = 512
"""Samples (32 ms) of an analysis frame."""

FEWEST: Final = 12
"""Fewest voiced frames for a meaningful mean."""

_EVERY = 2
"""Only every second 16 ms frame is measured, so that analysis frames do not overlap."""
_LEAST_POWER = 1e-12

_HZ: Final[NDArray[np.float64]] = np.arange(FRAME // 2 + 1, dtype=np.float64) * float(PIPELINE_RATE) / FRAME
_LOW: Final[NDArray[np.bool_]] = (_HZ >= 50.0) & (_HZ < 1000.0)
_HIGH: Final[NDArray[np.bool_]] = (_HZ >= 1000.0) & (_HZ < 5000.0)
_WINDOW: Final[NDArray[np.float64]] = np.hanning(FRAME)


def alpha_ratio(audio: NDArray[np.float32], voiced: NDArray[np.bool_]) -> float | None:
    """Measure the voiced frames' power in 1–5 kHz relative to 50–1000 Hz, dB: −25 soft … 0 shouted.

    audio: float32[N], 16 kHz. voiced: [T] of its 16 ms frames. Returns None if fewer than FEWEST frames were measured.
    """
    measured, frames = voiced_frames(audio, voiced, length=FRAME, every=_EVERY)
    if len(measured) < FEWEST:
        return None
    spectrum = scipy.fft.rfft(frames * _WINDOW, axis=1)
    power = (spectrum.real**2 + spectrum.imag**2).mean(axis=0)
    high, low = float(np.sum(power[_HIGH])), float(np.sum(power[_LOW]))
    return 10.0 * float(np.log10((high + _LEAST_POWER) / (low + _LEAST_POWER)))
