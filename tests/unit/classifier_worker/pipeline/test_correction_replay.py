"""A correction applies in order with the audio, however the stream is cut, replayed or taken over."""

import random
from collections.abc import Sequence
from dataclasses import replace

import orjson
import pytest

from classifier_worker.pipeline.checkpoint import freeze, open_hearing
from classifier_worker.pipeline.session_pipeline import LONGEST_PAUSE_MS, advance, look
from classifier_worker.poison.trial_process import Case, try_alone
from classifier_worker.speech.backend import Backend
from classifier_worker.speech.mock_backend import MockBackend
from shared.contract.correction import Correct, TakeBack
from shared.contract.entry_id import order
from shared.contract.pcm_stream import Chunk
from shared.contract.session import Session
from shared.contract.stored_event import StoredEvent
from shared.settings import Settings
from tests.unit.classifier_worker.pipeline.test_hearing import SESSION, chunks, listen, listen_with_crashes, speech

RECORD = Session(started_at=0.0)
WRONG = Correct(
    event_id="48000-1", affect="neutral", speaker_id="speaker_a", scores={"sad": 0.6, "calm": 0.3, "neutral": 0.1}
)


@pytest.fixture(scope="module")
def backend() -> Backend:
    return MockBackend(Settings(_env_file=None))


def renumbered(stream: Sequence[Chunk]) -> list[Chunk]:
    return [replace(chunk, entry_id=f"{1000 + number}-0") for number, chunk in enumerate(stream)]


def told(*requests: Correct | TakeBack) -> list[Chunk]:
    return [Chunk("0-0", SESSION, correction=request.model_dump_json()) for request in requests]


def with_corrections(plain: Sequence[Chunk]) -> list[Chunk]:
    """Some while the audio goes on, one of them twice, one changed, one taken back."""
    other = WRONG.model_copy(update={"event_id": "64000-1", "affect": "warm"})
    changed = WRONG.model_copy(update={"affect": "calm"})
    back = TakeBack(event_id="64000-1")
    return renumbered(
        [
            *plain[:15],
            *told(WRONG, WRONG),
            *plain[15:25],
            *told(other),
            *plain[25:35],
            *told(changed),
            *plain[35:45],
            *told(back),
            *plain[45:],
        ]
    )


def tones(events: Sequence[StoredEvent]) -> list[dict[str, object]]:
    return [orjson.loads(event.data) for event in events if event.kind == "tone-event"]


def verdicts(events: Sequence[StoredEvent]) -> list[tuple[str, str]]:
    found = [orjson.loads(event.data) for event in events if event.kind == "correction"]
    return [(verdict["event_id"], verdict["outcome"]) for verdict in found]


@pytest.mark.parametrize("rate", [16000, 44100])
def test_crashes_and_replays_change_no_byte(backend: Backend, rate: int) -> None:
    record = Session(started_at=0.0, sample_rate=rate)
    for seed in range(3):
        stream = with_corrections(chunks(speech(rate, 25), random.Random(seed), holes=True))
        undisturbed = listen(backend, record, stream, [7])
        assert len(verdicts(undisturbed)) == 4
        assert listen(backend, record, stream, [1, 3, 40]) == undisturbed
        for crash_seed in range(4):
            assert listen_with_crashes(backend, record, stream, random.Random(crash_seed)) == undisturbed


def test_readings_change_at_once_and_the_same_correction_applies_once(backend: Backend) -> None:
    plain = chunks(speech(16000, 25), random.Random(1))
    before, after = (tones(listen(backend, RECORD, stream, [5])) for stream in (plain, with_corrections(plain)))
    first = next(number for number, (one, two) in enumerate(zip(before, after, strict=True)) if one != two)
    assert first > 0, "what was said before stays as it was"
    assert [tone["timestamp"] for tone in before] == [tone["timestamp"] for tone in after]
    once, twice = (
        listen(backend, RECORD, renumbered([*plain[:15], *told(*requests), *plain[15:]]), [5])
        for requests in ([WRONG], [WRONG, WRONG, WRONG])
    )
    assert once == twice
    assert verdicts(once) == [("48000-1", "accepted")]


def test_what_is_undone_no_longer_applies(backend: Backend) -> None:
    plain = chunks(speech(16000, 25), random.Random(1))
    back = TakeBack(event_id=WRONG.event_id)
    stream = renumbered([*plain[:5], *told(WRONG, back), *plain[5:]])
    events = listen(backend, RECORD, stream, [5])
    assert verdicts(events) == [("48000-1", "accepted"), ("48000-1", "taken_back")]
    assert tones(events) == tones(listen(backend, RECORD, plain, [5]))


def test_a_chunk_heard_in_another_process_may_be_a_correction(backend: Backend) -> None:
    plain = chunks(speech(16000, 10), random.Random(1))
    stream = renumbered([*plain[:30], *told(WRONG), *plain[30:]])
    hearing = open_hearing(SESSION, RECORD, None, backend)
    (first,) = advance(backend, [(hearing, stream[:30])])
    case = Case(stream[30], 16000, elcor=False, checkpoint=freeze(hearing, backend, alone=True))
    heard = try_alone(backend, Case.from_dict(case.to_dict()))
    goes_on = open_hearing(SESSION, RECORD, heard.checkpoint, backend)
    (rest,) = advance(backend, [(goes_on, stream[31:])])
    assert [*first.events, *heard.events, *rest.events] == listen(backend, RECORD, stream, [4])


def test_a_correction_keeps_no_audio_beyond_its_time(backend: Backend) -> None:
    raw = speech(16000, 2.5) | 1
    told_late = Chunk(f"{5000 + LONGEST_PAUSE_MS - 10}-0", SESSION, correction=WRONG.model_dump_json())
    hearing = open_hearing(SESSION, RECORD, None, backend)
    advance(backend, [(hearing, [Chunk("5000-0", SESSION, 0, raw.tobytes()), told_late])])
    assert hearing.holds_audio()
    advance(backend, [(hearing, [look(SESSION, 5001 + LONGEST_PAUSE_MS)])])
    assert not hearing.holds_audio()
    assert order(hearing.included) == order(told_late.entry_id)


def test_entries_are_read_as_they_were_written_and_bad_ones_are_named() -> None:
    good = WRONG.model_dump_json()
    fields = {b"s": SESSION.encode(), b"c": good.encode()}
    assert Chunk.from_entry(b"7-0", fields) == Chunk("7-0", SESSION, correction=good)
    unknown, long = good.encode().replace(b"neutral", b"grumpy"), b" " * 50_000 + good.encode()
    for bad in (b"", b"{}", b"\xff", b"[1]", unknown, long):
        assert Chunk.from_entry(b"7-0", {b"s": SESSION.encode(), b"c": bad}).fault == "its correction cannot be read"


def test_corrections_change_nothing_where_only_what_is_measured_is_said(backend: Backend) -> None:
    facts = Session(started_at=0.0, began_ms=1000, facts=True)
    stream = [look(SESSION, 9000), *told(WRONG), Chunk("0-0", SESSION, end="client")]
    numbered = [replace(chunk, entry_id=f"{9000 + number}-0") for number, chunk in enumerate(stream)]
    hearing = open_hearing(SESSION, facts, None, backend)
    events = [event for chunk in numbered for event in advance(backend, [(hearing, [chunk])])[0].events]
    assert verdicts(events) == [("48000-1", "not_said")] and not tones(events)
    assert hearing.state.corrections.own == () and hearing.state.facts
