"""Kaldi's filterbank, and what of a voiceprint needs no real voices."""

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier_worker.speech.models.voiceprint import TIMBRE_FEATURES, Voiceprints, centred_filterbank, frames


def tone(hertz: float, seconds: float = 1.0) -> NDArray[np.float32]:
    return (0.1 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * 16_000)) / 16_000)).astype(np.float32)


def test_shape_and_mean() -> None:
    spectrum = centred_filterbank(np.random.default_rng(1).standard_normal(24_000).astype(np.float32))
    assert spectrum.shape == (148, 80)
    np.testing.assert_allclose(spectrum.mean(axis=0), 0, atol=1e-5)


def test_a_tone_stands_in_its_band() -> None:
    """Against silence before it, a tone raises the band whose centre is nearest on the mel scale."""
    audio = np.concatenate([np.zeros(16_000, np.float32), tone(1000.0)])
    band = int((centred_filterbank(audio)[-20:].mean(axis=0) - centred_filterbank(audio)[:20].mean(axis=0)).argmax())
    low, high = 1127 * np.log1p(20 / 700), 1127 * np.log1p(8000 / 700)
    assert abs(band - ((1127 * np.log1p(1000 / 700) - low) / (high - low) * 81 - 1)) <= 1


def test_too_little_audio_is_refused() -> None:
    with pytest.raises(ValueError, match="25 ms"):
        centred_filterbank(np.zeros(399, np.float32))


@pytest.fixture(scope="module")
def voiceprints() -> Voiceprints:
    return Voiceprints()


def sound(seconds: float) -> NDArray[np.float32]:
    draw = np.random.default_rng(2)
    return (tone(140.0, seconds) + 0.05 * draw.standard_normal(round(seconds * 16_000))).astype(np.float32)


@pytest.mark.parametrize("seconds", [0.5, 0.9, 1.5, 2.0])
def test_a_voiceprint_has_length_one(voiceprints: Voiceprints, seconds: float) -> None:
    audio = sound(seconds)
    prints = voiceprints.of(audio, np.ones((1, frames(len(audio))), np.float32))
    assert prints.shape == (1, 192)
    np.testing.assert_allclose(np.linalg.norm(prints, axis=1), 1, atol=1e-3)


def test_level_changes_hardly_anything(voiceprints: Voiceprints) -> None:
    audio = sound(1.5)
    spans = np.ones((1, frames(len(audio))), np.float32)
    (loud,), (quiet,) = voiceprints.of(audio, spans), voiceprints.of(audio * np.float32(0.01), spans)
    assert loud @ quiet > 0.99


def test_spans_are_pooled_apart(voiceprints: Voiceprints) -> None:
    audio = sound(1.5)
    count = frames(len(audio))
    first, last = np.zeros(count), np.zeros(count)
    first[: count // 2], last[count // 2 :] = 1, 1
    together = voiceprints.of(audio, np.stack([first, last]).astype(np.float32))
    alone = voiceprints.of(audio, last[None].astype(np.float32))
    np.testing.assert_allclose(together[1], alone[0], atol=2e-3)
    assert not np.allclose(together[0], together[1], atol=1e-2)


def test_what_does_not_fit_is_refused(voiceprints: Voiceprints) -> None:
    with pytest.raises(ValueError, match="A voiceprint needs"):
        voiceprints.of(np.zeros(7_999, np.float32), np.ones((1, 24), np.float32))
    with pytest.raises(ValueError, match="Spans must be"):
        voiceprints.of(np.zeros(16_000, np.float32), np.ones((1, 10), np.float32))


@pytest.mark.parametrize("seconds", [0.5, 1.0, 3.0, 4.1])
def test_timbre_is_means_and_spreads_of_any_length(voiceprints: Voiceprints, seconds: float) -> None:
    timbre = voiceprints.timbre(sound(seconds))
    assert timbre.shape == (TIMBRE_FEATURES,)
    assert timbre.dtype == np.float32
    assert np.all(np.isfinite(timbre))
    spreads = timbre[TIMBRE_FEATURES // 2 :]
    assert np.all(spreads >= 0)
    assert np.mean(spreads > 0) > 0.9


def test_level_does_not_change_timbre_and_another_voice_does(voiceprints: Voiceprints) -> None:
    audio, draw = sound(2.0), np.random.default_rng(3)
    whole = voiceprints.timbre(audio)
    another = voiceprints.timbre((tone(260.0, 2.0) + 0.05 * draw.standard_normal(32_000)).astype(np.float32))

    def away(timbre: NDArray[np.float32]) -> float:
        return float(np.linalg.norm(timbre - whole) / np.linalg.norm(whole))

    for gain in (0.5, 0.1, 0.01, 3.0):
        assert away(voiceprints.timbre(audio * np.float32(gain))) < 0.2 * away(another)
    # Eight bits round differently after any change, but a power of two changes no bit of the audio.
    np.testing.assert_array_equal(voiceprints.timbre(audio * np.float32(0.125)), whole)


def test_timbre_is_the_same_every_time(voiceprints: Voiceprints) -> None:
    assert np.array_equal(voiceprints.timbre(sound(1.5)), Voiceprints().timbre(sound(1.5)))


def test_too_little_or_too_much_for_timbre_is_refused_in_words(voiceprints: Voiceprints) -> None:
    with pytest.raises(ValueError, match=r"Timbre needs 0\.5–30 s of audio, not 0\.50 s"):
        voiceprints.timbre(np.zeros(7_999, np.float32))
    with pytest.raises(ValueError, match=r"not 30\.00 s"):
        voiceprints.timbre(np.zeros(480_001, np.float32))


def test_silence_has_a_finite_timbre(voiceprints: Voiceprints) -> None:
    assert np.all(np.isfinite(voiceprints.timbre(np.zeros(16_000, np.float32))))
