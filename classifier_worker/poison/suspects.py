"""Chunks that may have killed a worker, and how often each was tried alone.

Before each step the holder of the partition notes in Redis what it is about to process. If it dies, the next holder
need not suspect all audio of the partition, only the chunks of the unfinished step.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgpack
from redis.asyncio import Redis

from classifier_worker.fleet.lease import Inheritance, Lease
from shared import keys
from shared.contract.entry_id import order
from shared.contract.pcm_stream import Chunk
from shared.store.lua import Script

_NOTE = Script(__file__, "note_step", when_full="hash")


@dataclass(frozen=True, slots=True)
class Suspects:
    """The suspects of one partition."""

    tries: Mapping[str, int] = field(default_factory=dict)
    """Entry id → how often a worker began to process the chunk alone."""

    def __contains__(self, entry_id: object) -> bool:
        return entry_id in self.tries

    def __bool__(self) -> bool:
        return bool(self.tries)

    def with_added(self, entry_ids: Iterable[str]) -> "Suspects":
        """Return the suspects with these added; counts are kept."""
        return Suspects({**dict.fromkeys(entry_ids, 0), **self.tries})

    def try_alone(self, entry_id: str) -> "Suspects":
        """Return what must be in Redis before a worker tries the chunk alone."""
        return Suspects({**self.tries, entry_id: self.tries.get(entry_id, 0) + 1})

    def without(self, entry_ids: Iterable[str]) -> "Suspects":
        """Return the suspects without these: processed without harm, or set aside."""
        gone = set(entry_ids)
        return Suspects({entry_id: tries for entry_id, tries in self.tries.items() if entry_id not in gone})

    def since(self, cursor: str) -> "Suspects":
        """Return the suspects without those before the cursor, which are never processed again."""
        if not self.tries:
            return self
        return Suspects({entry_id: n for entry_id, n in self.tries.items() if order(entry_id) >= order(cursor)})

    def needs_trial(self, entry_id: str) -> bool:
        """Return whether the chunk may have ended a worker that processed it alone: no worker may do so again."""
        return self.tries.get(entry_id, 0) > 0

    def alone(self, chunk: Chunk) -> bool:
        """Return whether the chunk must be processed in a step of its own."""
        return chunk.fault is not None or chunk.entry_id in self


@dataclass(frozen=True, slots=True)
class Note:
    """What the holder of a lease is about to process."""

    chunks: Sequence[str]
    """Entry ids of the step."""
    suspects: Suspects = Suspects()

    def to_bytes(self) -> bytes:
        return bytes(msgpack.packb({"chunks": list(self.chunks), "suspects": dict(self.suspects.tries)}))

    @classmethod
    def from_bytes(cls, data: bytes) -> "Note":
        """Parse a note. Raises ValueError if the bytes are not one."""
        try:
            note: dict[str, Any] = msgpack.unpackb(data)
            tries = {str(entry_id): int(tries) for entry_id, tries in note["suspects"].items()}
            chunks = [str(entry_id) for entry_id in note["chunks"]]
            for entry_id in (*chunks, *tries):
                order(entry_id)
            return cls(chunks, Suspects(tries))
        except (KeyError, TypeError, ValueError, AttributeError, msgpack.UnpackException) as error:
            raise ValueError("not a valid note of the audio being processed") from error


def inherited(inheritance: Inheritance) -> Suspects:
    """Return the suspects at the beginning of a lease.

    After an orderly hand-over, these are the chunks not yet cleared; after any other end, also those being processed.
    An unreadable note is ignored; a second crash is recorded in the next note.
    """
    try:
        note = Note.from_bytes(inheritance.hearing) if inheritance.hearing else Note([])
    except ValueError:
        note = Note([])
    return note.suspects if inheritance.orderly else note.suspects.with_added(note.chunks)


async def write_note(redis: Redis, lease: Lease, note: Note) -> None:
    """Write the note. Raises LeaseLostError; then nothing more may be processed under this lease."""
    names = [keys.lease(lease.partition), keys.hearing(lease.partition)]
    lease.written(await _NOTE.run(redis, names, [lease.fence, lease.writes.count, note.to_bytes()]))
