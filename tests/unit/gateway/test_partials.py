"""The partial transcript under way: what of the words channel goes to listeners, and to those that come later."""

import pytest

from gateway.events.partials import Partials
from shared.contract.event_id import EventId
from shared.contract.stored_event import StoredEvent
from tests.integration.worker_double import partial, transcript

SESSION = "0-" + "a" * 32


def heard(partials: Partials, utterance_id: str, text: str) -> bytes | None:
    found = partials.hear(partial(SESSION, utterance_id, text).encode())
    return None if found is None else found.block


def under_way(partials: Partials) -> str | None:
    return None if partials.newest is None else partials.newest.utterance_id


def stored(utterance_id: str) -> StoredEvent:
    return StoredEvent(EventId(16_000, 1), "transcript-event", transcript(SESSION, utterance_id, "So.", 0.0, 1.0))


def test_it_is_sent_as_it_came() -> None:
    data = partial(SESSION, "u1", "Dogs are")[:-1].encode() + b',"newer":1}'
    found = Partials().hear(data)
    assert found is not None
    assert found.block == b"event: transcript\ndata: " + data + b"\n\n"


def test_the_newest_is_under_way_until_its_transcript_is_stored() -> None:
    partials = Partials()
    assert under_way(partials) is None
    assert heard(partials, "u1", "Dogs") and heard(partials, "u1", "Dogs are")
    assert partials.newest is not None and b"Dogs are" in partials.newest.block
    partials.note(stored("u0"))
    assert under_way(partials) == "u1"
    partials.note(stored("u1"))
    assert under_way(partials) is None


def test_a_stored_transcript_on_the_channel_ends_it_and_is_not_sent_from_there() -> None:
    partials = Partials()
    heard(partials, "u1", "Dogs")
    assert partials.hear(stored("u1").data.encode()) is None
    assert under_way(partials) is None


def test_one_that_comes_behind_its_transcript_is_dropped() -> None:
    partials = Partials()
    partials.note(stored("u1"))
    assert heard(partials, "u1", "Dogs") is None
    assert under_way(partials) is None
    assert heard(partials, "u2", "Cats")


def test_an_empty_text_is_sent_and_ends_it() -> None:
    partials = Partials()
    heard(partials, "u1", "Dogs")
    assert heard(partials, "u0", "") is not None
    assert under_way(partials) == "u1"
    assert heard(partials, "u1", "") is not None
    assert under_way(partials) is None


def test_utterances_that_are_over_are_forgotten_in_time() -> None:
    partials = Partials()
    for n in range(10_000):
        partials.note(stored(f"u{n}"))
    assert len(partials._over) < 100
    assert heard(partials, "u9999", "late") is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no JSON",
        b"[]",
        b'{"event_type":"tone"}',
        b'{"event_type":"partial-transcript"}',
        b'{"event_type":"something new","utterance_id":"u1","text":"Dogs"}',
        partial(SESSION, "u1", "Dogs").replace(",", ",\n", 1).encode(),
        partial(SESSION, "u1", "Dogs").replace(",", ",\r", 1).encode(),
        b"\xff" + partial(SESSION, "u1", "Dogs").encode(),
    ],
)
def test_what_is_no_partial_transcript_on_one_line_is_not_sent(data: bytes) -> None:
    partials = Partials()
    assert partials.hear(data) is None
    assert under_way(partials) is None
