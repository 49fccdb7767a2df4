"""Sounds of a tone generator and a telephone exchange."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import scipy.signal

from training.data.sounds.noise import RATE, Audio, Sound


def _steps(rng: np.random.Generator, samples: int, wave: Callable[[Audio], Audio]) -> Audio:
    """A steady tone whose pitch (60–2000 Hz) changes every 5 s, as if someone tried out a generator."""
    count = -(-samples // (5 * RATE))
    hertz = np.repeat(60 * (2000 / 60) ** rng.uniform(0, 1, count), 5 * RATE)[:samples]
    return wave(2 * np.pi * np.cumsum(hertz) / RATE)


def _sines(rng: np.random.Generator, samples: int) -> Audio:
    return _steps(rng, samples, np.sin)


def _squares(rng: np.random.Generator, samples: int) -> Audio:
    return _steps(rng, samples, lambda phase: np.asarray(scipy.signal.square(phase)))


def _saws(rng: np.random.Generator, samples: int) -> Audio:
    return _steps(rng, samples, lambda phase: np.asarray(scipy.signal.sawtooth(phase)))


def _voice_pitched_saw(rng: np.random.Generator, samples: int) -> Audio:
    """A saw-tooth within the range of voices, 90–250 Hz."""
    hertz = np.repeat(rng.uniform(90, 250, -(-samples // (2 * RATE))), 2 * RATE)[:samples]
    return np.asarray(scipy.signal.sawtooth(2 * np.pi * np.cumsum(hertz) / RATE))


def _sweep(rng: np.random.Generator, samples: int) -> Audio:
    """A sweep from 50 to 4000 Hz, repeated every 10 s."""
    place = (np.arange(samples) % (10 * RATE)) / (10 * RATE)
    return np.asarray(np.sin(2 * np.pi * np.cumsum(50 * 80.0**place) / RATE))


def _slow_siren(rng: np.random.Generator, samples: int) -> Audio:
    time = np.arange(samples) / RATE
    return np.asarray(scipy.signal.square(2 * np.pi * np.cumsum(700 + 300 * np.sin(2 * np.pi * 0.3 * time)) / RATE))


def _pair(samples: int, low: float, high: float) -> Audio:
    time = np.arange(samples) / RATE
    return np.asarray(np.sin(2 * np.pi * low * time) + np.sin(2 * np.pi * high * time))


def _dtmf(rng: np.random.Generator, samples: int) -> Audio:
    """Dialled digits, 120 ms on and 80 ms off (ITU-T Q.23 frequencies)."""
    audio = np.zeros(samples)
    rows, columns = (697.0, 770.0, 852.0, 941.0), (1209.0, 1336.0, 1477.0, 1633.0)
    for at in range(0, samples - 1920, 3200):
        audio[at : at + 1920] = _pair(1920, float(rng.choice(rows)), float(rng.choice(columns)))
    return audio


def _gated(samples: int, audio: Audio, on: float, off: float) -> Audio:
    time = np.arange(samples) / RATE
    return np.asarray(audio * (time % (on + off) < on))


def _dial(rng: np.random.Generator, samples: int) -> Audio:
    return _pair(samples, 350.0, 440.0)


def _ringing(rng: np.random.Generator, samples: int) -> Audio:
    return _gated(samples, _pair(samples, 440.0, 480.0), 2.0, 4.0)


def _busy(rng: np.random.Generator, samples: int) -> Audio:
    return _gated(samples, _pair(samples, 480.0, 620.0), 0.5, 0.5)


def _beeps(rng: np.random.Generator, samples: int) -> Audio:
    time = np.arange(samples) / RATE
    return _gated(samples, np.asarray(np.sin(2 * np.pi * 1000 * time)), 0.3, 0.7)


TONES: Final[Mapping[str, Sound]] = {
    "sines": _sines,
    "squares": _squares,
    "saws": _saws,
    "saws at voice pitch": _voice_pitched_saw,
    "sweep": _sweep,
    "siren": _slow_siren,
    "DTMF": _dtmf,
    "dial tone": _dial,
    "ringing tone": _ringing,
    "busy tone": _busy,
    "beeps": _beeps,
}
