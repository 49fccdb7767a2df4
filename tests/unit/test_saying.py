"""What is said of clips one after another: smoothed as live, each window with its confidence, each clip by itself."""

import math
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier_worker.speech.baseline import Everybody
from classifier_worker.speech.smoothing import Smoother, smooth
from classifier_worker.speech.tone_head import ToneHead
from classifier_worker.speech.variety import Variety
from tests.unit.clips import AFFECTS, clips
from training.listening import listen
from training.saying import PAUSE, Heard, Said, hear, joined_said, said, smoothed

WIDTH = 12
VARIED = Variety((0.0, 0.0, 0.0), 1e6, 100.0)
FIELDS = ("truth", "answer", "confidence", "seconds", "clip")


@pytest.fixture
def head() -> ToneHead:
    rng = np.random.default_rng(2)
    everybody = Everybody(np.zeros(WIDTH, np.float32), np.full(WIDTH, 2.0, np.float32))
    return ToneHead(
        ("neutral", "sad", "frustrated"), rng.normal(0, 0.4, (3, WIDTH)), np.zeros(3), 0.9, 0.6, everybody, 9.0
    )


def heard(truth: str, windows: int, seed: int, number: int = 0) -> Heard:
    logits, others = np.random.default_rng(seed).normal(0, 2, (2, windows, 3))
    variety = Variety((0.0, 0.0, 0.0), 5.0, 4.0)
    return Heard(truth, logits, others, 1.0 + windows, 1.0 / (1 + number), variety, number)


def given(confidence: list[float], clip: list[int], answer: str = "sad", seconds: float = 2.0) -> Said:
    count = len(confidence)
    return Said(
        np.full(count, "sad"),
        np.full(count, answer),
        np.array(confidence),
        np.full(count, seconds),
        np.array(clip, np.intp),
    )


def test_smoothing_is_the_workers_own(head: ToneHead) -> None:
    """Two people; the windows of a clip follow one another, clips after a pause, and a new person begins afresh."""
    people = [
        [heard("sad", 3, 1), heard("neutral", 1, 2, 1), heard("sad", 2, 3, 2)],
        [heard("frustrated", 2, 4), heard("sad", 4, 5, 1)],
    ]
    expected: list[tuple[str, str, float, float, int]] = []
    number = 0
    for person in people:
        state = Smoother()
        for clip in person:
            doubt = clip.variety.doubt(head.variety)
            assert 0.1 < doubt < 0.9
            probabilities = head.calibrate(clip.logits, clip.everybody, clip.strangeness, doubt)
            for window in range(len(probabilities)):
                gap = PAUSE if window == 0 else 0.0
                state, scores, place = smooth(state, probabilities[window].tolist(), gap)
                expected.append((clip.truth, head.affects[place], scores[place], clip.seconds, number))
            number += 1
    result = said(head, people)
    assert list(zip(*(getattr(result, name).tolist() for name in FIELDS), strict=True)) == expected
    assert [row[0] for row in smoothed(head, people)] == [0, 0, 0, 1, 2, 2, 3, 3, 4, 4, 4, 4]


def test_a_stranger_is_answered_with_caution(head: ToneHead) -> None:
    logits = np.array([[3.0, 0.0, 0.0]])
    stranger, known = (said(head, [[Heard("neutral", logits, logits, 2.0, s, VARIED, 0)]]) for s in (1.0, 0.02))
    assert stranger.confidence[0] == pytest.approx(1 / (1 + 2 * math.exp(-3.0 / 1.5)), abs=1e-5)
    assert known.confidence[0] > stranger.confidence[0] + 0.1


def test_a_floor_that_nobody_reaches_leaves_nothing_said() -> None:
    everything = given([0.3, 0.5, 0.59, 0.4], [0, 0, 1, 2])
    assert everything.coverage(0.6) == 0.0
    assert math.isnan(everything.accuracy_over(0.6))
    assert len(everything.over(0.6).truth) == 0
    assert everything.coverage(0.59) == pytest.approx(1 / 3)


