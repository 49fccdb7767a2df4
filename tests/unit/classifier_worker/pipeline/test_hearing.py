"""A session's events do not depend on how its audio was cut, read or replayed."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import msgpack
import numpy as np
import orjson
import pytest
from numpy.typing import NDArray

from classifier_worker.pipeline.checkpoint import freeze, open_hearing
from classifier_worker.pipeline.hearing import Hearing
from classifier_worker.pipeline.session_pipeline import LONGEST_PAUSE_MS, advance, look
from classifier_worker.speech.backend import Backend
from classifier_worker.speech.mock_backend import MockBackend
from shared.contract.entry_id import order
from shared.contract.event_id import EventId
from shared.contract.pcm_stream import Chunk
from shared.contract.session import Session
from shared.contract.stored_event import StoredEvent
from shared.settings import Settings

SESSION = "0-" + "a" * 32


@pytest.fixture(scope="module")
def backend() -> Backend:
    return MockBackend(Settings(_env_file=None))


def speech(rate: int, seconds: float) -> NDArray[np.int16]:
    """Noise bursts with pauses, so that there is something to tell apart."""
    draw = np.random.default_rng(rate)
    loudness = np.repeat(draw.choice([0, 300, 3000, 9000], int(seconds * 2) + 1), rate // 2)[: int(rate * seconds)]
    return np.asarray((draw.standard_normal(len(loudness)) * loudness).clip(-32768, 32767), np.int16)


def chunks(raw: NDArray[np.int16], draw: random.Random, *, holes: bool = False) -> list[Chunk]:
    """The audio in frames of odd sizes, some sent twice, some never; then the end marker."""
    cuts = sorted({0, len(raw), *draw.sample(range(1, len(raw)), 60)})
    stream: list[Chunk] = []
    for begin, end in pairwise(cuts):
        if holes and draw.random() < 0.1:
            continue
        repeated = draw.randrange(0, 2000) if draw.random() < 0.2 else 0
        start = max(0, begin - repeated)
        stream.append(Chunk(f"{1000 + len(stream)}-0", SESSION, start, raw[start:end].tobytes()))
    return [*stream, Chunk(f"{1000 + len(stream)}-0", SESSION, end="client")]


def listen(backend: Backend, record: Session, stream: Sequence[Chunk], reads: Sequence[int]) -> list[StoredEvent]:
    """Undisturbed, reading `reads` chunks at a time."""
    hearing, events, place, step = open_hearing(SESSION, record, None, backend), [], 0, 0
    while place < len(stream):
        size = reads[step % len(reads)]
        (outcome,) = advance(backend, [(hearing, stream[place : place + size])])
        events += outcome.events
        place, step = place + size, step + 1
    return events


def listen_with_crashes(
    backend: Backend, record: Session, stream: Sequence[Chunk], draw: random.Random
) -> list[StoredEvent]:
    """Commits now and then, dies now and then, and goes on from checkpoint and oldest chunk needed."""
    committed: list[StoredEvent] = []
    checkpoint, cursor = None, stream[0].entry_id
    hearing: Hearing = open_hearing(SESSION, record, None, backend)
    pending: list[StoredEvent] = []
    place = 0
    while place < len(stream):
        size = draw.randint(1, 6)
        (outcome,) = advance(backend, [(hearing, stream[place : place + size])])
        pending += outcome.events
        place += size
        refilled = order(stream[min(place, len(stream)) - 1].entry_id) >= order(hearing.included)
        if outcome.ended or (refilled and draw.random() < 0.4):
            committed, pending = committed + pending, []
            if outcome.ended:
                break
            checkpoint = freeze(hearing, backend, alone=draw.random() < 0.2)
            cursor = hearing.needed or stream[place].entry_id
        if draw.random() < 0.2:
            hearing, pending = open_hearing(SESSION, record, checkpoint, backend), []
            place = next(n for n, chunk in enumerate(stream) if chunk.entry_id == cursor)
    return committed


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 48000])
@pytest.mark.parametrize("holes", [False, True])
def test_crashes_and_replays_change_no_byte(backend: Backend, rate: int, holes: bool) -> None:
    record = Session(started_at=0.0, sample_rate=rate)
    for seed in range(3):
        stream = chunks(speech(rate, 25), random.Random(seed), holes=holes)
        undisturbed = listen(backend, record, stream, [7])
        assert len(undisturbed) > 5
        assert listen(backend, record, stream, [1, 3, 40]) == undisturbed
        for crash_seed in range(4):
            assert listen_with_crashes(backend, record, stream, random.Random(crash_seed)) == undisturbed


def test_crashes_and_replays_change_no_byte_of_measured_facts(backend: Backend) -> None:
    record = Session(started_at=0.0, facts=True)
    for seed in range(3):
        stream = chunks(speech(16000, 40), random.Random(seed), holes=True)
        undisturbed = listen(backend, record, stream, [7])
        facts = [orjson.loads(event.data) for event in undisturbed if event.kind == "facts-event"]
        assert [event["seq"] for event in facts] == list(range(1, len(facts) + 1))
        assert len(facts) > 2
        assert {event.kind for event in undisturbed} == {"facts-event", "audio-gap", "session-ended"}
        assert orjson.loads(undisturbed[-1].data)["facts_events"] == len(facts)
        for crash_seed in range(4):
            assert listen_with_crashes(backend, record, stream, random.Random(crash_seed)) == undisturbed


def test_the_record_says_whether_tones_are_wanted_also_of_a_session_that_began_with_them(backend: Backend) -> None:
    audio = speech(16000, 25)
    hearing = open_hearing(SESSION, Session(started_at=0.0), None, backend)
    (before,) = advance(backend, [(hearing, [Chunk("1-0", SESSION, 0, audio[:160_000].tobytes())])])
    assert "tone-event" in {event.kind for event in before.events}
    frozen = freeze(hearing, backend, alone=True)
    for facts, kind in ((True, "facts-event"), (False, "tone-event")):
        thawed = open_hearing(SESSION, Session(started_at=0.0, facts=facts), frozen, backend)
        (after,) = advance(backend, [(thawed, [Chunk("2-0", SESSION, 160_000, audio[160_000:].tobytes())])])
        assert {event.kind for event in after.events} == {kind}


def test_checkpoints_of_before_there_were_facts_still_load(backend: Backend) -> None:
    hearing = open_hearing(SESSION, Session(started_at=0.0), None, backend)
    frozen = msgpack.unpackb(freeze(hearing, backend, alone=True))
    del frozen["facts_events"], frozen["state"]["facts"], frozen["state"]["said"]
    thawed = open_hearing(SESSION, Session(started_at=0.0), msgpack.packb(frozen), backend)
    assert freeze(thawed, backend, alone=True) == freeze(hearing, backend, alone=True)


def test_ids_grow_and_tone_events_are_counted(backend: Backend) -> None:
    record = Session(started_at=0.0)
    events = listen(backend, record, chunks(speech(16000, 40), random.Random(5), holes=True), [5])
    assert all(a.id < b.id for a, b in pairwise(events))
    tones = [orjson.loads(event.data) for event in events if event.kind == "tone-event"]
    assert [tone["seq"] for tone in tones] == list(range(1, len(tones) + 1))
    for event in events:
        if event.kind == "tone-event":
            assert event.id.sample == round(orjson.loads(event.data)["timestamp"] * 16000)
    assert {event.kind for event in events} == {"tone-event", "audio-gap", "session-ended"}
    assert events[-1].kind == "session-ended"


def test_a_gap_says_what_never_came(backend: Backend) -> None:
    raw = speech(48000, 1.5)
    stream = [
        Chunk("1-0", SESSION, 0, raw[:24000].tobytes()),
        Chunk("2-0", SESSION, 48000, raw[48000:].tobytes()),
        Chunk("3-0", SESSION, end="idle"),
    ]
    gap, ended = listen(backend, Session(started_at=0.0, sample_rate=48000), stream, [3])
    assert gap.kind == "audio-gap"
    assert orjson.loads(gap.data) == {"from": 0.5, "to": 1.0, "from_sample": 8000, "to_sample": 16000}
    assert gap.id == EventId(8000, 1)
    assert orjson.loads(ended.data) == {"reason": "idle", "timestamp": 1.5, "tone_events": 0}


def test_sessions_do_not_disturb_each_other(backend: Backend) -> None:
    record = Session(started_at=0.0)
    streams = [chunks(speech(rate, 10), random.Random(rate)) for rate in (16000, 16001, 16002)]
    alone = [listen(backend, record, stream, [4]) for stream in streams]
    hearings = [open_hearing(SESSION, record, None, backend) for _ in streams]
    together: list[list[StoredEvent]] = [[] for _ in streams]
    for place in range(0, max(map(len, streams)), 4):
        work = [(h, stream[place : place + 4]) for h, stream in zip(hearings, streams, strict=True)]
        for row, outcome in enumerate(advance(backend, work)):
            together[row] += outcome.events
    assert together == alone


def with_pauses(stream: Sequence[Chunk], pauses: Mapping[int, int]) -> list[Chunk]:
    """The same chunks, but `pauses[n]` ms pass before the n-th."""
    later, moved = 0, []
    for number, chunk in enumerate(stream):
        later += pauses.get(number, 0)
        moved.append(replace(chunk, entry_id=f"{order(chunk.entry_id)[0] + later}-0"))
    return moved


def listen_and_look(
    backend: Backend, record: Session, stream: Sequence[Chunk], draw: random.Random
) -> tuple[list[StoredEvent], list[Hearing]]:
    """As a worker that is told of long pauses while they last, now and then, and that dies now and then."""
    events: list[StoredEvent] = []
    checkpoint: bytes | None = None
    hearing = open_hearing(SESSION, record, None, backend)
    rested = []
    for place, chunk in enumerate(stream):
        (outcome,) = advance(backend, [(hearing, [chunk])])
        events += outcome.events
        now = order(chunk.entry_id)[0] + LONGEST_PAUSE_MS + 1
        if place + 1 < len(stream) and order(stream[place + 1].entry_id)[0] >= now and draw.random() < 0.7:
            for _ in range(draw.randint(1, 3)):
                (outcome,) = advance(backend, [(hearing, [look(SESSION, now)])])
                events += outcome.events
            rested.append(hearing)
        if draw.random() < 0.3:
            checkpoint = freeze(hearing, backend, alone=True)
            hearing = open_hearing(SESSION, record, checkpoint, backend)
    return events, rested


@pytest.mark.parametrize("rate", [16000, 44100])
def test_a_long_pause_is_the_same_whether_a_worker_waited_through_it_or_read_on_after_it(
    backend: Backend, rate: int
) -> None:
    record = Session(started_at=0.0, sample_rate=rate)
    plain = chunks(speech(rate, 25), random.Random(1))
    stream = with_pauses(plain, {9: 61_000, 20: 59_000, 31: 300_000, len(plain) - 1: 61_000})
    expected = listen(backend, record, stream, [7])
    assert listen(backend, record, stream, [1, 3, 40]) == expected
    assert expected != listen(backend, record, plain, [7]), "the utterance ends where the pause begins"
    for seed in range(6):
        assert listen_with_crashes(backend, record, stream, random.Random(seed)) == expected
        events, rested = listen_and_look(backend, record, stream, random.Random(seed))
        assert events == expected
        assert rested


@pytest.mark.parametrize("rate", [16000, 44100])
def test_after_a_long_pause_no_sample_is_kept(backend: Backend, rate: int) -> None:
    record = Session(started_at=0.0, sample_rate=rate)
    raw = speech(rate, 2.5) | 1  # no silence: every sample would be seen
    hearing = open_hearing(SESSION, record, None, backend)
    advance(backend, [(hearing, [Chunk("5000-0", SESSION, 0, raw.tobytes())])])
    assert hearing.holds_audio()
    advance(backend, [(hearing, [look(SESSION, 5000 + LONGEST_PAUSE_MS)])])
    assert hearing.holds_audio(), "60 s are allowed"
    (outcome,) = advance(backend, [(hearing, [look(SESSION, 5001 + LONGEST_PAUSE_MS)])])
    assert [event.kind for event in outcome.events] == ["tone-event"], "what was left is classified first"
    assert not hearing.holds_audio()
    assert hearing.needed is None, "no chunk is held back"
    checkpoint = freeze(hearing, backend, alone=False)
    assert raw[-8:].tobytes() not in checkpoint
    assert len(checkpoint) < 2000
