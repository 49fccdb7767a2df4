"""Training: figures mean what they say, nobody is trained and tested on, and nothing depends on chance."""

import numpy as np
import pytest

from classifier_worker.speech.baseline import Everybody, SpeakerBaseline
from classifier_worker.speech.embedding import FEATURE_COUNT
from classifier_worker.speech.encoder_build import ENCODER_FEATURES
from classifier_worker.speech.voiceprint import TIMBRE_FEATURES
from tests.unit.clips import AFFECTS, clip, clips
from training.answering import measure
from training.fit import STEADINESS, calibrated, feature_weights, fit
from training.listening import in_a_mood, listen
from training.metrics import Answers
from training.recipe import Calibration


def given(truth: list[str], answer: list[str], confidence: list[float]) -> Answers:
    return Answers(np.array(truth), np.array(answer), np.array(confidence), np.linspace(1.0, 3.0, len(truth)))


def test_average_recall_weighs_rare_classes_like_common_ones() -> None:
    lazy = given(["sad"] * 9 + ["warm"], ["sad"] * 10, [0.9] * 10)
    assert lazy.uar() == pytest.approx(0.5)


def test_calibration_error_is_zero_when_confidence_is_honest_and_large_when_it_boasts() -> None:
    truth, answer = ["sad", "warm"] * 50, ["sad"] * 100
    assert given(truth, answer, [0.5] * 100).calibration_error() == pytest.approx(0.0)
    assert given(truth, answer, [0.95] * 100).calibration_error() == pytest.approx(0.45)


def test_coverage_and_what_is_right_of_it() -> None:
    some = given(["sad", "sad", "warm", "warm"], ["sad", "warm", "warm", "sad"], [0.9, 0.5, 0.7, 0.6])
    assert some.coverage(0.6) == pytest.approx(0.75)
    assert some.accuracy_over(0.6) == pytest.approx(2 / 3)
    assert some.over(0.6).answer.tolist() == ["sad", "warm", "sad"]
    assert some.lasting(2.0).answer.tolist() == ["warm", "sad"]


def test_every_calibration_bin_holds_as_many_clips() -> None:
    """Two clips of forty are boastful by 0.9; in equally wide bins they would be a bin of their own all the same, but
    ten honest answers beside them are not dragged along."""
    truth, confidence = ["sad"] * 40, [0.1] * 2 + [1.0] * 38
    assert given(truth, truth, confidence).calibration_error() == pytest.approx(2 * 0.9 / 40)


def test_a_clip_is_judged_before_the_baseline_takes_it_in() -> None:
    first, second, third = (
        clip("lab/a", "anger", level, seed, width=40) for seed, level in enumerate((2.0, -2.0, 0.5))
    )
    everybody = Everybody(np.full(40, 0.5, np.float32), np.full(40, 3.0, np.float32))
    cold = SpeakerBaseline.cold(40)
    heard = listen([first, second, third], everybody)
    standard = [everybody.standardise(c.windows) for c in (first, second, third)]
    once = cold.updated(standard[0][0], 2.0)
    twice = once.updated(standard[1][0], 2.0)
    for relative, baseline, features in zip(heard, (cold, once, twice), standard, strict=True):
        assert np.array_equal(relative.windows, baseline.normalise(features))
        assert relative.baseline.freeze() == baseline.freeze()
        assert np.array_equal(relative.standard, features)
    assert [relative.heard for relative in heard] == [0, 1, 2]
    assert heard[0].baseline.strangeness == 1.0
    assert heard[0].seconds == 2.0


def test_every_window_of_a_clip_is_heard_against_the_same_baseline() -> None:
    long, after = clip("lab/a", "anger", 1.0, 1, width=40, windows=3), clip("lab/a", "neutral", 0.0, 2, width=40)
    everybody, baseline = Everybody(np.zeros(40, np.float32), np.ones(40, np.float32)), SpeakerBaseline.cold(40)
    first, second = listen([long, after], everybody)
    assert first.windows.shape == (3, 40)
    assert first.seconds == 4.0
    assert np.array_equal(first.windows, baseline.normalise(everybody.standardise(long.windows)))
    for window, seconds in zip(everybody.standardise(long.windows), long.seconds, strict=True):
        baseline = baseline.updated(window, seconds)
    assert np.array_equal(second.windows, baseline.normalise(everybody.standardise(after.windows)))


def test_a_mood_mixes_a_persons_clips_unevenly_and_none_twice() -> None:
    spoken = clips(["lab/a"], 30, width=4)
    shares = []
    for seed in range(20):
        chosen = in_a_mood(spoken, np.random.default_rng(seed), 45)
        assert len(chosen) == 45
        assert len({id(c) for c in chosen}) == 45
        shares.append(max(sum(c.emotion == emotion for c in chosen) for emotion in AFFECTS) / 45)
    assert max(shares) > 0.6 > min(shares)
    assert len(in_a_mood(spoken[:7], np.random.default_rng(1), 45)) == 7


def test_spreads_over_time_weigh_less_than_means_in_both_encoders_parts() -> None:
    weights = feature_weights()
    assert weights.shape == (FEATURE_COUNT,)
    encoder, timbre = np.split(weights, [ENCODER_FEATURES])
    for part, size in ((encoder, ENCODER_FEATURES), (timbre, TIMBRE_FEATURES)):
        assert np.all(part[: size // 2] == 1.0)
        assert np.all(part[size // 2 :] == STEADINESS)


def test_training_learns_tone_relative_to_the_speaker_and_repeats_itself() -> None:
    """Heard against their own baselines, speakers never trained on become comparable."""
    spoken = clips([f"lab/{name}" for name in "abcdef"])
    head, again = (fit(spoken, AFFECTS, seed=3) for _ in range(2))
    assert np.array_equal(head.weights, again.weights)
    assert (head.temperature, head.caution, head.variety) == (1.0, 0.0, 0.0)
    heard = measure(head, clips(["lab/g", "lab/h", "lab/i"]), AFFECTS, head.affects, orders=3)
    assert heard.answers.uar() > 0.8


def test_prior_odds_move_the_odds_and_nothing_else() -> None:
    spoken = clips(["lab/a", "lab/b"], 3)
    head = fit(spoken, AFFECTS, seed=3)
    used = calibrated(head, Calibration(1.0, 0.0, 9.0), {"sad": 0.5})
    windows = np.random.default_rng(2).standard_normal((4, FEATURE_COUNT)).astype(np.float32)
    before, after = np.exp(head.logits(windows)), np.exp(used.logits(windows))
    ratio = [0.5 if affect == "sad" else 1.0 for affect in head.affects]
    np.testing.assert_allclose(after / before, np.tile(ratio, (4, 1)), rtol=1e-4)
    warmer = calibrated(head, Calibration(1.3, 0.4, 7.0), {})
    assert (warmer.temperature, warmer.caution, warmer.variety) == (1.3, 0.4, 7.0)
    assert np.array_equal(warmer.logits(windows), head.logits(windows))
