"""Turn real speech into a whisper: replace the voice with breath; keep words, timing and formants."""

from typing import Final

import numpy as np
import scipy.linalg
import scipy.signal
from numpy.typing import NDArray

Audio = NDArray[np.float32]

ORDER: Final = 20
"""Of the linear prediction: 2 + a pole pair for each kHz of the 16 kHz signal."""

FRAME: Final = 400
_HOP: Final = FRAME // 2
_EMPHASIS: Final = 0.97
_LESS_DB: Final = -18.0


def whispered(audio: Audio, rng: np.random.Generator) -> Audio:
    """Turn float32[N] of 16 kHz speech into a whisper, 18 dB softer.

    Linear prediction (autocorrelation method, Makhoul 1975, Proc. IEEE 63, 561–580) of each 25 ms of the pre-emphasised
    signal; the filter is then excited by noise of the residual's energy. The 6 dB an octave that pre-emphasis took off
    are left off: a whisper's spectrum lacks the glottis' slope (Ito, Takeda & Itakura 2005, Speech Communication 45,
    139–152), and is softer by about that much.
    """
    sharp = scipy.signal.lfilter([1.0, -_EMPHASIS], [1.0], audio.astype(np.float64))
    window = np.hanning(FRAME + 1)[:FRAME]
    breath = rng.standard_normal(len(sharp))
    output = np.zeros(len(sharp))
    for at in range(0, len(sharp) - FRAME + 1, _HOP):
        frame = sharp[at : at + FRAME] * window
        filter_, gain = _prediction(frame)
        output[at : at + FRAME] += scipy.signal.lfilter([gain], filter_, breath[at : at + FRAME]) * window
    level = np.sqrt(np.mean(np.square(audio)) / (np.mean(np.square(output)) + 1e-12))
    return np.asarray(output * level * 10 ** (_LESS_DB / 20), np.float32)


def with_breath(audio: Audio, rng: np.random.Generator, breath_db: float) -> Audio:
    """Make a voice breathy: soften it above 1 kHz (6 dB per octave) and add its whisper at a relative level in dB.

    The two features of breathy voice: a glottis that closes slowly or not at all, and the noise of escaping air
    (Klatt & Klatt 1990, JASA 87, 820–857).
    """
    soft = scipy.signal.lfilter(*scipy.signal.butter(1, 1_000, fs=16_000), audio)
    breath = whispered(audio, rng)
    level = np.sqrt(np.mean(np.square(audio)))
    soft *= level / (np.sqrt(np.mean(np.square(soft))) + 1e-12)
    breath *= level / (np.sqrt(np.mean(np.square(breath))) + 1e-12) * 10 ** (breath_db / 20)
    breathy = soft + breath
    return np.asarray(breathy * (level / (np.sqrt(np.mean(np.square(breathy))) + 1e-12)), np.float32)


def _prediction(frame: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return the inverse filter, float64[ORDER + 1], and the residual's root mean square."""
    lags = np.correlate(frame, frame, "full")[FRAME - 1 : FRAME + ORDER]
    if lags[0] < 1e-10:
        return np.eye(1, ORDER + 1)[0], 0.0
    # A little noise beneath the signal keeps the equations solvable in silence and between harmonics.
    lags[0] *= 1.0 + 1e-5
    predictor = scipy.linalg.solve_toeplitz(lags[:ORDER], lags[1:])
    energy = max(0.0, float(lags[0] - predictor @ lags[1:]))
    return np.concatenate([[1.0], -predictor]), float(np.sqrt(energy / FRAME))
