"""The clustering of voices, on made-up voiceprints: cells of 0.125 s that scatter around each person's direction."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

import msgpack
import numpy as np
import pytest
from numpy.typing import NDArray

from classifier_worker.speech.speakers.diarization import (
    MOST_NAMED,
    MOST_UNNAMED,
    Speakers,
    Turn,
    attribute_window,
    speaker_id,
    trimmed,
)
from classifier_worker.speech.speakers.slices import CELL, Slice, slices
from classifier_worker.speech.speakers.voice_cluster import UNNAMED, Speaker
from classifier_worker.speech.windows.utterance import FRAME, UtteranceTracker, Window, WindowPlan

PLAN = WindowPlan(48_000, 16_000)
SECOND = 16_000
NOISE: Final = 14.0
"""Scatter of a cell, so that n cells are alike to their person by 1/√(1 + 14/n): 0.68 for 1.5 s, 0.47 for 0.5 s."""

NOBODY: Final = Speakers()

Cells = NDArray[np.float64]


def people(count: int, seed: int = 1) -> Cells:
    """Directions at right angles to each other, [count, 192]."""
    draw = np.random.default_rng(seed).standard_normal((192, count))
    return np.asarray(np.linalg.qr(draw)[0].T)


def said(direction: Cells, seconds: float, seed: int) -> Cells:
    cells = round(seconds * SECOND / CELL)
    scatter = np.random.default_rng(seed).standard_normal((cells, 192)) * np.sqrt(NOISE / 192)
    return np.asarray(direction + scatter)


def mixed(one: Cells, other: Cells, alike: float) -> Cells:
    """A direction that is alike to `one` by so much, towards `other`."""
    return np.asarray(alike * one + np.sqrt(1 - alike**2) * other)


def pooled(cells: Cells) -> NDArray[np.float32]:
    mean = cells.mean(axis=0)
    return np.asarray(np.round(mean / np.linalg.norm(mean), 4), np.float32)


def heard(cells: Cells, begin: int, end: int, fresh_from: int) -> Slice:
    mine = cells[begin // CELL : end // CELL]
    cuts = range(1, len(mine))
    return Slice(
        begin,
        fresh_from,
        (CELL / SECOND,) * len(mine),
        pooled(mine),
        np.stack([pooled(mine[:cut]) for cut in cuts]),
        np.stack([pooled(mine[cut:]) for cut in cuts]),
    )


def listen(
    turns: Sequence[Cells], state: Speakers = NOBODY, *, thaw: bool = False
) -> tuple[list[tuple[Window, Turn]], Speakers]:
    """One utterance made of turns, through the windows that the tracker finds due."""
    cells, tracker, given = np.concatenate(turns), UtteranceTracker(), []

    def due(window: Window | None) -> None:
        nonlocal state
        if window is None:
            return
        if thaw:
            state = Speakers.thaw(msgpack.unpackb(msgpack.packb(state.freeze())))
        found = [heard(cells, *bounds) for bounds in slices(window)]
        state, turn, began = attribute_window(state, window, found, last=not tracker.speaking)
        if began > window.start:
            tracker.taken_over(began, given=turn is not None)
            window = trimmed(window, began)
        if turn is not None:
            given.append((window, turn))

    length = len(cells) * CELL
    for end in range(FRAME, length + 1, FRAME):
        due(tracker.frame(end, 1.0, PLAN))
    due(tracker.cut(length // FRAME * FRAME, PLAN))
    return given, state


def numbers(given: Sequence[tuple[Window, Turn]]) -> list[int]:
    return [turn.number for _, turn in given]


def middle(window: Window) -> float:
    """Of the newest part, in seconds."""
    return (window.audio_end - window.fresh / 2) / SECOND


def test_two_people_who_alternate_have_two_ids() -> None:
    ann, ben = people(2)
    turns = [said((ann, ben)[turn % 2], 4.0, turn) for turn in range(10)]
    given, state = listen(turns)
    right = [turn.number == int(middle(window) // 4) % 2 for window, turn in given if window.end > 9 * SECOND]
    assert len(right) >= 25
    assert sum(right) >= len(right) - 1
    assert sorted(voice.number for voice in state.voices if voice.named) == [0, 1]


def test_a_window_holds_nothing_of_the_speaker_before() -> None:
    ann, ben = people(2)
    given, _ = listen([said((ann, ben)[turn % 2], 4.4, turn) for turn in range(8)])
    for window, turn in given:
        if turn.changed and window.end > 9 * SECOND:
            since = window.start / SECOND % 4.4
            assert min(since, 4.4 - since) <= 0.25, window
            assert window.audio_end - window.start >= SECOND


def test_at_most_one_window_a_hop() -> None:
    ann, ben = people(2)
    given, _ = listen([said((ann, ben)[turn % 2], 2.3, turn) for turn in range(12)])
    ends = [window.end for window, _ in given]
    assert all(later - earlier >= PLAN.hop for earlier, later in pairwise(ends))


def test_a_monologue_is_one_speaker() -> None:
    (ann,) = people(1)
    given, state = listen([said(ann, 60.0, 3)])
    assert len(given) == 58
    assert set(numbers(given)) == {0}
    assert len(state.voices) == 1
    assert not any(turn.changed for _, turn in given)


def test_a_voice_that_is_hardly_heard_is_nobody_new() -> None:
    ann, ben = people(2)
    given, state = listen([said(ann, 10.0, 1), said(ben, 0.6, 2), said(ann, 10.0, 3)])
    assert set(numbers(given)) == {0}
    assert state.names == 1


def test_doubtful_speech_is_the_last_sure_speakers_and_teaches_nothing() -> None:
    ann, ben = people(2)
    _, state = listen([said((ann, ben)[turn % 2], 4.0, turn) for turn in range(6)])
    assert state.current == 1
    both = mixed(ann, ben, np.sqrt(0.5)) * 0.5
    given, after = listen([said(both, 6.0, 9)], state)
    assert set(numbers(given)) <= {0, 1}
    assert after.names == state.names
    noise, quiet = listen([np.random.default_rng(4).standard_normal((14, 192))], state)
    assert len(noise) == 1, "1.75 s: a laugh"
    assert set(numbers(noise)) == {1}
    assert quiet.names == state.names
    assert not any(turn.sure for _, turn in noise)
    before = {voice.number: voice.total for voice in state.voices if voice.named}
    assert all(np.array_equal(voice.total, before[voice.number]) for voice in quiet.voices if voice.named)


def test_two_ids_of_one_person_are_joined_without_renaming() -> None:
    """First in two moods that are hardly alike, then in between."""
    calm, other = people(2)
    angry, between = mixed(calm, other, 0.1), mixed(calm, other, 0.75)
    early, state = listen([said(calm, 8.0, 1), said(angry, 8.0, 2)])
    assert set(numbers(early)) == {0, 1}
    late: list[tuple[Window, Turn]] = []
    for seed in range(6):
        given, state = listen([said(between, 8.0, 10 + seed)], state)
        late += given
    joined = [turn for _, turn in late if turn.joined]
    assert [turn.joined for turn in joined] == [((1, 0),)]
    assert joined[0].number == 0
    assert joined[0].known == (0,)
    after = late[late.index(next(item for item in late if item[1].joined)) :]
    assert set(numbers(after)) == {0}
    assert state.names == 2, "an id is never given again"
    assert set(numbers(early)) == {0, 1}, "what was sent stays as it was"


def test_two_people_under_one_id_are_divided() -> None:
    ann, ben = people(2)
    _, state = listen([said(ann, 12.0, 1)])
    prints = [pooled(said(person, 1.5, seed)) for seed, person in enumerate([ann] * 8 + [ben] * 6)]
    (voice,) = state.voices
    for voiceprint in prints:
        voice = voice.heard(voiceprint, 1.0, voice.last, keep=True)
    given, after = listen([said(ann, 5.0, 3)], replace(state, voices=(voice,)))
    assert after.names == 2
    alike = {each.number: round(float(each.centre @ ann), 2) for each in after.voices}
    assert alike[0] > 0.7, "the one heard more keeps the id"
    assert alike[1] < 0.3
    assert set(numbers(given)) == {0}
    later, after = listen([said(ben, 5.0, 4)], after)
    assert set(numbers(later)) == {1}


def test_one_persons_scatter_is_not_divided() -> None:
    (ann,) = people(1)
    voice = Speaker.first_heard(0, 0, pooled(said(ann, 1.5, 0)), 1.5, 0)
    for seed in range(1, 40):
        voice = voice.heard(pooled(said(ann, 1.5, seed)), 1.0, 0, keep=True)
        assert voice.divided(1, 1) is None


def test_the_state_is_bounded_and_lets_go_of_who_was_not_heard_for_longest() -> None:
    crowd = people(10)
    given, state = listen([said(person, 6.0, seed) for seed, person in enumerate(crowd)])
    named = sorted(voice.number for voice in state.voices if voice.named)
    assert len(named) == MOST_NAMED
    assert named == list(range(10))[-MOST_NAMED:]
    assert sum(not voice.named for voice in state.voices) <= MOST_UNNAMED
    assert given[-1][1].known == tuple(named)
    back, state = listen([said(crowd[0], 6.0, 50)], state)
    assert back[-1][1].number == 10, "who comes back after being let go of is somebody new"
    for seed in range(30):
        _, state = listen([said(crowd[seed % 6], 5.0, 100 + seed)], state)
    assert len(msgpack.packb(state.freeze())) <= 45_000


def test_a_frozen_session_goes_on_exactly() -> None:
    ann, ben, eve = people(3)
    turns = [said((ann, ben, eve)[turn % 3], 3.3, turn) for turn in range(12)]
    straight, state = listen(turns)
    thawed, again = listen(turns, thaw=True)
    assert thawed == straight
    assert msgpack.packb(again.freeze()) == msgpack.packb(state.freeze())


def test_an_unnamed_voice_is_forgotten() -> None:
    ann, ben = people(2)
    _, state = listen([said(ann, 10.0, 1), said(ben, 0.9, 2), said(ann, 3.0, 3)])
    assert [voice.number for voice in state.voices] == [0, UNNAMED]
    _, state = listen([said(ann, 50.0, 4)], state)
    assert [voice.number for voice in state.voices] == [0]


def test_nothing_to_tell_a_voice_by_is_the_last_speakers() -> None:
    state, turn, began = attribute_window(Speakers(), Window(0, 16_000, 16_000, 16_000, 0.0), [], last=True)
    assert turn == Turn(0, sure=False, changed=False)
    assert began == 0
    assert state.voices == ()


@pytest.mark.parametrize(("number", "name"), [(0, "a"), (1, "b"), (25, "z"), (26, "aa"), (51, "az"), (52, "ba")])
def test_ids_are_letters(number: int, name: str) -> None:
    assert speaker_id(number) == f"speaker_{name}"
