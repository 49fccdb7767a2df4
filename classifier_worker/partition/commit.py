"""Commit a partition's events, checkpoints and cursor: each session in one atomic step, or nothing if the lease is
lost.

Large numbers of sessions are committed in pieces, so that Redis can serve others in between. The cursor moves with the
last one: after a crash between two pieces, more is reread than necessary, and what checkpoints include is skipped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

from redis.asyncio import Redis

from classifier_worker.fleet.lease import Lease
from shared import keys
from shared.contract.stored_event import StoredEvent
from shared.settings import Settings
from shared.store.batches import batches
from shared.store.lua import Argument, Script

PIECE_SESSIONS: Final = 50
PIECE_BYTES: Final = 1_000_000
"""Most bytes passed to one script, unless a single session has more: a few milliseconds of Redis' time."""

_COMMIT = Script(__file__, "commit")


@dataclass(frozen=True, slots=True)
class Progress:
    """What one session commits."""

    session_id: str
    classified: int
    """Number of 16 kHz samples processed."""
    checkpoint: bytes
    events: Sequence[StoredEvent]
    ended: bool
    set_aside: Sequence[str] = ()
    """Entry ids of chunks to treat as if they had never arrived."""

    @property
    def size(self) -> int:
        """Return the approximate number of bytes that Redis must store."""
        return len(self.checkpoint) + sum(len(event.data) for event in self.events)


async def commit(
    redis: Redis, lease: Lease, cursor: str, progress: Sequence[Progress], settings: Settings
) -> dict[str, int | None]:
    """Write all the progress, and trim the PCM stream below `cursor`.

    Returns session id → samples received at its rate, or None if it has been erased.
    Raises LeaseLostError, and then nothing more was written.
    """
    received: dict[str, int | None] = {}
    pieces = list(batches(progress, PIECE_SESSIONS, size=lambda session: session.size, most_size=PIECE_BYTES)) or [[]]
    for number, piece in enumerate(pieces, 1):
        received |= await _commit_piece(redis, lease, cursor if number == len(pieces) else "", piece, settings)
    return received


async def _commit_piece(
    redis: Redis, lease: Lease, cursor: str, progress: Sequence[Progress], settings: Settings
) -> dict[str, int | None]:
    p = lease.partition
    redis_keys = [keys.lease(p), keys.cursor(p), keys.pcm(p), keys.presence(p), keys.pcm_flow(p), keys.pcm_anew(p)]
    args: list[Argument] = [
        lease.fence,
        lease.writes.count,
        cursor,
        settings.running_expiry,
        settings.ended_expiry,
        settings.events_max,
        keys.SESSIONS_CHANNEL,
        " ".join(entry_id for session in progress for entry_id in session.set_aside),
    ]
    events: list[Argument] = []
    last = 0
    for session in progress:
        redis_keys += keys.of_session(p, session.session_id)
        first, last = last + 1, last + len(session.events)
        args += [*_row(session), first, last]
        for event in session.events:
            events += [str(event.id), event.kind, event.data]
    received = cast(list[int], await _COMMIT.run(redis, redis_keys, args + events))
    lease.written(received)
    return {s.session_id: None if r < 0 else r for s, r in zip(progress, received, strict=True)}


def _row(session: Progress) -> list[Argument]:
    sid = session.session_id
    channels = [keys.tone_channel(sid), keys.facts_channel(sid), keys.words_channel(sid), keys.stored_channel(sid)]
    return [sid, *channels, session.classified, session.checkpoint, "1" if session.ended else ""]
