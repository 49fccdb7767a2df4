"""The log-mel spectrogram against its definition."""

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier_worker.speech.signal.log_mel import log_mel, mel_filters


def noise(rows: int, samples: int) -> NDArray[np.float32]:
    return np.random.default_rng(1).uniform(-0.5, 0.5, (rows, samples)).astype(np.float32)


def by_definition(window: NDArray[np.float32]) -> NDArray[np.float64]:
    padded = np.pad(window.astype(np.float64), 200, mode="reflect")
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    kernel = np.exp(-2j * np.pi * np.outer(np.arange(201), np.arange(400)) / 400)
    frames = [kernel @ (padded[at : at + 400] * hann) for at in range(0, len(window) // 160 * 160, 160)]
    power = np.abs(np.array(frames).T) ** 2
    bands = np.log10(np.maximum(mel_filters().astype(np.float64) @ power, 1e-10))
    return np.asarray((np.maximum(bands, bands.max() - 8) + 4) / 4)


@pytest.mark.parametrize("samples", [400, 16_000, 16_111, 48_000])
def test_follows_its_definition(samples: int) -> None:
    window = noise(1, samples)
    spectrum = log_mel(window)
    assert spectrum.shape == (1, 80, samples // 160)
    assert spectrum.dtype == np.float32
    np.testing.assert_allclose(spectrum[0], by_definition(window[0]), atol=2e-5)


def test_a_row_does_not_depend_on_its_batch() -> None:
    windows = noise(7, 32_000) * np.array([[1], [0.1], [0.01], [1], [1e-4], [1], [0.5]], np.float32)
    together = log_mel(windows)
    for row in range(7):
        assert np.array_equal(together[row], log_mel(windows[row : row + 1])[0])


def test_silence_is_finite() -> None:
    # To the last bit or two: log10 rounds differently from processor to processor.
    np.testing.assert_allclose(log_mel(np.zeros((1, 16_000), np.float32)), -1.5, rtol=1e-6)


def test_a_tone_lights_the_band_around_its_frequency() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(16_000) / 16_000).astype(np.float32)
    band = int(log_mel(tone[None])[0].mean(axis=1).argmax())
    bins = np.fft.rfftfreq(400, 1 / 16_000)
    assert abs(bins[mel_filters()[band].argmax()] - 1000) <= 40


def test_filters_have_unit_area() -> None:
    # Wide filters only: the narrow ones at the bottom catch few of the 40 Hz bins.
    areas = mel_filters().sum(axis=1) * 40
    np.testing.assert_allclose(areas[40:], 1.0, atol=0.08)


def test_too_short_a_window_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="at least 400 samples"):
        log_mel(np.zeros((1, 399), np.float32))
