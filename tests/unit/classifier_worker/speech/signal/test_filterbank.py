import math

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier_worker.speech.signal.kaldi_filterbank import BINS, FRAME, HOP, log_filterbank


def tone(hertz: float, samples: int = 16_000) -> NDArray[np.float32]:
    return (0.3 * np.sin(2 * np.pi * hertz * np.arange(samples) / 16_000)).astype(np.float32)


def test_one_frame_each_10_ms_and_only_whole_ones() -> None:
    for samples in (FRAME, FRAME + HOP - 1, FRAME + HOP, 16_000):
        assert log_filterbank(tone(300, samples)).shape == (1 + (samples - FRAME) // HOP, BINS)


def test_too_little_audio_is_refused() -> None:
    with pytest.raises(ValueError, match="400 samples"):
        log_filterbank(np.zeros(FRAME - 1, np.float32))


def mel(hertz: float) -> float:
    return 1127 * math.log(1 + hertz / 700)


def test_a_frame_is_what_kaldi_s_description_gives() -> None:
    """Step by step, in double precision and with triangles drawn one by one."""
    audio = np.random.default_rng(4).uniform(-0.5, 0.5, FRAME).astype(np.float32)
    frame = audio.astype(np.float64) * 32768
    frame -= frame.mean()
    emphasised = [frame[0] - 0.97 * frame[0], *(frame[n] - 0.97 * frame[n - 1] for n in range(1, FRAME))]
    povey = [(0.5 - 0.5 * np.cos(2 * np.pi * n / (FRAME - 1))) ** 0.85 for n in range(FRAME)]
    power = np.abs(np.fft.rfft(np.array(emphasised) * povey, 512)) ** 2
    step = (mel(8000) - mel(20)) / (BINS + 1)
    for band in range(BINS):
        left, centre, right = (mel(20) + step * (band + corner) for corner in range(3))
        energy = 0.0
        for bin_ in range(256):
            place = mel(bin_ * 31.25)
            if left < place < right:
                energy += power[bin_] * min((place - left) / (centre - left), (right - place) / (right - centre))
        expected = math.log(max(energy, float(np.finfo(np.float32).eps)))
        assert log_filterbank(audio)[0, band] == pytest.approx(expected, abs=2e-3)


def test_a_tone_lies_in_its_band() -> None:
    loudest = [int(log_filterbank(tone(hertz)).mean(axis=0).argmax()) for hertz in (200, 1000, 4000)]
    assert loudest == sorted(loudest)
    assert len(set(loudest)) == 3


def test_silence_is_finite() -> None:
    assert np.isfinite(log_filterbank(np.zeros(16_000, np.float32))).all()
