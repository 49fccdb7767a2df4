"""A session holds chunks on the partition's stream, which all sessions share, only for a limited time."""

import time

import pytest

from classifier_worker.partition.session_queue import SessionQueue
from classifier_worker.partition.session_slot import STALL_SECONDS, HeldSession
from classifier_worker.pipeline.checkpoint import freeze, open_hearing
from classifier_worker.pipeline.session_pipeline import advance
from classifier_worker.speech.backend import Backend
from classifier_worker.speech.mock_backend import MockBackend
from shared.contract.entry_id import order
from shared.contract.pcm_stream import Chunk
from shared.contract.session import Session
from shared.settings import Settings

SESSION = "0-" + "a" * 32
RATE = 16_000


class Clock:
    """Monotonic time and Redis' time in one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = time.monotonic()
        monkeypatch.setattr("classifier_worker.partition.session_slot.time.monotonic", lambda: self.now)

    @property
    def entry_id(self) -> str:
        return f"{round(self.now * 1000)}-0"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture(scope="module")
def backend() -> Backend:
    return MockBackend(Settings(_env_file=None))


def held(backend: Backend) -> HeldSession:
    record = Session(started_at=0.0)
    return HeldSession(open_hearing(SESSION, record, None, backend), record, SessionQueue(RATE), None)


def turn(session: HeldSession, backend: Backend, *chunks: Chunk) -> None:
    session.takes(chunks[0])
    (outcome,) = advance(backend, [(session.hearing, chunks)])
    session.heard(outcome)


def commit(session: HeldSession, backend: Backend, read: str) -> bytes | None:
    """The checkpoint, if one is due."""
    alone = session.stalled(read, STALL_SECONDS)
    return session.take_progress(backend, alone=alone).checkpoint if session.due or alone else None


@pytest.mark.parametrize("new", [True, False], ids=["a new sample", "the same sample again"])
@pytest.mark.parametrize("every", [0.05, 4.0, 9.0])
def test_who_dribbles_holds_chunks_for_a_while_and_pays_little(
    backend: Backend, clock: Clock, new: bool, every: float
) -> None:
    session, with_audio, begin = held(backend), 0, clock.now
    turn(session, backend, Chunk(clock.entry_id, SESSION, 0, b"\x01\x20" * RATE))
    commit(session, backend, clock.entry_id)
    while clock.now < begin + 120:
        clock.now += every
        offset = session.hearing.track.expected if new else 0
        turn(session, backend, Chunk(clock.entry_id, SESSION, offset, b"\x01\x20"))
        checkpoint = commit(session, backend, clock.entry_id)
        with_audio += checkpoint is not None and len(checkpoint) > RATE
        age = (order(clock.entry_id)[0] - order(session.oldest or clock.entry_id)[0]) / 1000
        assert age < 2 * STALL_SECONDS
        assert len(session.hearing.kept) <= 2 * STALL_SECONDS / every + 1
    assert with_audio <= 120 / STALL_SECONDS + 1


def test_a_chunk_that_brings_nothing_new_is_needed_by_no_replay(backend: Backend) -> None:
    hearing = open_hearing(SESSION, Session(started_at=0.0), None, backend)
    speech = Chunk("1000-0", SESSION, 0, b"\x01\x20" * RATE)
    again = [Chunk(f"{1001 + n}-0", SESSION, n, b"\x01\x20" * 100) for n in range(50)]
    advance(backend, [(hearing, [speech, *again])])
    assert [kept.entry_id for kept in hearing.kept] == ["1000-0"]
    assert hearing.included == again[-1].entry_id
    thawed = open_hearing(SESSION, Session(started_at=0.0), freeze(hearing, backend, alone=False), backend)
    advance(backend, [(thawed, [speech, *again])])
    assert [kept.entry_id for kept in thawed.kept] == ["1000-0"]


def test_a_backlog_needs_no_checkpoint_with_audio(backend: Backend, clock: Clock) -> None:
    """What is read lies far ahead of what is heard, and the chunks that wait hold the stream anyway."""
    session = held(backend)
    stream = [Chunk(f"{1_000_000 + 1000 * n}-0", SESSION, n * RATE, b"\x01\x20" * RATE) for n in range(60)]
    for chunk in stream:
        session.queue.take_in(chunk)
    for _ in range(5):
        turn(session, backend, *session.queue.turn())
        assert not session.stalled(stream[-1].entry_id, STALL_SECONDS)
        clock.now += STALL_SECONDS + 1
        assert not session.stalled(stream[-1].entry_id, STALL_SECONDS)


def test_audio_that_is_coming_back_after_a_takeover_is_waited_for(backend: Backend, clock: Clock) -> None:
    """A checkpoint with audio would lack what is not refilled yet."""
    session = held(backend)
    stream = [Chunk(f"{1_000_000 + 9000 * n}-0", SESSION, n * RATE, b"\x01\x20" * RATE) for n in range(4)]
    turn(session, backend, *stream[:3])
    checkpoint = freeze(session.hearing, backend, alone=False)
    record = Session(started_at=0.0)
    again = HeldSession(
        open_hearing(SESSION, record, checkpoint, backend), record, SessionQueue(RATE), needed=stream[0].entry_id
    )
    for chunk in stream:
        again.queue.take_in(chunk)
    clock.now += 5 * STALL_SECONDS
    for _ in range(3):
        assert not again.stalled(stream[-1].entry_id, STALL_SECONDS)
        turn(again, backend, *again.queue.turn())
    assert again.stalled(stream[-1].entry_id, STALL_SECONDS)
    assert freeze(again.hearing, backend, alone=True) == freeze(session.hearing, backend, alone=True)
