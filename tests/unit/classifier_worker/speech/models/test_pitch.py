"""Pitch and loudness of signals whose pitch and loudness are known."""

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier_worker.speech.models.pitch import LEFT_CONTEXT, RIGHT_CONTEXT, VOICED, PitchTracker


@pytest.fixture(scope="module")
def tracker() -> PitchTracker:
    return PitchTracker()


def buzz(hertz: float, samples: int, level: float = 0.1) -> NDArray[np.float32]:
    time = np.arange(samples) / 16_000
    harmonics = np.arange(1, 10)[:, None]
    wave = np.sin(2 * np.pi * harmonics * hertz * time) / harmonics
    return np.asarray(level * wave.sum(axis=0), np.float32)


@pytest.mark.speech
@pytest.mark.parametrize("hertz", [85.0, 120.0, 210.0, 400.0])
def test_hears_the_pitch_of_a_buzz(tracker: PitchTracker, hertz: float) -> None:
    track = tracker.track(buzz(hertz, 32_000)[None])
    assert track.pitch_hz.shape == track.confidence.shape == track.loudness_db.shape == (1, 125)
    assert (track.confidence >= VOICED).mean() > 0.9
    assert np.median(track.pitch_hz) == pytest.approx(hertz, rel=0.02)


@pytest.mark.speech
def test_noise_and_silence_are_unvoiced(tracker: PitchTracker) -> None:
    noise = np.random.default_rng(2).normal(0, 0.1, 32_000).astype(np.float32)
    track = tracker.track(np.stack([noise, np.zeros(32_000, np.float32)]))
    assert (track.confidence[0] >= VOICED).mean() < 0.1
    assert track.confidence[1].max() == 0
    assert np.all(track.loudness_db[1] == -120)


@pytest.mark.speech
def test_loudness_is_the_level_in_decibels(tracker: PitchTracker) -> None:
    sine = np.sin(2 * np.pi * 250 * np.arange(16_000) / 16_000).astype(np.float32)
    track = tracker.track(np.stack([sine, sine * np.float32(0.1)]))
    np.testing.assert_allclose(track.loudness_db[0], -3.01, atol=0.05)
    np.testing.assert_allclose(track.loudness_db[1], -23.01, atol=0.05)


@pytest.mark.speech
def test_a_window_is_tracked_the_same_bit_for_bit_in_every_batch(tracker: PitchTracker) -> None:
    windows = np.stack([buzz(90 + 20 * row, 20_100) for row in range(7)])
    together = tracker.track(windows)
    for row in range(7):
        alone = tracker.track(windows[row : row + 1])
        assert np.array_equal(alone.pitch_hz[0], together.pitch_hz[row])
        assert np.array_equal(alone.confidence[0], together.confidence[row])
        assert np.array_equal(alone.loudness_db[0], together.loudness_db[row])


@pytest.mark.speech
def test_a_stretch_with_its_context_is_tracked_as_within_the_whole(tracker: PitchTracker) -> None:
    rng = np.random.default_rng(4)
    phase = np.cumsum(2 * np.pi * (150 + 40 * np.sin(np.arange(64_000) / 9_000)) / 16_000)
    whole = (0.2 * np.sin(phase) + 0.1 * np.sin(2 * phase) + 0.005 * rng.standard_normal(64_000)).astype(np.float32)
    start, end = 25_600, 41_600 // 256 * 256
    full = tracker.track(whole[None]).pitch_hz[0, start // 256 : end // 256]
    part = tracker.track(whole[None, start - LEFT_CONTEXT : end + RIGHT_CONTEXT]).pitch_hz[0]
    cut = part[LEFT_CONTEXT // 256 : LEFT_CONTEXT // 256 + len(full)]
    np.testing.assert_allclose(cut, full, rtol=1e-3)


@pytest.mark.speech
def test_too_short_a_window_is_refused_in_words(tracker: PitchTracker) -> None:
    with pytest.raises(ValueError, match="at least 256 samples"):
        tracker.track(np.zeros((1, 255), np.float32))
