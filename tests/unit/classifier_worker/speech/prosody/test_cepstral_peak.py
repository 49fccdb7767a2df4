"""The prominence of the cepstral peak: high in a clear voice, lower with every breath that is mixed in."""

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier_worker.speech.prosody.cepstral_peak import FEWEST, prominence

SAMPLES = 48_000
FRAMES = SAMPLES // 256
VOICED = np.ones(FRAMES, np.bool_)

Audio = NDArray[np.float32]


def buzz(hertz: float = 120.0) -> Audio:
    """Harmonics that fall by 12 dB an octave, as a glottis makes them, with a little melody."""
    phase = 2 * np.pi * np.cumsum(hertz * (1 + 0.03 * np.sin(np.arange(SAMPLES) / 4000))) / 16_000
    voice = sum(np.sin(n * phase) / n**2 for n in range(1, int(7000 / hertz)))
    return np.asarray(0.1 * voice, np.float32)


def with_noise(audio: Audio, ratio_db: float) -> Audio:
    noise = np.random.default_rng(1).standard_normal(len(audio))
    return np.asarray(audio + noise * audio.std() * 10 ** (-ratio_db / 20), np.float32)


def of(audio: Audio, hertz: float = 120.0) -> float:
    value = prominence(audio, VOICED, np.full(FRAMES, hertz))
    assert value is not None
    return value


@pytest.mark.parametrize("hertz", [80.0, 120.0, 220.0, 400.0])
def test_every_breath_that_is_mixed_in_lowers_it(hertz: float) -> None:
    values = [of(with_noise(buzz(hertz), ratio), hertz) for ratio in (60.0, 40.0, 20.0, 10.0)]
    assert values == sorted(values, reverse=True)
    assert values[0] - values[-1] > 3.0


def test_it_does_not_depend_on_the_level() -> None:
    audio = with_noise(buzz(), 30.0)
    assert of(audio) == pytest.approx(of(audio * np.float32(0.1)), abs=0.1)


def test_noise_alone_has_hardly_any() -> None:
    noise = np.random.default_rng(2).standard_normal(SAMPLES).astype(np.float32) * 0.1
    assert of(np.asarray(noise, np.float32)) < of(with_noise(buzz(), 10.0)) - 1.0


def test_the_wrong_pitch_finds_no_peak() -> None:
    assert of(buzz(120.0), 170.0) < of(buzz(120.0)) - 6.0


def test_too_little_voice_says_nothing() -> None:
    few = np.zeros(FRAMES, np.bool_)
    few[: 4 * (FEWEST - 1)] = True
    assert prominence(buzz(), few, np.full(FRAMES, 120.0)) is None
    few[: 4 * FEWEST] = True
    assert prominence(buzz(), few, np.full(FRAMES, 120.0)) is not None


def test_voice_at_both_ends_of_the_audio_is_no_error() -> None:
    short = buzz()[: 40 * 256]
    assert prominence(short, np.ones(40, np.bool_), np.full(40, 120.0)) is not None
