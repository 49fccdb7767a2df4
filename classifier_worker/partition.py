"""One leased partition at work: read ahead → hear a turn of each session → commit, until the lease ends."""

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from redis.asyncio import Redis

from classifier_worker.backends import Activity
from classifier_worker.commit import Progress, commit
from classifier_worker.entry_id import FIRST, after, before, order
from classifier_worker.hearing import Hearing, look, open_hearing
from classifier_worker.inference import Inference
from classifier_worker.lane import Lane, Left, whose_turn
from classifier_worker.lease import Lease
from classifier_worker.quiet import Quiet
from classifier_worker.status import Status
from shared import keys
from shared.audio import PIPELINE_RATE
from shared.erasure import erase_audio
from shared.pcm_stream import Chunk
from shared.rewrite import note_deletion
from shared.session import Session
from shared.settings import Settings
from shared.stored_event import StoredEvent

log = logging.getLogger(__name__)

READ_COUNT: Final = 64
"""Chunks of one read."""
READ_BYTES: Final = 2_000_000
"""PCM that one step reads: enough to get past somebody's backlog to the live sessions' chunks behind it."""
READ_BLOCK_SECONDS: Final = 0.5
"""A read waits this long for a chunk, or half the time after which a silent Redis counts as away."""
PACE_SECONDS: Final = 0.02
"""Least time between two reads: what arrives meanwhile is read at once (docs/dataplane.md has the figures)."""
CHECKPOINT_SAMPLES: Final = PIPELINE_RATE
"""A session without events is committed after each second of audio: that much is heard again after a crash."""
STALL_SECONDS: Final = 10.0
"""A session that fell silent this long ago gets a checkpoint with its audio, so that it holds no chunk back. Half of
LINNET_AUDIO_TTL if that is shorter."""

ERASED_LOOK_SECONDS: Final = 5.0
AUDIO_REWRITE_SECONDS: Final = 600.0
"""The append-only file is rewritten within twice this after a session's end, so that its audio is not left in it."""


@dataclass(slots=True)
class _Session:
    """A session of this partition as this worker last committed it."""

    hearing: Hearing
    lane: Lane
    """Chunks that wait for their turn."""
    needed: str | None
    """Oldest chunk that a replay from the committed checkpoint needs."""
    heard_at: float = field(default_factory=time.monotonic)
    """Monotonic time of the last turn, s."""
    committed: int = 0
    """16 kHz samples in the committed checkpoint."""
    rested: bool = False
    """Its audio was let go of after a long pause, and that is not committed yet."""
    pending: list[StoredEvent] = field(default_factory=list)
    ended: bool = False
    lag: float = 0.0
    """Seconds of acknowledged audio beyond what was heard, as of the last commit."""
    status: Status = field(default_factory=Status)

    @property
    def oldest(self) -> str | None:
        """Entry id from which the stream must be kept for this session."""
        ids = [entry_id for entry_id in (self.needed, self.lane.oldest) if entry_id is not None]
        return min(ids, key=order, default=None)


