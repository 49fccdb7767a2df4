"""What a head answers when it may say only some affects, and what is counted of it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier_worker.speech.baseline import Everybody, SpeakerBaseline
from classifier_worker.speech.tone_head import ToneHead, softmax
from classifier_worker.speech.variety import Variety
from tests.unit.clips import AFFECTS, clips
from training.answering import among, answers, four_and_all, measure, together
from training.recipe import FOUR
from training.saying import Heard
from training.sessions import UNEVEN

WIDTH = 12
PEOPLE = ["lab/a", "lab/b", "lab/c"]


@pytest.fixture
def head() -> ToneHead:
    rng = np.random.default_rng(2)
    everybody = Everybody(np.zeros(WIDTH, np.float32), np.full(WIDTH, 2.0, np.float32))
    weights, bias = rng.normal(0, 0.4, (5, WIDTH)), rng.normal(0, 0.4, 5)
    return ToneHead(("neutral", "calm", "sad", "frustrated", "surprised"), weights, bias, 1.2, 0.5, everybody, 8.0)


def rows(count: int) -> NDArray[np.float32]:
    return np.random.default_rng(3).normal(0, 1, (count, WIDTH)).astype(np.float32)


def test_among_keeps_the_rows_of_what_may_be_said_in_the_heads_order(head: ToneHead) -> None:
    some = among(head, ("surprised", "neutral", "frustrated"))
    assert some.affects == ("neutral", "frustrated", "surprised")
    np.testing.assert_array_equal(some.weights, head.weights[[0, 3, 4]])
    np.testing.assert_array_equal(some.bias, head.bias[[0, 3, 4]])
    assert (some.temperature, some.caution, some.everybody) == (head.temperature, head.caution, head.everybody)
    np.testing.assert_array_equal(some.logits(rows(4)), head.logits(rows(4))[:, [0, 3, 4]])
    assert 0.6 * head.variety < some.variety < head.variety, "fewer affects lie less far apart"


def test_among_ignores_what_the_head_does_not_know_and_what_is_named_twice(head: ToneHead) -> None:
    assert among(head, ("warm", "sad", "sad")).affects == ("sad",)
    assert among(head, ("warm",)).affects == ()
    whole = among(head, iter(head.affects))
    assert whole.affects == head.affects
    np.testing.assert_array_equal(whole.weights, head.weights)


def test_the_odds_between_two_affects_do_not_depend_on_what_else_may_be_said(head: ToneHead) -> None:
    baseline = SpeakerBaseline.cold(WIDTH).updated(rows(1)[0], 6.0)
    everything, two = (some.probabilities(rows(9), baseline, 0.0) for some in (head, among(head, ("sad", "calm"))))
    np.testing.assert_allclose(two[:, 1] / two[:, 0], everything[:, 2] / everything[:, 1], rtol=1e-3)
    np.testing.assert_allclose(two.sum(axis=1), 1.0, atol=2e-6)


def test_a_clip_is_answered_by_the_mean_of_its_windows(head: ToneHead) -> None:
    """One sure window outweighs two that lean the other way a little."""
    three = among(head, ("neutral", "sad", "frustrated"))
    varied = Variety((0.0,) * 3, 1e9, 100.0)
    logits = np.array([[0.5, 0.0, -9.0], [0.5, 0.0, -9.0], [-9.0, 9.0, -9.0]])
    heard = [
        [
            Heard("sad", logits, logits, 5.0, 0.25, varied, 0),
            Heard("neutral", logits[:1], logits[:1], 2.0, 0.2, varied, 1),
        ]
    ]
    given = answers(three, heard)
    assert given.truth.tolist() == ["sad", "neutral"]
    assert given.answer.tolist() == ["sad", "neutral"]
    assert given.seconds.tolist() == [5.0, 2.0]
    first = softmax(logits / (1.2 + 0.5 * 0.25)).mean(axis=0)
    assert given.confidence[0] == pytest.approx(first[1])


def test_only_clips_that_mean_what_may_be_said_are_measured(head: ToneHead) -> None:
    spoken = clips(PEOPLE, 4, width=WIDTH, windows=2)
    measured = measure(head, spoken, AFFECTS, ("sad", "neutral"), orders=3)
    assert set(measured.answers.truth) == {"sad", "neutral"}
    assert set(measured.answers.answer) <= {"sad", "neutral"}
    clips_heard = 3 * len(PEOPLE) * 4 * 2
    assert len(measured.answers.truth) == clips_heard
    assert len(measured.said.truth) == 2 * clips_heard, "one entry a window"
    assert len(np.unique(measured.said.clip)) == clips_heard


def test_clips_without_a_meaning_are_left_out(head: ToneHead) -> None:
    measured = measure(head, clips(PEOPLE, 4, width=WIDTH), {"anger": "frustrated"}, head.affects, orders=1)
    assert set(measured.answers.truth) == {"frustrated"}
    assert len(measured.answers.truth) == 4 * len(PEOPLE)


def test_nothing_measured_is_nothing_said(head: ToneHead) -> None:
    measured = measure(head, [], AFFECTS, head.affects)
    assert len(measured.answers.truth) == len(measured.said.truth) == len(measured.said.clip) == 0


def test_measuring_again_gives_the_same(head: ToneHead) -> None:
    spoken = clips(PEOPLE, 4, width=WIDTH)
    one, again = (measure(head, spoken, AFFECTS, head.affects, orders=2) for _ in range(2))
    np.testing.assert_array_equal(one.answers.confidence, again.answers.confidence)
    np.testing.assert_array_equal(one.said.confidence, again.said.confidence)
    # The orders differ, and with them what each clip is heard against.
    first, second = np.split(one.answers.confidence, 2)
    assert not np.array_equal(first, second)


def test_four_and_all_allow_different_answers(head: ToneHead) -> None:
    spoken = clips(PEOPLE, 4, levels={"anger": 1.0, "neutral": 0.0, "surprise": 2.0}, width=WIDTH)
    views = four_and_all(head, spoken, {**AFFECTS, "surprise": "surprised"})
    assert set(views) == {f"{which}{kind}" for which in ("four", "all") for kind in ("", *(f", {k}" for k in UNEVEN))}
    assert set(views["four"].answers.truth) == {"neutral", "frustrated"}
    assert set(views["four"].answers.answer) <= set(FOUR)
    assert set(views["all"].answers.truth) == {"neutral", "frustrated", "surprised"}


def test_together_counts_everybodys_clips_apart(head: ToneHead) -> None:
    parts = [measure(head, clips([person], 2, width=WIDTH), AFFECTS, head.affects, orders=1) for person in PEOPLE]
    whole = together(parts)
    assert len(whole.answers.truth) == sum(len(part.answers.truth) for part in parts) == 18
    assert len(np.unique(whole.said.clip)) == 18
    np.testing.assert_array_equal(whole.answers.confidence, np.concatenate([part.answers.confidence for part in parts]))


def test_a_model_of_none_of_the_four_affects_is_measured_on_none_of_them(head: ToneHead) -> None:
    """Somebody's own model may know calm and surprised alone."""
    own = among(head, ("calm", "surprised"))
    spoken = clips(PEOPLE, 4, levels={"calm": 0.0, "surprise": 1.0}, width=WIDTH)
    views = four_and_all(own, spoken, {"calm": "calm", "surprise": "surprised"})
    assert len(views["four"].answers.truth) == 0
    assert len(views["all"].answers.truth) > 0
