"""Whatever breaks between client and worker: no sample is lost, and none is processed twice.

A client that follows docs/reference/http.md, a gateway that appends as APPEND does, a worker that dies and goes on:
each step of a schedule is one of the things that may happen.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from classifier_worker.partition.session_queue import SessionQueue
from classifier_worker.pipeline.checkpoint import freeze, open_hearing
from classifier_worker.pipeline.hearing import Hearing
from classifier_worker.pipeline.session_pipeline import advance
from classifier_worker.speech.backend import Backend, Classified, Feed, Format, State
from classifier_worker.speech.tone.corrections import Corrections
from classifier_worker.speech.words.session_words import SessionWords, UnderWay
from classifier_worker.speech.words.utterances import Utterance
from shared.contract.correction import Request, Verdict
from shared.contract.pcm_stream import Chunk
from shared.contract.session import Session
from shared.contract.stored_event import StoredEvent

SESSION = "0-" + "a" * 32
RECORD = Session(started_at=0.0)

Samples = NDArray[np.int16]


def spoken(begin: int, end: int) -> bytes:
    """Each sample tells its position."""
    return (np.arange(begin, end) % 30_000).astype("<i2").tobytes()


@dataclass
class Heard:
    """Every sample that a session's backend was given."""

    samples: Samples = field(default_factory=lambda: np.zeros(0, np.int16))
    corrections: Corrections = field(default_factory=Corrections)
    facts: bool = False
    words: SessionWords | None = None

    def under_way(self) -> UnderWay | None:
        return None

    def spoken_since(self, begin: int) -> Utterance:
        raise AssertionError("no words are written down")

    @property
    def needed_from(self) -> int:
        return len(self.samples)

    def held_audio(self) -> tuple[int, Samples]:
        return self.needed_from, np.zeros(0, np.int16)

    def refill(self, start: int, samples: Samples) -> None:
        raise AssertionError("it has all that it heard")

    def freeze(self, *, with_audio: bool) -> dict[str, Any]:
        return {"heard": self.samples.tobytes()}


@dataclass
class Ear:
    """A backend that remembers every sample, so that a test sees what a model would have heard."""

    invents = False

    def open(self, session_id: str, *, elcor: bool, facts: bool = False, words: bool = False) -> Heard:
        return Heard()

    def correct(self, state: State, request: Request, seconds: float) -> Verdict | None:
        return None

    def classify(self, feeds: Sequence[Feed]) -> list[Classified]:
        for feed in feeds:
            assert isinstance(feed.state, Heard)
            assert feed.start == len(feed.state.samples), "heard twice, or a hole"
            feed.state.samples = np.concatenate([feed.state.samples, feed.samples])
        return [Classified("listening")] * len(feeds)

    def thaw(self, frozen: dict[str, Any], *, facts: bool = False) -> Heard:
        return Heard(np.frombuffer(frozen["heard"], np.int16))

    def format(self) -> Format:
        return Format("ear", "")

    def thaw_without_model(self, frozen: dict[str, Any]) -> Heard:
        return self.thaw(frozen)

    def card(self) -> dict[str, Any]:
        return {}


