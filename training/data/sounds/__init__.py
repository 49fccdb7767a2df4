"""Synthesised sounds other than speech, to measure the events they cause. One seeded function per sound.

A function takes (rng, samples) → float64[samples], 16 kHz, at any level; `sound` sets the requested level.
"""

from collections.abc import Mapping
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from training.data.sounds.music import MUSIC
from training.data.sounds.noise import NOISES, RATE, Sound
from training.data.sounds.throat import THROAT
from training.data.sounds.tones import TONES

SOUNDS: Final[Mapping[str, Mapping[str, Sound]]] = {
    "noise": NOISES,
    "tones": TONES,
    "music": MUSIC,
    "coughs and the like": THROAT,
}
"""Kind → name → sound."""


def sound(kind: str, name: str, seconds: float, level_db: float, seed: int) -> NDArray[np.int16]:
    """Make a sound, int16[seconds · 16 000], its loudest 50 ms at `level_db` (root mean square, dB re full scale).

    The same arguments give the same sound. Raises KeyError for an unknown sound.
    """
    samples = round(seconds * RATE)
    rng = np.random.default_rng((seed, crc32(f"{kind}/{name}".encode())))
    return levelled(SOUNDS[kind][name](rng, samples), level_db)


def levelled(audio: NDArray[np.float64], level_db: float) -> NDArray[np.int16]:
    """Scale the loudest 50 ms to `level_db` and clip at full scale. Silence stays silent."""
    block = RATE // 20
    power = np.square(audio[: len(audio) // block * block]).reshape(-1, block).mean(axis=1)
    loudest = float(np.sqrt(power.max(initial=0.0)))
    scaled = audio * (10 ** (level_db / 20) / loudest) if loudest > 0 else audio
    return np.asarray(np.clip(np.round(scaled * 32767), -32768, 32767), np.int16)