class Partition:
    """Works through one partition's stream. Everything it holds can be rebuilt from Redis."""

    def __init__(self, redis: Redis, lease: Lease, inference: Inference, settings: Settings) -> None:
        self._redis = redis
        self._lease = lease
        self._inference = inference
        self._backend = inference.backend
        self._settings = settings
        self._sessions: dict[str, _Session] = {}
        self._read = FIRST
        self._turned_at = time.monotonic()
        self._next_look = 0.0
        self._quiet = Quiet(redis, lease.partition, settings.audio_ttl)
        self._cursor_written = FIRST
        self._at_end = False
        """The last read took everything that the stream held."""

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; then hands over what it has. Raises LeaseLostError, RedisError."""
        cursor = await self._redis.get(keys.cursor(self._lease.partition))
        self._read = before(cursor.decode()) if cursor else FIRST
        self._cursor_written = after(self._read)
        while not stop.is_set():
            started = time.monotonic()
            now_ms = await self._quiet.look()
            await self._read_ahead()
            await self._fetch_left()
            heard = await self._hear(self._turns())
            if now_ms is not None and self._at_end:
                heard += await self._let_rest(now_ms)
            await self._commit(self._due())
            await self._publish_status(heard)
            self._inference.load.lags(self._lease.partition, max((s.lag for s in self._sessions.values()), default=0.0))
            await self._forget_erased()
            if not self._work_waits():
                await asyncio.sleep(max(0.0, PACE_SECONDS - (time.monotonic() - started)))
        await self._commit([s for s in self._sessions.values() if s.hearing.position > s.committed])

    def _work_waits(self) -> bool:
        return any(session.lane.oldest is not None for session in self._sessions.values())

    async def _read_ahead(self) -> None:
        """Brings what has come into the sessions' lanes. Waits for it only when no chunk waits for its turn."""
        key = keys.pcm(self._lease.partition)
        wait = min(READ_BLOCK_SECONDS, self._settings.redis_timeout / 2)
        block = None if self._work_waits() else int(wait * 1000)
        size = 0
        while size < READ_BYTES:
            answer = await self._redis.xread({key: self._read}, count=READ_COUNT, block=block)
            chunks = [Chunk.from_entry(entry_id, fields) for entry_id, fields in (answer[0][1] if answer else [])]
            await self._take_in(chunks)
            self._at_end = len(chunks) < READ_COUNT
            if self._at_end:
                return
            size += sum(len(chunk.pcm) for chunk in chunks)
            block = None

    async def _take_in(self, chunks: Sequence[Chunk]) -> None:
        first: dict[str, str] = {}
        for chunk in chunks:
            first.setdefault(chunk.session_id, chunk.entry_id)
        await self._meet({sid: entry_id for sid, entry_id in first.items() if sid not in self._sessions})
        for chunk in chunks:
            if chunk.session_id in self._sessions:
                self._sessions[chunk.session_id].lane.take_in(chunk)
            self._read = chunk.entry_id

    async def _fetch_left(self) -> None:
        """Brings what lanes had no room for, where they have it now."""
        wanted = [(session.lane, left) for session in self._sessions.values() if (left := session.lane.wanted())]
        if not wanted:
            return
        chunks = iter(await self._fetch([one for _, left in wanted for one in left]))
        for lane, left in wanted:
            lane.fetched(left, [chunk for chunk in islice(chunks, len(left)) if chunk is not None])

    async def _fetch(self, left: Sequence[Left]) -> list[Chunk | None]:
        key = keys.pcm(self._lease.partition)
        pipe = self._redis.pipeline(transaction=False)
        for one in left:
            pipe.xrange(key, one.entry_id, one.entry_id)
        answers = await pipe.execute()
        return [Chunk.from_entry(*found[0]) if found else None for found in answers]

    def _turns(self) -> list[tuple[_Session, list[Chunk]]]:
        now = time.monotonic()
        for session in self._sessions.values():
            session.lane.earn(now - self._turned_at)
        self._turned_at = now
        chosen = {id(lane) for lane in whose_turn(session.lane for session in self._sessions.values())}
        return [(session, session.lane.turn()) for session in self._sessions.values() if id(session.lane) in chosen]

    async def _hear(self, turns: Sequence[tuple[_Session, Sequence[Chunk]]]) -> list[tuple[_Session, Activity]]:
        """One step: each session's turn, in one batch."""
        if not turns:
            return []
        for session, turn in turns:
            if session.needed is None:
                session.needed = turn[0].entry_id  # no committed checkpoint includes it yet
            session.heard_at = time.monotonic()
            self._inference.load.heard(session.hearing.session_id, session.lane.seconds(turn))
        return await self._take_further(turns)

    async def _take_further(self, work: Sequence[tuple[_Session, Sequence[Chunk]]]) -> list[tuple[_Session, Activity]]:
        outcomes = await self._inference.hear([(session.hearing, chunks) for session, chunks in work])
        for (session, _), outcome in zip(work, outcomes, strict=True):
            session.pending += outcome.events
            session.ended = outcome.ended
        return [(session, outcome.activity) for (session, _), outcome in zip(work, outcomes, strict=True)]

    async def _meet(self, strangers: Mapping[str, str]) -> None:
        """Loads sessions not seen since the lease began, session id → first chunk; those without a record were
        erased, or their time is over."""
        if not strangers:
            return
        pipe = self._redis.pipeline(transaction=False)
        for session_id in strangers:
            pipe.hgetall(keys.session(self._lease.partition, session_id))
            pipe.get(keys.checkpoint(self._lease.partition, session_id))
        answers = await pipe.execute()
        for session_id, fields, checkpoint in zip(strangers, answers[::2], answers[1::2], strict=True):
            record = Session.from_hash(fields)
            if record is None:
                await erase_audio(self._redis, self._lease.partition, session_id)
            elif record.ended_at is None:
                hearing = open_hearing(session_id, record, checkpoint, self._backend)
                lane, first = Lane(record.sample_rate), strangers[session_id]
                self._sessions[session_id] = _Session(hearing, lane, first, committed=hearing.position)

    async def _let_rest(self, now_ms: int) -> list[tuple[_Session, Activity]]:
        """Closes the utterances of those who have sent nothing for longer than audio is kept."""
        async for record, hearing in self._quiet.unmet(self._sessions, self._backend):
            session = _Session(hearing, Lane(record.sample_rate), None, committed=hearing.position)
            self._sessions[hearing.session_id] = session
        heard = [session for session in self._sessions.values() if session.lane.oldest is None]
        quiet = [session for session in heard if self._quiet.over(session.hearing, now_ms, self._backend)]
        for session in quiet:
            session.rested = True
        if not quiet:
            return []
        return await self._take_further([(session, [look(session.hearing.session_id, now_ms)]) for session in quiet])

    def _due(self) -> list[_Session]:
        return [session for session in self._sessions.values() if self._is_due(session)]

    def _is_due(self, session: _Session) -> bool:
        grown = session.hearing.position - session.committed >= CHECKPOINT_SAMPLES
        return bool(session.pending) or session.ended or grown or session.rested or self._stalled(session)

    def _stalled(self, session: _Session) -> bool:
        """Nothing more of it has come for a while, and it still holds chunks back."""
        if session.needed is None or session.lane.oldest is not None:
            return False
        if order(self._read) < order(session.hearing.included or FIRST):
            return False  # its audio is just coming back after a takeover
        return time.monotonic() - session.heard_at > min(STALL_SECONDS, self._settings.audio_ttl / 2)

    async def _commit(self, due: Sequence[_Session]) -> None:
        progress = [self._progress(session) for session in due]
        for session in due:
            session.needed = session.hearing.needed
            session.committed = session.hearing.position
            session.pending = []
            session.rested = False
        cursor = self._cursor(due)
        if not due and cursor == self._cursor_written:
            return
        if any(session.ended for session in due):
            await self._note_deletions()
        received = await commit(self._redis, self._lease, cursor, progress, self._settings)
        self._cursor_written = cursor
        for session in due:
            total = received[session.hearing.session_id]
            if session.ended or total is None:
                del self._sessions[session.hearing.session_id]
            if total is None:
                await erase_audio(self._redis, self._lease.partition, session.hearing.session_id)
            elif not session.ended:
                session.lag = max(0.0, total / session.lane.rate - session.hearing.position / PIPELINE_RATE)

    async def _note_deletions(self) -> None:
        """A session ends: its audio is done with now, and the rest of it when its retention runs out."""
        await note_deletion(self._redis, max(AUDIO_REWRITE_SECONDS, self._settings.rewrite_delay))
        await note_deletion(self._redis, self._settings.rewrite_delay, self._settings.ended_expiry)

    def _progress(self, session: _Session) -> Progress:
        hearing = session.hearing
        checkpoint = b"" if session.ended else hearing.freeze(self._backend, alone=self._stalled(session))
        return Progress(hearing.session_id, hearing.position, checkpoint, session.pending, session.ended)

    def _cursor(self, due: Iterable[_Session]) -> str:
        """The oldest chunk that any session needs once `due` are committed."""
        ended = {session.hearing.session_id for session in due if session.ended}
        needed = [s.oldest for sid, s in self._sessions.items() if sid not in ended and s.oldest is not None]
        return min([*needed, after(self._read)], key=order)

    async def _publish_status(self, heard: Iterable[tuple[_Session, Activity]]) -> None:
        """Behind the commit, so that the last word on a session that fell silent is not an old lag."""
        pipe = self._redis.pipeline(transaction=False)
        for session, activity in heard:
            if session.hearing.session_id not in self._sessions:
                continue  # ended or erased
            payload = session.status.update(activity, session.hearing.position / PIPELINE_RATE, session.lag)
            if payload is not None:
                pipe.publish(keys.status_channel(session.hearing.session_id), payload)
        await pipe.execute()  # sends nothing when nothing is queued

    async def _forget_erased(self) -> None:
        """Sessions erased while nothing of them was under way would stay in memory for ever, and so would their chunks
        if the gateway died before it had deleted them."""
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + ERASED_LOOK_SECONDS
        session_ids = list(self._sessions)
        pipe = self._redis.pipeline(transaction=False)
        for session_id in session_ids:
            pipe.exists(keys.session(self._lease.partition, session_id))
        for session_id, exists in zip(session_ids, await pipe.execute(), strict=True):
            if not exists:
                del self._sessions[session_id]
                await erase_audio(self._redis, self._lease.partition, session_id)
