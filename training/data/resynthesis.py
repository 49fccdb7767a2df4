"""Resynthesise speech in another manner of speaking: split it into pitch, envelope and noise, change these, rebuild it.

WORLD (Morise, Yokomori and Ozawa 2016, IEICE Trans. Inf. & Syst. E99-D(7), 1877–1884). "untouched" is analysed and
rebuilt without changes, so that vocoder artefacts are not mistaken for effects of the manner.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pyworld
from numpy.typing import NDArray

from shared.audio import PIPELINE_RATE

Audio = NDArray[np.float32]
Floats = NDArray[np.float64]

_FRAME_SECONDS: Final = 0.005
"""pyworld's default interval between frames."""


@dataclass(frozen=True, slots=True, eq=False)
class Voice:
    """WORLD's parameters, one row every 5 ms."""

    pitch: Floats
    """float64[T], Hz; 0 where unvoiced."""
    envelope: Floats
    """float64[T, F], power spectrum."""
    noise: Floats
    """float64[T, F], share of noise, 0…1."""
    slowness: float = 1.0
    """Factor by which it is slowed down."""


Manner = Callable[[Voice, np.random.Generator], Voice]


def resynthesised(audio: Audio, manner: str, rng: np.random.Generator) -> Audio:
    """Resynthesise float32[N] of 16 kHz speech in one of MANNERS, at the same loudness."""
    samples = audio.astype(np.float64)
    raw, times = pyworld.dio(samples, PIPELINE_RATE)
    pitch = pyworld.stonemask(samples, raw, times, PIPELINE_RATE)
    envelope = pyworld.cheaptrick(samples, pitch, times, PIPELINE_RATE)
    noise = pyworld.d4c(samples, pitch, times, PIPELINE_RATE)
    voice = MANNERS[manner](Voice(pitch, envelope, noise), rng)
    made = pyworld.synthesize(
        voice.pitch, voice.envelope, voice.noise, PIPELINE_RATE, 1000.0 * _FRAME_SECONDS * voice.slowness
    )
    level = np.sqrt(np.mean(samples**2) / (np.mean(made**2) + 1e-12))
    return np.asarray(np.clip(made * level, -1.0, 1.0), np.float32)


def _untouched(voice: Voice, rng: np.random.Generator) -> Voice:
    return voice


def _flat(voice: Voice, rng: np.random.Generator) -> Voice:
    """Reduce the movement of pitch to a fifth."""
    voiced = voice.pitch > 0
    if not voiced.any():
        return voice
    middle = np.median(np.log(voice.pitch[voiced]))
    return _with_pitch(voice, np.exp(middle + 0.2 * (np.log(voice.pitch[voiced]) - middle)))


def _rough(voice: Voice, rng: np.random.Generator) -> Voice:
    """Let pitch vary by 3 % and level by 1.5 dB from period to period, and turn a third of the periodic part to noise:
    more than in healthy voices (jitter over 1 %, shimmer over 0.4 dB)."""
    voiced = voice.pitch > 0
    jittered = voice.pitch[voiced] * np.exp(rng.normal(0.0, 0.03, int(voiced.sum())))
    shimmer = 10 ** (rng.normal(0.0, 1.5, len(voice.pitch)) / 10)
    rough = _with_pitch(voice, jittered)
    return replace(rough, envelope=voice.envelope * shimmer[:, None], noise=1.0 - (1.0 - voice.noise) * 2.0 / 3.0)


def _slow(voice: Voice, rng: np.random.Generator) -> Voice:
    """Stretch it by a third."""
    return replace(voice, slowness=4.0 / 3.0)


def _high(voice: Voice, rng: np.random.Generator) -> Voice:
    """Raise it by four semitones."""
    return replace(voice, pitch=voice.pitch * 2 ** (4 / 12))


def _low(voice: Voice, rng: np.random.Generator) -> Voice:
    """Lower it by four semitones."""
    return replace(voice, pitch=voice.pitch * 2 ** (-4 / 12))


def _old(voice: Voice, rng: np.random.Generator) -> Voice:
    """Slow by a sixth; add a tremor of 5 Hz and 4 %, jitter and breath (Linville 1996, J. Voice 10(2), 190–200)."""
    voiced = voice.pitch > 0
    times = np.arange(len(voice.pitch)) * _FRAME_SECONDS
    tremor = 0.04 * np.sin(2 * np.pi * 5.0 * times + rng.uniform(0, 2 * np.pi))
    trembling = voice.pitch[voiced] * np.exp(tremor[voiced] + rng.normal(0.0, 0.01, int(voiced.sum())))
    aged = _with_pitch(voice, trembling)
    return replace(aged, noise=1.0 - (1.0 - voice.noise) * 0.85, slowness=7.0 / 6.0)


def _young(voice: Voice, rng: np.random.Generator) -> Voice:
    """Shorten the vocal tract by a sixth and raise pitch by half: a child of about ten."""
    bins = voice.envelope.shape[1]
    from_bin = np.minimum(np.arange(bins) / 1.2, bins - 1)
    low = from_bin.astype(np.intp)
    share = from_bin - low
    high = np.minimum(low + 1, bins - 1)
    shorter = voice.envelope[:, low] * (1.0 - share) + voice.envelope[:, high] * share
    return replace(voice, pitch=voice.pitch * 1.5, envelope=np.ascontiguousarray(shorter))


def _with_pitch(voice: Voice, voiced: Floats) -> Voice:
    """Replace the values where the voice has pitch."""
    pitch = voice.pitch.copy()
    pitch[pitch > 0] = voiced
    return replace(voice, pitch=pitch)


UNTOUCHED: Final = "untouched"
MANNERS: Final[dict[str, Manner]] = {
    UNTOUCHED: _untouched,
    "flat": _flat,
    "rough": _rough,
    "slow": _slow,
    "high": _high,
    "low": _low,
    "old": _old,
    "young": _young,
}
