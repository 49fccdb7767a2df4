"""Music of synthesised instruments, and a voice that sings vowels."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
import scipy.signal

from training.data.sounds.noise import RATE, Audio, Sound, burst, white

_MAJOR: Final = (0, 2, 4, 5, 7, 9, 11)

VOWELS: Final[Sequence[tuple[tuple[float, float], ...]]] = (
    ((730, 90), (1090, 110), (2440, 170), (3400, 250)),
    ((530, 60), (1840, 100), (2480, 120), (3500, 200)),
    ((270, 60), (2290, 90), (3010, 150), (3700, 200)),
    ((570, 80), (840, 90), (2410, 150), (3300, 200)),
    ((300, 60), (870, 90), (2240, 130), (3300, 200)),
)
"""Formants (Hz, bandwidth) of a, e, i, o, u of men (Peterson & Barney 1952, JASA 24, 175–184, Table II)."""


def hertz_of(midi: float) -> float:
    return float(440.0 * 2 ** ((midi - 69) / 12))


def _walk(rng: np.random.Generator, count: int, base: int) -> list[int]:
    """A melody: small steps on a major scale around `base`."""
    place, notes = 7, []
    for _ in range(count):
        place = int(np.clip(place + rng.integers(-2, 3), 0, 14))
        notes.append(base - 12 + 12 * (place // 7) + _MAJOR[place % 7])
    return notes


def _plucked(hertz: float, samples: int, decay: float, partials: int = 12) -> Audio:
    time = np.arange(samples) / RATE
    highest = min(partials, int(7500 / hertz))
    waves = (np.sin(2 * np.pi * hertz * n * time) / n * np.exp(-time * decay * n**0.5) for n in range(1, highest + 1))
    return np.asarray(sum(waves)) * np.minimum(1.0, time / 0.005)


def _bowed(hertz: float, samples: int) -> Audio:
    """A saw-tooth with vibrato (5.5 Hz, ± 0.3 semitones) that swells."""
    time = np.arange(samples) / RATE
    pitch = hertz * 2 ** (0.3 / 12 * np.sin(2 * np.pi * 5.5 * time))
    wave = scipy.signal.sawtooth(2 * np.pi * np.cumsum(pitch) / RATE)
    swell = np.minimum(1.0, time / 0.08) * np.minimum(1.0, (samples / RATE - time) / 0.08)
    smooth = scipy.signal.butter(2, 3500, fs=RATE, output="sos")
    return np.asarray(scipy.signal.sosfilt(smooth, wave) * swell)


def _play(notes: Sequence[float], beat: float, samples: int, instrument: Callable[[float, int], Audio]) -> Audio:
    audio, step = np.zeros(samples), round(beat * RATE)
    for number, note in enumerate(notes):
        at = number * step
        if at >= samples:
            break
        sound = instrument(hertz_of(note), step)[: samples - at]
        audio[at : at + len(sound)] += sound
    return audio


def _piano(rng: np.random.Generator, samples: int) -> Audio:
    beat = 0.35
    return _play(_walk(rng, int(samples / RATE / beat) + 1, 72), beat, samples, lambda f, n: _plucked(f, n, 3.0))


def _violin(rng: np.random.Generator, samples: int) -> Audio:
    beat = 0.6
    return _play(_walk(rng, int(samples / RATE / beat) + 1, 67), beat, samples, _bowed)


def _cello(rng: np.random.Generator, samples: int) -> Audio:
    beat = 0.8
    return _play(_walk(rng, int(samples / RATE / beat) + 1, 50), beat, samples, _bowed)


def _whistle(rng: np.random.Generator, samples: int) -> Audio:
    def note(hertz: float, count: int) -> Audio:
        time = np.arange(count) / RATE
        pitch = hertz * 2 ** (0.4 / 12 * np.sin(2 * np.pi * 5 * time))
        tone = np.sin(2 * np.pi * np.cumsum(pitch) / RATE) + 0.02 * white(rng, count)
        return np.asarray(tone * np.minimum(1.0, np.minimum(time, count / RATE - time) / 0.05))

    return _play(_walk(rng, int(samples / RATE / 0.4) + 1, 88), 0.4, samples, note)


def _chords(rng: np.random.Generator, samples: int) -> Audio:
    """Held triads, two seconds each, like an organ or strings."""
    roots = [60 + int(rng.choice((0, 5, 7, 9))) - 12 for _ in range(samples // (2 * RATE) + 1)]
    return np.asarray(sum(_play([r + i for r in roots], 2.0, samples, _bowed) for i in (0, 4, 7, 12)))


def _guitar(rng: np.random.Generator, samples: int) -> Audio:
    """Broken chords."""
    notes = [48 + int(root) + step for root in rng.choice((0, 5, 7, 9), samples // RATE + 1) for step in (0, 7, 12, 16)]
    return _play(notes, 0.25, samples, lambda f, n: _plucked(f, n, 5.0))


def _drums(rng: np.random.Generator, samples: int) -> Audio:
    audio, step = np.zeros(samples), RATE // 8
    time = np.arange(RATE // 4) / RATE
    kick = np.sin(2 * np.pi * np.cumsum(50 + 120 * np.exp(-time * 40)) / RATE) * np.exp(-time * 15)
    for number, at in enumerate(range(0, samples, step)):
        hits = [0.3 * burst(rng, 0.05, 5000, 7800)]
        if number % 4 == 0:
            hits.append(2 * kick)
        if number % 8 == 4:
            hits.append(burst(rng, 0.2, 300, 6000))
        for hit in hits:
            audio[at : at + len(hit)] += hit[: samples - at]
    return audio


def _band(rng: np.random.Generator, samples: int) -> Audio:
    parts = (_drums(rng, samples), _chords(rng, samples), _piano(rng, samples))
    return np.asarray(sum(part / (np.abs(part).max() + 1e-9) for part in parts))


def spoken_vowel(source: Audio, formants: Sequence[tuple[float, float]]) -> Audio:
    """The source through a cascade of resonators (Klatt 1980, JASA 67, 971–995)."""
    audio = source
    for centre, width in formants:
        radius = np.exp(-np.pi * width / RATE)
        second = -2 * radius * np.cos(2 * np.pi * centre / RATE)
        audio = scipy.signal.lfilter([1 + second + radius**2], [1.0, second, radius**2], audio)
    return np.asarray(audio)


def _sung(rng: np.random.Generator, hertz: float, samples: int) -> Audio:
    """A vowel with vibrato (5.5 Hz, ± 0.7 semitones; Prame 1994, JASA 96, 1979–1984)."""
    time = np.arange(samples) / RATE
    pitch = hertz * 2 ** (0.7 / 12 * np.sin(2 * np.pi * 5.5 * time) * np.minimum(1.0, time / 0.3))
    pulses = np.diff(np.floor(np.cumsum(pitch) / RATE), prepend=0.0)
    glottis = scipy.signal.lfilter([1.0], [1.0, -1.9, 0.9025], pulses)
    vowel = spoken_vowel(glottis, VOWELS[int(rng.integers(len(VOWELS)))])
    fade = np.minimum(1.0, np.minimum(time, samples / RATE - time) / 0.06)
    return np.asarray(vowel / (np.abs(vowel).max() + 1e-9) * fade)


def _singing(rng: np.random.Generator, samples: int) -> Audio:
    return _play(_walk(rng, int(samples / RATE / 0.7) + 1, 57), 0.7, samples, lambda f, n: _sung(rng, f, n))


def _singing_low(rng: np.random.Generator, samples: int) -> Audio:
    return _play(_walk(rng, int(samples / RATE / 0.4) + 1, 48), 0.4, samples, lambda f, n: _sung(rng, f, n))


def _accompanied(rng: np.random.Generator, samples: int) -> Audio:
    parts = ((1.0, _singing(rng, samples)), (0.5, _guitar(rng, samples)), (0.4, _drums(rng, samples)))
    return np.asarray(sum(share * part / (np.abs(part).max() + 1e-9) for share, part in parts))


MUSIC: Final[Mapping[str, Sound]] = {
    "piano": _piano,
    "violin": _violin,
    "cello": _cello,
    "whistling": _whistle,
    "chords": _chords,
    "guitar": _guitar,
    "drums": _drums,
    "band": _band,
    "sung vowels": _singing,
    "quick low sung vowels": _singing_low,
    "singing with a band": _accompanied,
}
