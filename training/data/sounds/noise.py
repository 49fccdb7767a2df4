"""Noise of rooms, streets and machines."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import scipy.signal
from numpy.typing import NDArray

Audio = NDArray[np.float64]

Sound = Callable[[np.random.Generator, int], Audio]
"""Makes float64[samples] of a sound at any level."""

RATE: Final = 16_000


def _silence(rng: np.random.Generator, samples: int) -> Audio:
    return np.zeros(samples)


def white(rng: np.random.Generator, samples: int) -> Audio:
    return rng.standard_normal(samples)


def coloured(rng: np.random.Generator, samples: int, slope: float) -> Audio:
    """Noise whose power falls by f^−slope: 1 pink, 2 brown."""
    spectrum = np.fft.rfft(rng.standard_normal(samples))
    bins = np.maximum(np.arange(len(spectrum)), samples * 20 // RATE + 1)
    return np.asarray(np.fft.irfft(spectrum / bins ** (slope / 2), samples))


def _pink(rng: np.random.Generator, samples: int) -> Audio:
    return coloured(rng, samples, 1.0)


def _brown(rng: np.random.Generator, samples: int) -> Audio:
    return coloured(rng, samples, 2.0)


def band(audio: Audio, low: float, high: float, order: int = 2) -> Audio:
    return np.asarray(
        scipy.signal.sosfilt(scipy.signal.butter(order, (low, high), "bandpass", fs=RATE, output="sos"), audio)
    )


def hum(samples: int, hertz: float, partials: int) -> Audio:
    time = np.arange(samples) / RATE
    return np.asarray(sum(np.sin(2 * np.pi * hertz * n * time + n) / n for n in range(1, partials + 1)))


def _mains(rng: np.random.Generator, samples: int) -> Audio:
    return hum(samples, 50.0, 12) + 0.02 * white(rng, samples)


def _fan(rng: np.random.Generator, samples: int) -> Audio:
    """Fan noise: broadband airflow, with blades that pass 23 times a second."""
    time = np.arange(samples) / RATE
    air = band(coloured(rng, samples, 1.0), 80, 3000)
    return np.asarray(air / air.std() * (1 + 0.3 * np.sin(2 * np.pi * 23 * time)) + 0.3 * hum(samples, 115.0, 4))


def slow_swell(rng: np.random.Generator, samples: int, hertz: float) -> Audio:
    """A random envelope ≥ 0 that changes at up to `hertz`."""
    knots = rng.standard_normal(max(4, round(samples / RATE * hertz * 2)))
    return np.asarray(np.abs(scipy.signal.resample(knots, samples)))


def _street(rng: np.random.Generator, samples: int) -> Audio:
    """Tyres that come and go, engines beneath them, an occasional horn."""
    rolling = band(coloured(rng, samples, 1.0), 200, 2500)
    audio = rolling / rolling.std() * slow_swell(rng, samples, 0.15)
    speed = 30 + 25 * slow_swell(rng, samples, 0.1)
    phase = 2 * np.pi * np.cumsum(speed) / RATE
    engine = np.asarray(sum(np.sin(n * phase) / n for n in range(1, 9)))
    audio = audio + 0.5 * engine * slow_swell(rng, samples, 0.2)
    for _ in range(max(1, samples // RATE // 15)):
        length = round(RATE * rng.uniform(0.2, 0.8))
        at = int(rng.integers(0, max(1, samples - length)))
        audio[at : at + length] += 2 * hum(length, rng.uniform(350, 480), 8)[: samples - at]
    return np.asarray(audio)


def _rain(rng: np.random.Generator, samples: int) -> Audio:
    drops = np.zeros(samples)
    at = rng.integers(0, samples, samples // 80)
    drops[at] = rng.exponential(1.0, len(at))
    return band(drops, 1000, 7000) + 0.05 * band(white(rng, samples), 500, 7000)


def strokes(rng: np.random.Generator, samples: int, every: float, stroke: Callable[[], Audio]) -> Audio:
    """Return impact sounds at irregular intervals, on average one every `every` seconds."""
    audio, at = np.zeros(samples), 0.0
    while (at := at + max(0.03, rng.gamma(4.0, every / 4.0))) * RATE < samples:
        begin = round(at * RATE)
        sound = stroke()[: samples - begin]
        audio[begin : begin + len(sound)] += sound
    return audio


def burst(rng: np.random.Generator, seconds: float, low: float, high: float) -> Audio:
    """Band-limited noise that starts at once and decays by 60 dB within `seconds`."""
    count = round(seconds * RATE)
    return band(white(rng, count), low, high) * 10 ** (-3 * np.arange(count) / count)


def _clicks(rng: np.random.Generator, samples: int) -> Audio:
    return strokes(rng, samples, 0.4, lambda: burst(rng, 0.01, 1500, 7500))


def _keyboard(rng: np.random.Generator, samples: int) -> Audio:
    """Seven keys a second in runs: a click of the finger, a lower one of the key's bottom, one of its release."""

    def key() -> Audio:
        press, bottom, back = (burst(rng, s, low, high) for s, low, high in
                               ((0.02, 2500, 7500), (0.05, 300, 2500), (0.02, 2000, 7000)))  # fmt: skip
        audio = np.zeros(RATE // 6)
        audio[: len(press)] += press
        audio[160 : 160 + len(bottom)] += rng.uniform(0.5, 1.5) * bottom
        audio[1600 : 1600 + len(back)] += 0.4 * back
        return audio

    return strokes(rng, samples, 0.15, key) + 1e-3 * _pink(rng, samples)


def _knocks(rng: np.random.Generator, samples: int) -> Audio:
    return strokes(rng, samples, 0.3, lambda: burst(rng, 0.12, 80, 900))


def _applause(rng: np.random.Generator, samples: int) -> Audio:
    return strokes(rng, samples, 0.035, lambda: burst(rng, 0.05, 600, 4500) * rng.uniform(0.2, 1.0))


def _syllabic(rng: np.random.Generator, samples: int) -> Audio:
    """Noise with the long-term spectrum of speech (Byrne et al. 1994, JASA 96, 2108–2120: flat to 500 Hz, then −9 dB an
    octave), swelling four times a second like syllables: a detector of modulation alone would take it for speech."""
    spectrum = np.fft.rfft(white(rng, samples))
    hertz = np.fft.rfftfreq(samples, 1 / RATE)
    shaped = np.fft.irfft(spectrum * (np.maximum(hertz, 500) / 500) ** -1.5 * (hertz > 80), samples)
    return np.asarray(shaped * slow_swell(rng, samples, 4.0))


NOISES: Final[Mapping[str, Sound]] = {
    "silence": _silence,
    "white": white,
    "pink": _pink,
    "brown": _brown,
    "mains hum": _mains,
    "fan": _fan,
    "street": _street,
    "rain": _rain,
    "clicks": _clicks,
    "keyboard": _keyboard,
    "knocks": _knocks,
    "applause": _applause,
    "speech-shaped noise": _syllabic,
}
