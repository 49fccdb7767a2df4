"""A session's queue: order, turns, and the part of a backlog held in memory."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier_worker.partition.session_queue import HELD_BYTES, HELD_CHUNKS, SessionQueue, whose_turn
from shared.contract.pcm_stream import Chunk

SECOND = 32_000


def chunk(number: int, size: int) -> Chunk:
    return Chunk(f"{number}-0", "session", 0, bytes(size))


def end(number: int) -> Chunk:
    return Chunk(f"{number}-0", "session", end="client")


def fetch(queue: SessionQueue, stream: dict[str, Chunk]) -> None:
    wanted = queue.wanted()
    queue.fetched(wanted, [stream[left.entry_id] for left in wanted if left.entry_id in stream])


def test_a_turn_is_at_most_a_second() -> None:
    queue = SessionQueue(16_000)
    for number in range(25):
        queue.take_in(chunk(number, 3200))
    assert [len(queue.turn()) for _ in range(4)] == [10, 10, 5, 0]


def test_a_turn_is_a_second_at_the_sessions_own_rate() -> None:
    queue = SessionQueue(48_000)
    for number in range(20):
        queue.take_in(chunk(number, 9600))
    assert len(queue.turn()) == 10


def test_the_oldest_chunk_that_waits_is_known_wherever_it_is() -> None:
    queue = SessionQueue(16_000)
    for number in range(8):
        queue.take_in(chunk(number, SECOND))
    assert queue.oldest == "0-0"
    for _ in range(6):
        queue.turn()
    assert not queue.held
    assert queue.oldest == "6-0", "left on the stream, and still to be heard"


def test_a_chunk_waits_behind_those_that_were_left_though_there_is_room_for_it() -> None:
    queue = SessionQueue(16_000)
    for number in range(8):
        queue.take_in(chunk(number, SECOND))
    assert [left.entry_id for left in queue.left] == ["6-0", "7-0"]
    queue.turn()
    queue.take_in(chunk(8, 2))
    assert [left.entry_id for left in queue.left] == ["6-0", "7-0", "8-0"]


def test_who_has_used_up_real_time_waits_for_those_who_have_not() -> None:
    greedy, live, empty = SessionQueue(16_000, credit=0.0), SessionQueue(16_000, credit=0.1), SessionQueue(16_000)
    greedy.take_in(chunk(1, SECOND))
    live.take_in(chunk(2, SECOND))
    assert whose_turn([greedy, live, empty]) == [live]
    live.turn()
    assert whose_turn([greedy, live, empty]) == [greedy]


def test_chunks_of_an_erased_session_are_passed_over() -> None:
    queue = SessionQueue(16_000)
    for number in range(9):
        queue.take_in(chunk(number, SECOND))
    while queue.turn():
        pass
    fetch(queue, {})
    assert queue.turn() == []
    assert queue.oldest is None


def test_frames_of_one_sample_are_bounded_too() -> None:
    queue = SessionQueue(16_000)
    stream = {one.entry_id: one for one in (chunk(number, 2) for number in range(3 * HELD_CHUNKS))}
    for one in stream.values():
        queue.take_in(one)
    assert len(queue.held) == HELD_CHUNKS
    heard = []
    while turn := queue.turn():
        heard += turn
        fetch(queue, stream)
        assert len(queue.held) <= HELD_CHUNKS
    assert heard == list(stream.values())


@pytest.mark.parametrize(
    ("capacity", "greedy_speed", "most_lag"),
    [
        (3.6, 0.9, None),  # a fourth session is too much: all four fall behind alike
        (4.5, 1.5, 2.0),
        (30.0, 27.0, 0.5),
    ],
)
def test_a_backlog_gets_what_live_sessions_leave(capacity: float, greedy_speed: float, most_lag: float | None) -> None:
    """Three live sessions and one endless backlog; `capacity` seconds of audio are heard in a second."""
    live, greedy = [SessionQueue(16_000) for _ in range(3)], SessionQueue(16_000)
    now, said, number = 0.0, 0, 0
    heard = {id(queue): 0.0 for queue in [*live, greedy]}
    lags: list[float] = []
    while now < 120.0:
        while said + 1 <= now * 10:
            for queue in live:
                queue.held.append(chunk(number, 3200))
                queue.held_bytes += 3200
            said += 1
        while len(greedy.held) < 10:
            greedy.take_in(chunk(number, 3200))
        took = 0.0
        for queue in whose_turn([*live, greedy]):
            seconds = queue.seconds(queue.turn())
            heard[id(queue)] += seconds
            took += seconds / capacity
        now += took
        for queue in [*live, greedy]:
            queue.earn(took)
        lags += [now - heard[id(queue)] for queue in live]
    assert heard[id(greedy)] / now == pytest.approx(greedy_speed, rel=0.1)
    if most_lag is None:
        assert {round(heard[id(queue)] / now, 1) for queue in live} == {0.9}
    else:
        assert max(lags[len(lags) // 4 :]) < most_lag


@given(
    st.sampled_from([8_000, 16_000, 48_000]),
    st.lists(st.tuples(st.integers(1, 48_000), st.booleans()), max_size=60),
)
def test_every_chunk_has_its_turn_once_in_order_within_the_bounds(rate: int, arrivals: list[tuple[int, bool]]) -> None:
    """Chunks of any size (at most a second), turns taken at any time."""
    queue, heard = SessionQueue(rate), []
    stream: dict[str, Chunk] = {}
    for number, (samples, turn_now) in enumerate(arrivals):
        one = chunk(number, 2 * min(samples, rate))
        stream[one.entry_id] = one
        queue.take_in(one)
        if turn_now:
            fetch(queue, stream)
            heard += queue.turn()
        assert sum(len(held.pcm) for held in queue.held) <= HELD_BYTES
    marker = end(len(arrivals))
    stream[marker.entry_id] = marker
    queue.take_in(marker)
    while queue.oldest is not None:
        fetch(queue, stream)
        turn = queue.turn()
        assert turn
        assert sum(len(one.pcm) for one in turn) <= 2 * rate
        heard += turn
    assert heard == list(stream.values())


def test_a_chunk_that_must_be_alone_is_a_turn_of_its_own() -> None:
    queue = SessionQueue(16_000)
    for number in range(5):
        queue.take_in(chunk(number, 3200))
    turns = [[c.entry_id for c in queue.turn(lambda c: c.entry_id in {"1-0", "2-0"})] for _ in range(5)]
    assert turns == [["0-0"], ["1-0"], ["2-0"], ["3-0", "4-0"], []]
    assert queue.held_bytes == 0