@dataclass
class Gateway:
    """The record and the stream."""

    received: int = 0
    stream: list[Chunk] = field(default_factory=list)

    def append(self, offset: int, pcm: bytes) -> None:
        self.stream.append(Chunk(f"{len(self.stream) + 1}-0", SESSION, offset, pcm))
        self.received = max(self.received, offset + len(pcm) // 2)


@dataclass
class Client:
    """Keeps what is not acknowledged, and sends it again from there on each new connection."""

    gateway: Gateway
    spoken: int = 0
    unacked: deque[tuple[int, bytes]] = field(default_factory=deque)
    sent: int = 0
    """Of the unacknowledged frames, on this connection."""
    offset: int = 0
    """Where the server puts the next frame of this connection."""
    stored: int = 0
    """Of the sent frames."""

    def speak(self, samples: int) -> None:
        self.unacked.append((self.spoken, spoken(self.spoken, self.spoken + samples)))
        self.spoken += samples

    def send(self, frames: int) -> None:
        self.sent = min(len(self.unacked), self.sent + frames)

    def arrive(self, frames: int, *, twice: bool) -> None:
        """The gateway stores what was sent; a pipeline whose answers were lost is tried again."""
        for _ in range(min(frames, self.sent - self.stored)):
            _, pcm = self.unacked[self.stored]
            for _ in range(1 + twice):
                self.gateway.append(self.offset, pcm)
            self.offset += len(pcm) // 2
            self.stored += 1

    def acknowledged(self, frames: int) -> None:
        for _ in range(min(frames, self.stored)):
            self.unacked.popleft()
            self.sent -= 1
            self.stored -= 1

    def reconnect(self, *, skip: bool) -> None:
        """From the first unacknowledged frame or, as a client may, from where the server says that it stands."""
        self.sent = self.stored = 0
        while skip and self.unacked and self.unacked[0][0] + len(self.unacked[0][1]) // 2 <= self.gateway.received:
            self.unacked.popleft()
        self.offset = self.unacked[0][0] if self.unacked else self.spoken


@dataclass
class Worker:
    """Takes turns, commits now and then, and may die."""

    gateway: Gateway
    backend: Backend = field(default_factory=Ear)
    checkpoint: bytes | None = None
    read: int = 0
    events: list[StoredEvent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.die()

    def die(self) -> None:
        self.hearing: Hearing = open_hearing(SESSION, RECORD, self.checkpoint, self.backend)
        self.queue = SessionQueue(RECORD.sample_rate)
        # The stream from the cursor on; here nothing is trimmed, so the next worker sees all of it.
        self.read = 0

    def work(self, chunks: int, *, commit: bool) -> None:
        for chunk in self.gateway.stream[self.read : self.read + chunks]:
            self.queue.take_in(chunk)
            self.read += 1
        wanted = self.queue.wanted()
        self.queue.fetched(wanted, [self.gateway.stream[int(left.entry_id[:-2]) - 1] for left in wanted])
        turn = self.queue.turn()
        if turn:
            (outcome,) = advance(self.backend, [(self.hearing, turn)])
            self.events += outcome.events
        if commit:
            self.checkpoint = freeze(self.hearing, self.backend, alone=True)


STEPS = st.one_of(
    st.tuples(st.just("speak"), st.integers(1, 16_000)),
    st.tuples(st.just("send"), st.integers(1, 8)),
    st.tuples(st.just("arrive"), st.integers(1, 8), st.booleans()),
    st.tuples(st.just("acknowledge"), st.integers(1, 8)),
    st.tuples(st.just("reconnect"), st.booleans()),
    st.tuples(st.just("work"), st.integers(0, 12), st.booleans()),
    st.just(("die",)),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(STEPS, max_size=60))
def test_no_sample_is_lost_and_none_is_heard_twice(steps: list[tuple[Any, ...]]) -> None:
    gateway = Gateway()
    client, worker = Client(gateway), Worker(gateway)
    for name, *values in steps:
        match name:
            case "speak":
                client.speak(values[0])
            case "send":
                client.send(values[0])
            case "arrive":
                client.arrive(values[0], twice=values[1])
            case "acknowledge":
                client.acknowledged(values[0])
            case "reconnect":
                client.reconnect(skip=values[0])
            case "work":
                worker.work(values[0], commit=values[1])
            case "die":
                worker.die()
    client.reconnect(skip=False)
    client.send(len(client.unacked))
    client.arrive(len(client.unacked), twice=False)
    while worker.read < len(gateway.stream) or worker.queue.oldest is not None:
        worker.work(10, commit=False)
    assert isinstance(worker.hearing.state, Heard)
    heard = worker.hearing.state.samples
    assert heard.tobytes() == spoken(0, client.spoken)
    assert not worker.events, "no gap was announced"
