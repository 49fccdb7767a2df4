"""Other rooms, lines and voices: what a clip would sound like there. One draw a speaker, as in a call."""

from collections.abc import Callable
from typing import Final

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from shared.audio import PIPELINE_RATE

Audio = NDArray[np.float32]
Condition = Callable[[Audio, np.random.Generator], Audio]


def _clean(audio: Audio, rng: np.random.Generator) -> Audio:
    return audio


def _telephone(audio: Audio, rng: np.random.Generator) -> Audio:
    """300–3400 Hz and µ-law companding (ITU-T G.711, continuous form) in 8 bits."""
    band = scipy.signal.butter(4, (300, 3400), "bandpass", fs=PIPELINE_RATE, output="sos")
    narrow = scipy.signal.sosfilt(band, audio)
    peak = np.abs(narrow).max() + 1e-9
    coded = np.round(np.sign(narrow) * np.log1p(255 * np.abs(narrow) / peak) / np.log(256) * 127) / 127
    return np.asarray(np.sign(coded) * np.expm1(np.abs(coded) * np.log(256)) / 255 * peak, np.float32)


def _noisy(audio: Audio, rng: np.random.Generator, ratio_db: float = 15.0) -> Audio:
    """Pink noise, `ratio_db` below the speech."""
    spectrum = np.fft.rfft(rng.standard_normal(len(audio)))
    pink = np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 1)), len(audio))
    level = np.sqrt(np.mean(audio**2) / np.mean(pink**2)) * 10 ** (-ratio_db / 20)
    return np.asarray(audio + pink * level, np.float32)


def _room(audio: Audio, rng: np.random.Generator) -> Audio:
    """A tail of noise that decays by 60 dB in 0.25–0.6 s, under the direct sound."""
    time = np.arange(PIPELINE_RATE // 2) / PIPELINE_RATE
    tail = rng.standard_normal(len(time)) * 10 ** (-3 * time / rng.uniform(0.25, 0.6))
    tail *= rng.uniform(0.3, 0.8) / np.sqrt(np.sum(tail**2))
    tail[0] = 1.0
    return np.asarray(scipy.signal.fftconvolve(audio, tail)[: len(audio)], np.float32)


def _far(audio: Audio, rng: np.random.Generator) -> Audio:
    """A microphone across the room: a tail that decays by 60 dB in 0.4–0.9 s and is 0–6 dB louder than the direct
    sound, the high end rolled off, noise 14–22 dB below, all of it 10–30 dB quieter."""
    time = np.arange(int(0.9 * PIPELINE_RATE)) / PIPELINE_RATE
    tail = rng.standard_normal(len(time)) * 10 ** (-3 * time / rng.uniform(0.4, 0.9))
    tail *= 10 ** (rng.uniform(0.0, 6.0) / 20) / np.sqrt(np.sum(tail**2))
    tail[0] = 1.0
    heard = scipy.signal.fftconvolve(audio, tail)[: len(audio)]
    rolled = scipy.signal.sosfilt(
        scipy.signal.butter(1, rng.uniform(2_500, 6_000), fs=PIPELINE_RATE, output="sos"), heard
    )
    level = np.sqrt(np.mean(audio**2) / (np.mean(rolled**2) + 1e-12)) * 10 ** (-rng.uniform(10, 30) / 20)
    return _noisy(np.asarray(rolled * level, np.float32), rng, rng.uniform(14, 22))


def _deeper(audio: Audio, rng: np.random.Generator) -> Audio:
    """Played at 8/9 of the speed: a larger, slower speaker."""
    return np.asarray(scipy.signal.resample_poly(audio, 9, 8), np.float32)


def _higher(audio: Audio, rng: np.random.Generator) -> Audio:
    """Played at 9/8 of the speed: a smaller, faster speaker."""
    return np.asarray(scipy.signal.resample_poly(audio, 8, 9), np.float32)


def _other_microphone(audio: Audio, rng: np.random.Generator) -> Audio:
    """A tilted spectrum, 20 dB quieter, with noise 25 dB below."""
    tilted = np.asarray(scipy.signal.lfilter([1.0, -rng.uniform(-0.5, 0.5)], [1.0], audio), np.float32)
    level = np.sqrt(np.mean(audio**2) / (np.mean(tilted**2) + 1e-12))
    return _noisy(np.asarray(tilted * level * 0.1, np.float32), rng, 25.0)


CONDITIONS: Final[dict[str, Condition]] = {
    "clean": _clean,
    "telephone": _telephone,
    "noisy": _noisy,
    "room": _room,
    "far": _far,
    "deeper": _deeper,
    "higher": _higher,
    "microphone": _other_microphone,
}
