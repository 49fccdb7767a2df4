"""A speaker's baseline: starts at everybody's average, becomes the speaker's own, survives freezing exactly."""

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier_worker.speech.baseline import MEMORY_SECONDS, PRIOR_SECONDS, SpeakerBaseline

RNG = np.random.default_rng(7)


def cold() -> SpeakerBaseline:
    return SpeakerBaseline.cold(np.zeros(4, np.float32), np.full(4, 2.0, np.float32))


def speech(count: int) -> NDArray[np.float32]:
    return RNG.normal([1, -2, 30, 0.5], [1, 0.5, 3, 0.1], (count, 4)).astype(np.float32)


def test_a_new_speaker_is_compared_with_everybody() -> None:
    np.testing.assert_allclose(cold().normalise(np.array([2, -2, 4, 0], np.float32)), [1, -1, 2, 0])


def test_mean_and_variance_are_those_of_all_seconds_heard() -> None:
    windows, seconds = speech(20), RNG.uniform(0.5, 3, 20).round(3)
    baseline = cold()
    for window, weight in zip(windows, seconds, strict=True):
        baseline = baseline.updated(window, float(weight))
    weights = np.append(seconds, PRIOR_SECONDS)
    heard = np.vstack([windows.astype(np.float64), np.zeros(4)])
    mean = np.average(heard, axis=0, weights=weights)
    within = np.append((heard[:-1] - mean) ** 2, [mean**2 + 4.0], axis=0)
    np.testing.assert_allclose(baseline.mean, mean, rtol=1e-4)
    np.testing.assert_allclose(baseline.variance, np.average(within, axis=0, weights=weights), rtol=1e-4)
    assert baseline.seconds == pytest.approx(weights.sum())


def test_after_minutes_it_is_the_speaker_alone() -> None:
    baseline = cold()
    for window in speech(4000):
        baseline = baseline.updated(window, 1.0)
    assert baseline.seconds == MEMORY_SECONDS
    np.testing.assert_allclose(baseline.mean, [1, -2, 30, 0.5], rtol=0.1)
    np.testing.assert_allclose(np.sqrt(baseline.variance), [1, 0.5, 3, 0.1], rtol=0.15)


def test_updating_leaves_the_old_one_as_it_was() -> None:
    before = cold()
    before.updated(speech(1)[0], 3.0)
    assert np.array_equal(before.mean, np.zeros(4))
    assert before.seconds == PRIOR_SECONDS


def test_freezing_at_any_point_changes_nothing() -> None:
    straight = interrupted = cold()
    for window in speech(50):
        straight = straight.updated(window, 1.0)
        interrupted = SpeakerBaseline.thaw(interrupted.freeze())
        interrupted = interrupted.updated(window, 1.0)
    assert straight.freeze() == interrupted.freeze()
    # What msgpack writes exactly.
    assert all(isinstance(value, bytes | float) for value in straight.freeze().values())


def test_normalising_a_row_does_not_depend_on_its_neighbours() -> None:
    baseline, windows = cold().updated(speech(1)[0], 3.0), speech(9)
    together = baseline.normalise(windows)
    assert all(np.array_equal(together[row], baseline.normalise(windows[row])) for row in range(9))


def test_a_feature_that_never_moves_stays_finite() -> None:
    still = SpeakerBaseline.cold(np.ones(4, np.float32), np.zeros(4, np.float32))
    assert np.all(np.isfinite(still.normalise(np.array([1, 2, 3, 4], np.float32))))


def test_a_window_without_speech_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="more than 0 s"):
        cold().updated(np.zeros(4, np.float32), 0.0)
