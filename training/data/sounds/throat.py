"""Throat sounds other than speech: coughs, sneezes, throat clearing, breaths, snoring.

Shapes after descriptions of coughs: an explosive burst of 30–50 ms, a noisy steady part of 200–400 ms, and in about
half of them a voiced end (Korpáš, Sadloňová & Vrabec 1996, Pulmonary Pharmacology 9, 261–268).
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from training.data.sounds.music import VOWELS, spoken_vowel
from training.data.sounds.noise import RATE, Audio, Sound, band, burst, strokes, white


def _buzz(rng: np.random.Generator, samples: int, start: float, end: float) -> Audio:
    """A rough voice with falling pitch: every cycle has a different length and height."""
    pitch = np.linspace(start, end, samples) * (1 + 0.08 * rng.standard_normal(samples // 80 + 1).repeat(80)[:samples])
    pulses = np.diff(np.floor(np.cumsum(np.maximum(pitch, 30.0)) / RATE), prepend=0.0)
    return np.asarray(pulses * rng.uniform(0.5, 1.5, samples))


def _fitted(parts: list[Audio]) -> Audio:
    return np.concatenate([part / (np.abs(part).max() + 1e-9) for part in parts])


def _cough(rng: np.random.Generator) -> Audio:
    tract = [(centre * rng.uniform(0.9, 1.1), 3 * width) for centre, width in VOWELS[int(rng.choice((0, 3)))]]
    opening = spoken_vowel(burst(rng, 0.05, 200, 6000), tract)
    count = round(RATE * rng.uniform(0.15, 0.35))
    steady = spoken_vowel(white(rng, count), tract) * np.exp(-np.arange(count) / RATE * 6)
    parts = [opening, 0.6 * steady]
    if rng.random() < 0.5:
        voiced = round(RATE * rng.uniform(0.08, 0.2))
        parts.append(spoken_vowel(_buzz(rng, voiced, 300, 180), tract) * np.linspace(1, 0, voiced))
    weights = (1.0, 0.5, 0.4)
    return np.concatenate([w * p / (np.abs(p).max() + 1e-9) for w, p in zip(weights, parts, strict=False)])


def _coughs(rng: np.random.Generator, samples: int) -> Audio:
    return strokes(rng, samples, 1.5, lambda: _cough(rng)) + 1e-3 * white(rng, samples)


def _fits(rng: np.random.Generator, samples: int) -> Audio:
    """Three or four coughs in one breath."""

    def fit() -> Audio:
        gap = np.zeros(RATE // 12)
        return np.concatenate([part for _ in range(int(rng.integers(3, 5))) for part in (_cough(rng), gap)])

    return strokes(rng, samples, 4.0, fit) + 1e-3 * white(rng, samples)


def _sneezes(rng: np.random.Generator, samples: int) -> Audio:
    def sneeze() -> Audio:
        count = round(0.35 * RATE)
        intake = band(white(rng, count), 300, 3000) * np.linspace(0, 1, count)
        return _fitted([0.3 * intake, spoken_vowel(burst(rng, 0.5, 500, 7500), [(1500, 400), (3500, 600)])])

    return strokes(rng, samples, 4.0, sneeze)


def _clearing(rng: np.random.Generator, samples: int) -> Audio:
    """A rough, closed-mouth rattle."""

    def clear() -> Audio:
        count = round(RATE * rng.uniform(0.3, 0.6))
        rough = _buzz(rng, count, 90, 70) + 0.1 * white(rng, count)
        return spoken_vowel(rough, [(300, 100), (1100, 300), (2300, 400)]) * np.hanning(count)

    return strokes(rng, samples, 2.0, clear)


def _breaths(rng: np.random.Generator, samples: int) -> Audio:
    """Breathing in and out, close to a microphone."""
    time = np.arange(samples) / RATE
    return np.asarray(band(white(rng, samples), 300, 5000) * np.maximum(0.0, np.sin(2 * np.pi * 0.6 * time)) ** 2)


def _snoring(rng: np.random.Generator, samples: int) -> Audio:
    time = np.arange(samples) / RATE
    rattle = _buzz(rng, samples, 55, 55) + 0.05 * white(rng, samples)
    throat = spoken_vowel(rattle, [(450, 150), (1200, 300)])
    return np.asarray(throat * np.maximum(0.0, np.sin(2 * np.pi * 0.25 * time)) ** 2)


THROAT: Final[Mapping[str, Sound]] = {
    "coughs": _coughs,
    "fits of coughing": _fits,
    "sneezes": _sneezes,
    "throat clearing": _clearing,
    "breaths": _breaths,
    "snoring": _snoring,
}
