"""Utterances and their windows, from made-up voice probabilities."""

import random
from itertools import pairwise

import pytest

from classifier_worker.speech.windows.utterance import FRAME, UtteranceTracker, Window, WindowPlan

PLAN = WindowPlan(48_000, 16_000)


def frames(seconds: float) -> int:
    return round(seconds * 16_000 / FRAME)


def windows(*parts: tuple[float, float], plan: WindowPlan = PLAN, freeze: bool = False) -> list[Window]:
    """Runs (seconds, voice probability) parts and then the session's end."""
    tracker, position, found = UtteranceTracker(), 0, []
    for seconds, probability in parts:
        for _ in range(frames(seconds)):
            position += FRAME
            found.append(tracker.frame(position, probability, plan))
            if freeze:
                tracker = UtteranceTracker.thaw(tracker.freeze())
    found.append(tracker.cut(position, plan))
    return [window for window in found if window is not None]


def test_silence_has_no_windows() -> None:
    assert windows((10, 0.02)) == []


def test_long_speech_gets_a_window_each_hop() -> None:
    found = windows((1, 0), (6.2, 0.9), (2, 0))
    assert [w.end - w.start for w in found] == [48_000] * len(found)
    assert {b.end - a.end for a, b in pairwise(found)} == {16_000}
    assert found[0].fresh == 48_000
    assert {w.fresh for w in found[1:]} == {16_000}


def test_the_first_window_begins_shortly_before_the_voice() -> None:
    first = windows((2, 0), (4, 0.9), (1, 0))[0]
    assert 2 * 16_000 - 6_000 < first.start < 2 * 16_000


def test_a_short_no_is_classified() -> None:
    (window,) = windows((2, 0), (0.35, 0.95), (2, 0))
    assert window.audio_end - window.start == 16_000
    assert window.start < 2 * 16_000
    assert window.audio_end > 2.35 * 16_000
    assert 2.8 * 16_000 < window.end < 3.0 * 16_000, "due as soon as half a second of silence has passed"


def test_a_click_is_not() -> None:
    assert windows((2, 0), (0.06, 0.95), (2, 0)) == []


def test_a_short_reply_at_the_very_end_of_the_audio_counts() -> None:
    (window,) = windows((2, 0), (0.6, 0.95))
    assert window.end <= 2.6 * 16_000


def test_speech_of_two_seconds_is_one_shorter_window() -> None:
    (window,) = windows((1, 0), (2, 0.9), (1, 0))
    assert 2.3 * 16_000 < window.audio_end - window.start < 2.8 * 16_000
    assert (window.audio_end - window.start) % 1_600 == 0


def test_short_pauses_stay_within_an_utterance() -> None:
    found = windows((1, 0), (2, 0.9), (0.3, 0), (2, 0.9), (1, 0))
    assert found[0].end - found[0].start == 48_000


def test_pause_before_is_told_once_an_utterance() -> None:
    found = windows((1, 0), (5, 0.9), (2, 0), (5, 0.9), (1, 0))
    pauses = [w.pause_before for w in found if w.pause_before > 0]
    assert len(pauses) == 1
    assert abs(pauses[0] - 2.0) < 0.1


def test_at_most_one_window_a_hop() -> None:
    reply = [(0.3, 0.9), (0.55, 0.0)]
    found = windows((1, 0), *reply * 20)
    assert len(found) > 5
    assert min(b.end - a.end for a, b in pairwise(found)) >= PLAN.hop


Steps = list[tuple[Window, bool]]
"""Windows that became due, and whether each was given out."""


