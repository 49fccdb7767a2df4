"""Training: figures mean what they say, nobody is trained and tested on, and nothing depends on chance."""

import numpy as np
import pytest

from classifier_worker.speech.baseline import SpeakerBaseline
from shared.tone_event import Affect
from training.answering import answers
from training.features import Spoken
from training.fit import fit, folds
from training.listening import listen
from training.metrics import Answers

WIDTH = 2304
AFFECTS: dict[str, Affect] = {"anger": "frustrated", "neutral": "neutral", "sadness": "sad"}


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


def clip(speaker: str, emotion: str, level: float, seed: int) -> Spoken:
    """One window: a tone moves every feature in its own direction, but speakers differ twice as much."""
    own = 2.0 * np.random.default_rng(ord(speaker)).standard_normal(WIDTH)
    tone = level * np.random.default_rng(1).choice([-1.0, 1.0], WIDTH)
    features = own + tone + np.random.default_rng(seed).standard_normal(WIDTH)
    return Spoken(speaker, emotion, "clean", features[None].astype(np.float32), (2.0,))


def voices(names: str) -> list[Spoken]:
    return [
        clip(name, emotion, level, 100 * ord(name) + number)
        for name in names
        for number in range(10)
        for emotion, level in (("anger", 1.0), ("neutral", 0.0), ("sadness", -1.0))
    ]


def test_nobody_is_trained_and_tested_on() -> None:
    for train, test in folds(voices("abcd")):
        assert {c.speaker for c in train}.isdisjoint({c.speaker for c in test})
        assert len(train) + len(test) == len(voices("abcd"))


def test_a_clip_is_judged_before_the_baseline_takes_it_in() -> None:
    cold = SpeakerBaseline.cold(np.zeros(WIDTH, np.float32), np.ones(WIDTH, np.float32))
    first, second = clip("a", "anger", 2.0, 1), clip("a", "sadness", -2.0, 2)
    heard = listen([first, second], cold)
    assert np.array_equal(heard[0].windows, cold.normalise(first.windows))
    assert np.array_equal(heard[1].windows, cold.updated(first.windows[0], 2.0).normalise(second.windows))


def test_training_learns_tone_relative_to_the_speaker_and_repeats_itself() -> None:
    """Heard against their own baselines, speakers never trained on become comparable."""
    head, again = (fit(voices("abcdef"), AFFECTS, seed=3) for _ in range(2))
    assert np.array_equal(head.weights, again.weights)
    heard = answers(head, voices("ghi"), AFFECTS, ("frustrated", "neutral", "sad"), orders=3)
    assert heard.uar() > 0.8
