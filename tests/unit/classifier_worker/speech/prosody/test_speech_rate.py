import numpy as np
import pytest
from numpy.typing import NDArray

from classifier_worker.speech.prosody.speech_rate import FRAME_SECONDS, nuclei, speech_rate


def bumps(per_second: float, seconds: float = 3.0, depth_db: float = 12.0) -> NDArray[np.float64]:
    """A loudness contour with that many syllable-like peaks a second."""
    time = np.arange(round(seconds / FRAME_SECONDS)) * FRAME_SECONDS
    return np.asarray(-20.0 - depth_db * (0.5 + 0.5 * np.cos(2 * np.pi * per_second * time)), np.float64)


def everywhere(contour: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.ones(len(contour), np.bool_)


@pytest.mark.parametrize("rate", [2.0, 4.0, 6.0, 8.0])
def test_counts_the_peaks_of_a_regular_rhythm(rate: float) -> None:
    contour = bumps(rate)
    measured = speech_rate(contour, everywhere(contour), everywhere(contour))
    assert measured == pytest.approx(rate, abs=0.4)


def test_ripples_under_two_decibels_are_no_syllables() -> None:
    contour = bumps(5.0, depth_db=1.5)
    assert len(nuclei(contour, everywhere(contour))) == 0


def test_unvoiced_peaks_are_no_syllables() -> None:
    contour = bumps(4.0)
    voiced = everywhere(contour)
    voiced[len(voiced) // 2 :] = False
    assert len(nuclei(contour, voiced)) == pytest.approx(6, abs=1)


def test_peaks_far_below_the_loudest_speech_are_noise() -> None:
    contour = bumps(4.0)
    contour[len(contour) // 2 :] -= 40.0
    assert len(nuclei(contour, everywhere(contour))) == pytest.approx(6, abs=1)


def test_pauses_do_not_slow_the_rate_down() -> None:
    contour = bumps(4.0, seconds=4.0)
    speech = everywhere(contour)
    speech[round(1.0 / FRAME_SECONDS) : round(2.0 / FRAME_SECONDS)] = False
    assert speech_rate(contour, speech, speech) == pytest.approx(4.0, abs=0.5)


def test_too_little_speech_has_no_rate() -> None:
    contour = bumps(4.0, seconds=0.5)
    assert speech_rate(contour, everywhere(contour), everywhere(contour)) is None


def test_nothing_voiced_has_no_nuclei() -> None:
    contour = bumps(4.0)
    assert len(nuclei(contour, ~everywhere(contour))) == 0
    assert speech_rate(contour, ~everywhere(contour), everywhere(contour)) == 0.0