def lived(seed: int, plan: WindowPlan) -> Steps:
    """Ten minutes of talk at random: replies, pauses, monologues, other speakers, gaps, and a checkpoint now and then.

    Holds the tracker to what it says it needs.
    """
    rng, tracker, position, found, needed = random.Random(seed), UtteranceTracker(), 0, Steps(), 0

    def due(window: Window | None) -> None:
        if window is None:
            return
        assert needed <= window.start < window.audio_end <= window.end <= position
        assert window.audio_end - window.start <= max(plan.length, 16_000)
        began, given = window.start, True
        if rng.random() < 0.2:
            # As `attribute_window` finds it: less than 0.9 s of another voice wait, unless the utterance is over.
            began = window.audio_end - rng.randrange(0, window.audio_end - window.start)
            given = window.audio_end - began >= 14_400 or not tracker.speaking
            tracker.taken_over(began, given=given)
        found.append((window, given))

    while position < 600 * 16_000:
        probability = rng.choice((0.0, 0.0, 0.2, 0.4, 0.7, 0.95, 0.95))
        for _ in range(rng.choice((2, 4, 8, 12, 20, 30, 60, 200, 500))):
            position += FRAME
            due(tracker.frame(position, probability, plan))
            needed = tracker.needed_from(position, plan)
            assert position - needed <= plan.length + plan.hop + 32_000, "so much audio is kept at most"
            if rng.random() < 0.05:
                tracker = UtteranceTracker.thaw(tracker.freeze())
        if rng.random() < 0.1:
            due(tracker.cut(position, plan))
            position += rng.randrange(0, 20) * FRAME
            tracker.floor = needed = position
    due(tracker.cut(position, plan))
    return found


@pytest.mark.parametrize("seed", range(60))
def test_at_most_one_window_a_hop_whatever_is_said_and_however_window_and_hop_are_set(seed: int) -> None:
    rng = random.Random(seed)
    plan = WindowPlan(
        round(rng.uniform(1.0, 10.0) * 16_000), round(rng.choice((0.25, 1.0, 10.0, rng.uniform(0.25, 10.0))) * 16_000)
    )
    if seed < 3:
        plan = (WindowPlan(16_000, 160_000), WindowPlan(48_000, 48_000), WindowPlan(16_000, 16_000))[seed]
    ends = [window.end for window, given in lived(seed, plan) if given]
    assert len(ends) >= 10
    assert min(b - a for a, b in pairwise(ends)) >= plan.hop


def test_windows_never_need_audio_already_let_go_of() -> None:
    pattern = [(0.5, 0.0), (0.35, 0.9), (1.2, 0.1), (4.7, 0.9), (0.6, 0.4), (0.7, 0.0), (2.1, 0.8)]
    for plan in (PLAN, WindowPlan(16_000, 16_000), WindowPlan(48_000, 32_000), WindowPlan(80_000, 4_000)):
        tracker, position, needed = UtteranceTracker(), 0, 0
        for seconds, probability in pattern * 3:
            for _ in range(frames(seconds)):
                position += FRAME
                window = tracker.frame(position, probability, plan)
                if window is not None:
                    assert window.start >= needed
                    assert window.end <= position
                assert tracker.needed_from(position, plan) >= needed
                needed = tracker.needed_from(position, plan)


def test_freezing_changes_nothing() -> None:
    pattern = [(0.5, 0.0), (0.35, 0.9), (1.2, 0.1), (4.7, 0.9), (0.7, 0.0), (2.1, 0.8)]
    assert windows(*pattern, freeze=True) == windows(*pattern)


def taken_over(at: float, *, given: bool) -> list[Window]:
    """Ten seconds of voice; the first window that ends after `at` tells that somebody else speaks since then."""
    tracker, found, told = UtteranceTracker(), [], False
    for end in range(FRAME, 10 * 16_000, FRAME):
        window = tracker.frame(end, 0.9, PLAN)
        if window is None:
            continue
        if not told and window.end > at * 16_000:
            tracker.taken_over(round(at * 16_000), given=given)
            told = True
            if not given:
                continue
        found.append(window)
    return found


def test_the_next_windows_begin_where_another_speaker_took_over() -> None:
    found = [window for window in taken_over(4.0, given=True) if window.end > 5.1 * 16_000]
    assert found[0].start >= 4.0 * 16_000 - 1_600
    assert [(window.audio_end - window.start) % 1_600 for window in found] == [0] * len(found)
    assert found[-1].audio_end - found[-1].start == PLAN.length


def test_a_window_that_waits_comes_with_a_second_of_the_new_speaker() -> None:
    found = taken_over(4.6, given=False)
    new = next(window for window in found if window.end > 4.6 * 16_000)
    assert (new.start, new.end) == (round(4.6 * 16_000), round(5.6 * 16_000))
    assert new.fresh == 16_000
    assert new.pause_before == 0.0
    assert all(b.end - a.end >= PLAN.hop for a, b in pairwise(found))


def test_between_utterances_nobody_takes_over() -> None:
    tracker = UtteranceTracker()
    tracker.taken_over(5_000, given=False)
    assert tracker == UtteranceTracker()
