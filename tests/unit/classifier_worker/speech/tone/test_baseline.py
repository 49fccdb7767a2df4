"""A speaker's baseline: starts at the average over all speakers, adapts to the speaker, survives freezing exactly."""

from itertools import pairwise

import msgpack
import numpy as np
import pytest
from numpy.typing import NDArray

from classifier_worker.speech.tone.baseline import MEMORY_SECONDS, PRIOR_SECONDS, Everybody, SpeakerBaseline

RNG = np.random.default_rng(7)


def cold() -> SpeakerBaseline:
    return SpeakerBaseline.cold(4)


def speech(count: int, rng: np.random.Generator = RNG) -> NDArray[np.float32]:
    return rng.normal([1, -2, 30, 0.5], [1, 0.5, 3, 0.1], (count, 4)).astype(np.float32)


def fed(baseline: SpeakerBaseline, window: NDArray[np.float32], seconds: float) -> SpeakerBaseline:
    """After so many seconds of one window again and again, a second each."""
    for _ in range(round(seconds)):
        baseline = baseline.updated(window, 1.0)
    return baseline


def test_everybody_is_the_mean_and_spread_of_all_windows() -> None:
    windows = speech(500)
    everybody = Everybody.of(windows)
    np.testing.assert_allclose(everybody.mean, windows.mean(axis=0), rtol=1e-4)
    np.testing.assert_allclose(everybody.spread, windows.std(axis=0), rtol=1e-4)
    standard = everybody.standardise(windows)
    assert everybody.mean.dtype == everybody.spread.dtype == standard.dtype == np.float32
    np.testing.assert_allclose(standard.mean(axis=0), 0, atol=1e-3)
    np.testing.assert_allclose(standard.std(axis=0), 1, atol=1e-3)


def test_standardised_features_are_thousandths_and_know_no_neighbour() -> None:
    rng = np.random.default_rng(4)
    everybody, windows = Everybody.of(speech(50, rng)), speech(9, rng)
    together = everybody.standardise(windows)
    np.testing.assert_array_equal(together, np.round(together.astype(np.float64), 3).astype(np.float32))
    assert all(np.array_equal(together[row], everybody.standardise(windows[row])) for row in range(9))
    # The last bits of a feature, in which platforms differ, are gone.
    np.testing.assert_array_equal(everybody.standardise(np.nextafter(windows, np.float32(np.inf))), together)


def test_a_feature_that_is_the_same_in_everybody_stays_finite() -> None:
    everybody = Everybody.of(np.ones((5, 4), np.float32))
    assert np.all(np.isfinite(everybody.standardise(np.array([1, 2, 3, 4], np.float32))))


def test_a_new_speaker_is_compared_with_everybody() -> None:
    everybody = Everybody(np.array([1, 0, 0, 0], np.float32), np.full(4, 2.0, np.float32))
    standard = everybody.standardise(np.array([3, -2, 4, 0], np.float32))
    np.testing.assert_allclose(cold().normalise(standard), [1, -1, 2, 0])


