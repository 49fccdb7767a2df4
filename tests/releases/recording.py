"""One session as a release keeps it in Redis: record, stream, checkpoints on the way, and its history."""

import lzma
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgpack

from classifier_worker.pipeline.checkpoint import freeze, open_hearing
from classifier_worker.pipeline.session_pipeline import advance
from classifier_worker.speech.backend import Backend
from shared.contract.pcm_stream import Chunk
from shared.contract.session import Session
from shared.settings import Settings

FOLDER = Path(__file__).parent
SUFFIX = ".msgpack.xz"
FIELDS = dict[bytes, bytes]
Event = tuple[str, str, str]
"""Id, kind, data."""


@dataclass(frozen=True)
class Halt:
    """A worker's commit, after which another one may go on."""

    heard: int
    """Entries of the stream in it."""
    events: int
    """Events of the history in it."""
    oldest: int
    """The first entry that is needed to go on."""
    checkpoint: bytes


@dataclass(frozen=True)
class Recorded:
    """One file of this folder."""

    backend: str
    model: list[str]
    """What wrote it, as its checkpoints name it; empty where they do not."""
    settings: dict[str, Any]
    session_id: str
    record: FIELDS
    stream: list[tuple[bytes, FIELDS]]
    history: list[Event]
    halts: list[Halt]

    def save(self, path: Path) -> None:
        path.write_bytes(lzma.compress(msgpack.packb(asdict(self))))

    @classmethod
    def load(cls, path: Path) -> "Recorded":
        values = msgpack.unpackb(lzma.decompress(path.read_bytes()))
        halts = [Halt(**halt) for halt in values.pop("halts")]
        history = [tuple(event) for event in values.pop("history")]
        stream = [(entry_id, fields) for entry_id, fields in values.pop("stream")]
        return cls(**values, halts=halts, history=history, stream=stream)

    def chunks(self) -> list[Chunk]:
        return [Chunk.from_entry(entry_id, fields) for entry_id, fields in self.stream]

    def session(self) -> Session:
        session = Session.from_hash(self.record)
        assert session is not None
        return session

    def made(self) -> Settings:
        """The settings that it was recorded under."""
        return Settings(_env_file=None, **self.settings)


def entries(session_id: str, pcm: bytes, frame: int) -> list[tuple[bytes, FIELDS]]:
    """As a gateway puts them on the stream, and the end marker behind them."""
    found: list[tuple[bytes, FIELDS]] = []
    for begin in range(0, len(pcm), frame):
        fields = {"s": session_id, "o": begin // 2, "b": begin + 100 * len(found), "d": pcm[begin : begin + frame]}
        found.append((f"{1_000_000 + 100 * len(found)}-0".encode(), _as_stored(fields)))
    return [*found, (f"{1_000_000 + 100 * len(found)}-0".encode(), _as_stored({"s": session_id, "e": "client"}))]


def _as_stored(fields: Mapping[str, object]) -> FIELDS:
    return {name.encode(): value if isinstance(value, bytes) else str(value).encode() for name, value in fields.items()}


def record(
    backend: Backend, settings: dict[str, Any], session_id: str, record: Session, pcm: bytes, halts: Sequence[int]
) -> Recorded:
    """Hears the audio; after each of `halts` entries it commits, in turn without and with the audio."""
    stream = entries(session_id, pcm, record.sample_rate // 5 * 2)
    chunks = [Chunk.from_entry(entry_id, fields) for entry_id, fields in stream]
    hearing, place = open_hearing(session_id, record, None, backend), 0
    history: list[Event] = []
    found: list[Halt] = []
    for number, halt in enumerate([*halts, len(chunks)]):
        (outcome,) = advance(backend, [(hearing, chunks[place:halt])])
        history += [(str(event.id), event.kind, event.data) for event in outcome.events]
        place = halt
        if outcome.ended:
            break
        checkpoint = freeze(hearing, backend, alone=number % 2 == 1)
        oldest = next((n for n, chunk in enumerate(chunks) if chunk.entry_id == hearing.needed), halt)
        found.append(Halt(halt, len(history), oldest, checkpoint))
    named = backend.format() if hasattr(backend, "format") else []
    fields = _as_stored(record.to_hash())
    kind = "mock" if settings.get("classifier") == "mock" else "speech"
    return Recorded(kind, list(named), settings, session_id, fields, stream, history, found)