def test_a_clip_is_covered_once_however_many_of_its_windows_are_said() -> None:
    windows = given([0.9, 0.9, 0.9, 0.2, 0.7, 0.1], [0, 0, 0, 0, 1, 2])
    assert windows.coverage(0.6) == pytest.approx(2 / 3)


def test_of_nothing_there_is_no_coverage(head: ToneHead) -> None:
    for nothing in (said(head, []), said(head, [[], []])):
        assert math.isnan(nothing.coverage(0.6))
        assert math.isnan(nothing.calibration_error())
        assert nothing.clip.dtype == np.intp


def test_what_is_chosen_keeps_its_clips() -> None:
    windows = given([0.9, 0.5, 0.7], [4, 5, 5])
    sure = windows.over(0.6)
    assert isinstance(sure, Said)
    assert sure.clip.tolist() == [4, 5]
    long = windows.lasting(3.0)
    assert isinstance(long, Said)
    assert len(long.clip) == 0


def test_joined_keeps_clips_apart() -> None:
    first, second = given([0.9, 0.2, 0.3], [0, 0, 1]), given([0.8, 0.1, 0.1], [0, 1, 1])
    whole = joined_said([first, given([], []), second])
    assert whole.clip.tolist() == [0, 0, 1, 2, 3, 3]
    assert whole.coverage(0.6) == pytest.approx(2 / 4)
    assert whole.confidence.tolist() == [0.9, 0.2, 0.3, 0.8, 0.1, 0.1]
    assert first.clip.tolist() == [0, 0, 1], "what was given stays as it is"
    assert len(joined_said([given([], [])]).clip) == 0


def test_clips_come_in_seeded_orders_from_a_cold_start(head: ToneHead) -> None:
    spoken = clips(["lab/a", "lab/b"], 5, width=WIDTH, windows=2)
    people = hear(head, spoken, AFFECTS, orders=3)
    assert len(people) == 3 * 2
    for person in people:
        assert [clip.number for clip in person] == list(range(15))
        assert person[0].strangeness == 1.0
        assert all(later.strangeness < earlier.strangeness for earlier, later in pairwise(person))
        assert sorted(clip.truth for clip in person) == sorted([*AFFECTS.values()] * 5)
    truths = [tuple(clip.truth for clip in person) for person in people[::2]]
    assert len(set(truths)) == 3, "every order is another"
    again = hear(head, spoken, AFFECTS, orders=3)
    assert all(
        np.array_equal(one.logits, other.logits)
        for a, b in zip(people, again, strict=True)
        for one, other in zip(a, b, strict=True)
    )


def test_what_is_heard_is_what_listening_normalised(head: ToneHead) -> None:
    """With one clip there is one order."""
    spoken = clips(["lab/a"], 1, levels={"anger": 1.0}, width=WIDTH, windows=3)
    ((clip,),) = hear(head, spoken, AFFECTS, orders=1)
    (relative,) = listen(spoken, head.everybody)
    np.testing.assert_array_equal(clip.logits, head.logits(relative.windows))
    np.testing.assert_array_equal(clip.everybody, head.logits(relative.standard))
    assert (clip.truth, clip.seconds, clip.strangeness) == ("frustrated", 4.0, 1.0)


def test_clips_that_the_head_has_no_word_for_are_not_heard(head: ToneHead) -> None:
    """Nor do they teach the baseline anything."""
    known = clips(["lab/a"], 3, levels={"anger": 1.0}, width=WIDTH)
    others = clips(["lab/a", "lab/b"], 3, levels={"surprise": 5.0, "boredom": 9.0}, width=WIDTH)
    meaning = {**AFFECTS, "surprise": "surprised"}

    def logits(people: list[list[Heard]]) -> list[NDArray[np.float64]]:
        return [clip.logits for person in people for clip in person]

    alone, among_others = hear(head, known, meaning, 2), hear(head, [*others, *known], meaning, 2)
    assert len(among_others) == 2
    np.testing.assert_array_equal(logits(among_others), logits(alone))