def test_mean_and_variance_are_those_of_all_seconds_heard() -> None:
    windows, seconds = speech(20), RNG.uniform(0.5, 3, 20).round(3)
    baseline = cold()
    for window, weight in zip(windows, seconds, strict=True):
        baseline = baseline.updated(window, float(weight))
    weights = np.append(seconds, PRIOR_SECONDS)
    heard = np.vstack([windows.astype(np.float64), np.zeros(4)])
    mean = np.average(heard, axis=0, weights=weights)
    within = np.append((heard[:-1] - mean) ** 2, [mean**2 + 1.0], axis=0)
    # Rounded to float16, eleven significant bits, at each of twenty updates.
    np.testing.assert_allclose(baseline.mean, mean, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(baseline.variance, np.average(within, axis=0, weights=weights), rtol=5e-3)
    assert baseline.seconds == pytest.approx(weights.sum())


def test_after_minutes_it_is_the_speaker_alone() -> None:
    baseline = cold()
    for window in speech(4000):
        baseline = baseline.updated(window, 1.0)
    assert baseline.seconds == MEMORY_SECONDS
    np.testing.assert_allclose(baseline.mean, [1, -2, 30, 0.5], rtol=0.1)
    np.testing.assert_allclose(np.sqrt(baseline.variance.astype(np.float64)), [1, 0.5, 3, 0.1], rtol=0.15)


def test_rounding_adds_up_to_nothing_that_is_heard() -> None:
    """Fifteen minutes of a voice that shifts midway, against the same in float64: a hundredth of a spread at most."""
    features, rng = 500, np.random.default_rng(1)
    usual = rng.normal(0, 1, features)
    baseline, mean, seconds = SpeakerBaseline.cold(features), np.zeros(features), PRIOR_SECONDS
    for second in range(900):
        window = (usual + 0.3 * (second >= 450) + rng.normal(0, 0.7, features)).astype(np.float32)
        baseline = baseline.updated(window, 1.0)
        known = min(seconds, MEMORY_SECONDS - 1.0)
        seconds = known + 1.0
        mean += (window - mean) / seconds
    away = baseline.mean - mean
    assert np.sqrt(np.mean(away**2)) < 0.01
    assert abs(np.mean(away)) < 0.001, "no drift to one side"


@pytest.mark.parametrize("value", [0.5, 1.0, -2.0, 3.0])
def test_a_voice_that_never_changes_becomes_usual(value: float) -> None:
    """The prior is 6 of 300 s by then, so exact sums stand at 98 %."""
    baseline = fed(cold(), np.full(4, value, np.float32), 150.0)
    exact = value * 150.0 / (150.0 + PRIOR_SECONDS)
    np.testing.assert_allclose(baseline.mean, exact, rtol=0.01)


@pytest.mark.parametrize("value", [0.5, 1.0, -2.0, 3.0])
def test_updates_late_in_a_session_are_not_lost_to_rounding(value: float) -> None:
    """After ten minutes less than 1 % of the prior is left in exact sums. Of a voice that never varies float16 leaves
    a few per cent, where a step is under half its last bit; voices that vary are not held up so: see above."""
    baseline = fed(cold(), np.full(4, value, np.float32), 600.0)
    np.testing.assert_allclose(baseline.mean, value, rtol=0.05)


def test_strangeness_falls_from_one_as_a_voice_is_heard() -> None:
    baseline, seen = cold(), []
    for window in speech(400):
        seen.append(baseline.strangeness)
        baseline = baseline.updated(window, 1.0)
    assert seen[0] == 1.0
    assert seen[int(PRIOR_SECONDS)] == pytest.approx(0.5)
    assert all(0 < later <= earlier for earlier, later in pairwise(seen))
    assert seen[-1] == pytest.approx(PRIOR_SECONDS / MEMORY_SECONDS)


def test_updating_leaves_the_old_one_as_it_was() -> None:
    before = cold()
    before.updated(speech(1)[0], 3.0)
    assert np.array_equal(before.mean, np.zeros(4))
    assert np.array_equal(before.variance, np.ones(4))
    assert before.seconds == PRIOR_SECONDS


def test_freezing_at_any_point_changes_nothing() -> None:
    straight = interrupted = cold()
    for window, seconds in zip(speech(50), RNG.uniform(0.1, 3.0, 50).tolist(), strict=True):
        straight = straight.updated(window, seconds)
        interrupted = SpeakerBaseline.thaw(msgpack.unpackb(msgpack.packb(interrupted.freeze())))
        interrupted = interrupted.updated(window, seconds)
    assert straight.freeze() == interrupted.freeze()
    assert np.array_equal(straight.normalise(window), SpeakerBaseline.thaw(straight.freeze()).normalise(window))
    # What msgpack writes exactly.
    assert all(isinstance(value, bytes | float) for value in straight.freeze().values())


def test_a_checkpoint_of_it_takes_four_bytes_a_feature() -> None:
    baseline = SpeakerBaseline.cold(1000).updated(RNG.normal(0, 1, 1000).astype(np.float32), 1.0)
    assert baseline.mean.dtype == baseline.variance.dtype == np.float16
    assert len(msgpack.packb(baseline.freeze())) < 4 * 1000 + 50


def test_normalising_a_row_does_not_depend_on_its_neighbours() -> None:
    baseline, windows = cold().updated(speech(1)[0], 3.0), speech(9)
    together = baseline.normalise(windows)
    assert all(np.array_equal(together[row], baseline.normalise(windows[row])) for row in range(9))


def test_a_feature_that_never_moves_stays_finite() -> None:
    still = SpeakerBaseline(np.ones(4, np.float16), np.zeros(4, np.float16), PRIOR_SECONDS)
    assert np.all(np.isfinite(still.normalise(np.array([1, 2, 3, 4], np.float32))))


@pytest.mark.parametrize("wild", [1e3, -1e6, 1e30])
def test_a_wild_feature_never_becomes_infinite(wild: float) -> None:
    """Past float16's largest number, in the mean or in its square; a voice that heard it goes on being heard."""
    window = np.array([wild, 0.1, -0.2, 0.3], np.float32)
    heard = cold().updated(window, 3.0)
    joined = cold().updated(-window, 3.0).joined(heard)
    for baseline in (heard, heard.updated(-window, 3.0), joined, SpeakerBaseline.thaw(heard.freeze())):
        assert np.all(np.isfinite(baseline.mean))
        assert np.all(np.isfinite(baseline.variance))
        assert np.all(baseline.variance >= 0)
        assert np.all(np.isfinite(baseline.normalise(window)))
    np.testing.assert_allclose(heard.mean[1:], window[1:] / 3, atol=1e-3)


def test_a_window_without_speech_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="more than 0 s"):
        cold().updated(np.zeros(4, np.float32), 0.0)
