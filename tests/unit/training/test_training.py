"""Training: no person is in both training and test data, and nothing depends on chance."""

from dataclasses import replace

import numpy as np

from classifier_worker.speech.models.build.encoder import ENCODER_FEATURES
from classifier_worker.speech.models.embedding import FEATURE_COUNT
from classifier_worker.speech.models.voiceprint import TIMBRE_FEATURES
from classifier_worker.speech.tone.baseline import Everybody, SpeakerBaseline
from tests.unit.clips import AFFECTS, clip, clips
from training.data.recipe import own
from training.features.relative import in_a_mood, listen
from training.features.replay import replay
from training.features.session_mixtures import sessions
from training.figures import outcome
from training.figures.outcome import acted_figures
from training.fit.fit import STEADINESS, everybody_of, feature_weights
from training.fit.leave_out import fitted_on, material
from training.fit.subspace import principal, whitening


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


def test_a_mood_may_be_mostly_neutral() -> None:
    spoken = clips(["lab/a"], 30, width=4)
    chosen = in_a_mood(spoken, np.random.default_rng(2), 45, neutral={"neutral"}, mostly=0.85)
    assert 0.7 < sum(clip.emotion == "neutral" for clip in chosen) / len(chosen) < 1.0
    none = in_a_mood(
        [c for c in spoken if c.emotion != "neutral"], np.random.default_rng(2), 45, neutral={"neutral"}, mostly=0.85
    )
    assert len(none) == 45


def test_spreads_over_time_weigh_less_than_means_in_both_encoders_parts() -> None:
    weights = feature_weights()
    assert weights.shape == (FEATURE_COUNT,)
    encoder, timbre = np.split(weights, [ENCODER_FEATURES])
    for part, size in ((encoder, ENCODER_FEATURES), (timbre, TIMBRE_FEATURES)):
        assert np.all(part[: size // 2] == 1.0)
        assert np.all(part[size // 2 :] == STEADINESS)


def test_training_learns_tone_relative_to_the_speaker_and_repeats_itself() -> None:
    """Heard against their own baselines, actors never trained on become comparable."""
    spoken = clips([f"lab/{name}" for name in "abcdef"])
    ordinary = {"home": clips([f"home/{n}" for n in range(8)], levels={"neutral": 0.0})}
    recipe = own("mine", "private", {"lab": {"anger": 60, "neutral": 60, "sadness": 60}})
    rows = material({"lab": spoken}, ordinary, recipe)
    head, again = (fitted_on(rows, ["lab"], recipe) for _ in range(2))
    assert np.array_equal(head.relative.weights, again.relative.weights)
    varied = replace(head, mixture=replace(head.mixture, gate=30.0))
    others = clips(["lab/g", "lab/h", "lab/i"])
    figures = acted_figures(outcome.clips(varied, replay(varied, sessions("mixed", others, recipe.affects))))
    assert isinstance(figures["forced_uar"], float)
    assert figures["forced_uar"] > 0.8


def test_what_is_not_said_is_learnt_and_dropped() -> None:
    spoken = clips([f"lab/{name}" for name in "abc"])
    recipe = replace(
        own("mine", "private", {"lab": {"anger": 30, "neutral": 30, "sadness": 30}}), says=("neutral", "sad")
    )
    head = fitted_on(material({"lab": spoken}, {}, recipe), ["lab"], recipe)
    assert head.affects == ("neutral", "sad")
    assert head.relative.weights.shape == (2, FEATURE_COUNT)


def test_ordinary_speech_is_what_everybody_is_compared_with() -> None:
    ordinary = clips([f"home/{n}" for n in range(8)], levels={"neutral": 0.0})
    everybody = everybody_of(ordinary)
    windows = np.concatenate([each.windows for each in ordinary])
    np.testing.assert_allclose(everybody.mean, windows.mean(axis=0), atol=0.5)
    shifted = replace(ordinary[0], windows=ordinary[0].windows + 30.0)
    np.testing.assert_allclose(everybody_of([*ordinary[1:], shifted]).mean, everybody.mean, atol=1.0)


def test_even_speech_varies_less_once_it_is_whitened() -> None:
    rng = np.random.default_rng(3)
    rows = (rng.normal(0, 1, (400, 6)) * np.array([9.0, 3.0, 1.0, 1.0, 1.0, 0.3])).astype(np.float32)
    spreads = (rows @ whitening([rows])).std(axis=0)
    assert spreads[0] / spreads[-1] < 0.5 * rows[:, 0].std() / rows[:, -1].std()


def test_the_subspace_holds_what_varies() -> None:
    rng = np.random.default_rng(4)
    hidden = rng.normal(0, 1, (300, 5))
    rows = (hidden @ rng.normal(0, 1, (5, 40))).astype(np.float32)
    basis = principal(rows, seed=1)
    centred = rows - rows.mean(axis=0)
    np.testing.assert_allclose(centred @ basis[:5].T @ basis[:5], centred, atol=1.5)
    np.testing.assert_allclose(basis[:5] @ basis[:5].T, np.eye(5), atol=1e-2)
