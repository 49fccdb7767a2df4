"""Messages that are too long are skipped, and incomplete messages have a budget."""

from collections.abc import Callable
from functools import partial

import pytest
from websockets.frames import Close, CloseCode, Frame, Opcode
from websockets.protocol import Protocol, State

from gateway.server.websocket_messages import PatientProtocol, Unfinished


def wire(opcode: Opcode, size: int, *, fin: bool = True) -> bytes:
    return Frame(opcode, bytes(size), fin).serialize(mask=True)


@pytest.fixture
def link() -> PatientProtocol:
    """An open connection that takes messages of 1,000 bytes."""
    link = PatientProtocol(max_size=1_000)
    link.state = State.OPEN
    link.parser = Protocol.parse(link)
    next(link.parser)
    return link


def sizes(link: PatientProtocol) -> list[int]:
    return [len(event.data) for event in link.events_received() if isinstance(event, Frame)]


@pytest.mark.parametrize("cut", [3, 9, 500, 5_000])
def test_nothing_of_an_over_long_message_is_kept_and_what_came_before_it_is(link: PatientProtocol, cut: int) -> None:
    long = wire(Opcode.BINARY, 5_000)
    link.receive_data(wire(Opcode.BINARY, 10) + long[:cut])
    assert sizes(link) == [10]
    assert len(link.reader.buffer) < 10
    link.receive_data(long[cut:] + wire(Opcode.BINARY, 20))
    assert (sizes(link), len(link.reader.buffer), link.over_long) == ([], 0, True)
    link.receive_data(Frame(Opcode.CLOSE, Close(CloseCode.NORMAL_CLOSURE, "").serialize()).serialize(mask=True))
    assert link.state is not State.OPEN


def test_an_over_long_message_in_pieces_is_read_past_too(link: PatientProtocol) -> None:
    link.receive_data(wire(Opcode.BINARY, 600, fin=False) + wire(Opcode.CONT, 600, fin=False))
    link.receive_data(wire(Opcode.CONT, 600))
    assert (sizes(link), len(link.reader.buffer), link.over_long) == ([600], 0, True)


def test_the_oldest_half_is_given_up_when_there_is_no_room() -> None:
    given_up: list[str] = []
    ways: dict[str, Callable[[], None]] = {name: partial(given_up.append, name) for name in "abc"}
    unfinished = Unfinished(100)
    for name, size in (("a", 40), ("b", 40), ("a", 0), ("a", 20), ("b", 50), ("c", 30)):
        unfinished.note(ways[name], size)
    assert (given_up, unfinished.total) == ([], 100)
    unfinished.note(ways["c"], 31)
    assert (given_up, unfinished.total) == (["b"], 51)
    unfinished.note(ways["b"], 0)
    assert unfinished.total == 51
