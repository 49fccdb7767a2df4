"""One leased partition at work: read ahead → process a turn of each session → commit, until the lease ends."""

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from enum import Enum, auto
from functools import partial
from itertools import islice
from typing import Final

import orjson

from classifier_worker.fleet.lease import Lease
from classifier_worker.partition.commit import Progress, commit
from classifier_worker.partition.pauses import PauseWatch
from classifier_worker.partition.quarantine import Quarantine, cancel_trials
from classifier_worker.partition.session_loading import LoadedSession, find, load_session
from classifier_worker.partition.session_queue import SessionQueue, whose_turn
from classifier_worker.partition.session_slot import STALL_SECONDS, HeldSession
from classifier_worker.partition.stream_reader import StreamReader
from classifier_worker.partition.transcripts import Transcripts
from classifier_worker.pipeline.inference import Inference, StepFailedError, Work
from classifier_worker.pipeline.service_events import Trouble, trouble_with
from classifier_worker.pipeline.session_pipeline import Outcome
from classifier_worker.poison.verdict import Failed, Trials
from classifier_worker.speech.backend import Activity
from classifier_worker.transcription.recognition import Recognition
from classifier_worker.upkeep.erased_audio import Erased
from shared import keys
from shared.audio import PIPELINE_RATE
from shared.contract.entry_id import FIRST, after, before, order
from shared.contract.pcm_stream import Chunk
from shared.contract.stored_event import StoredEvent
from shared.erasure.aof_schedule import note_deletion
from shared.settings import Settings
from shared.store.batches import batches
from shared.store.links import AWAY, Links

log = logging.getLogger(__name__)

READ_BYTES: Final = 2_000_000
"""Bytes of PCM that one step reads: enough to reach the live sessions' chunks after one session's backlog."""
READ_BLOCK_SECONDS: Final = 0.5
"""Longest wait of a read for a chunk; at most half the time after which a silent Redis counts as away."""
PACE_SECONDS: Final = 0.02
"""Least time between two reads: what arrives in between is read in one go (docs/performance.md, "Fairness")."""
WORDS_BLOCK_SECONDS: Final = 0.05
"""The longest wait while words may come at any moment."""
HAND_OVER_SECONDS: Final = 1.0
"""Seconds for which a round under way may continue once the lease must be given back; after that, the next holder
repeats it."""
FROZEN_AT_ONCE: Final = 32
"""Checkpoints written before the event loop serves other leases."""
AUDIO_REWRITE_SECONDS: Final = 600.0
"""Within twice this after a session's end, the append-only file is rewritten, so that no audio is left in it."""


class Phase(Enum):
    """Where a partition's work stands. Only the loop itself changes it."""

    IN_ROUND = auto()
    """Sessions may be partly changed: none of their state may be committed."""
    IN_MODELS = auto()
    """As IN_ROUND, and the models may never return from this audio."""
    IN_LINE = auto()
    """Chunks have left their queues and are waiting for the models: a commit would trim them unprocessed."""
    AT_REST = auto()
    """Nothing is under way: the sessions' state may be committed."""


_Turns = Sequence[tuple[HeldSession, Sequence[Chunk]]]


class Partition:
    """Work through one partition's stream. Its whole state can be rebuilt from Redis."""

    def __init__(
        self,
        links: Links,
        lease: Lease,
        inference: Inference,
        settings: Settings,
        trials: Trials | None = None,
        recognition: Recognition | None = None,
    ) -> None:
        self._links = links
        self._redis = links.of(lease.partition)
        self._lease = lease
        self._inference = inference
        self._backend = inference.backend
        self._settings = settings
        self._sessions: dict[str, HeldSession] = {}
        self._reader = StreamReader(self._redis, lease.partition)
        self._quarantine = Quarantine(self._redis, lease, inference, trials or Trials(settings.step_limit))
        self._transcripts = Transcripts(recognition)
        self._turned_at = time.monotonic()
        self._phase = Phase.IN_ROUND
        self._erased = Erased(links, self._redis, lease.partition, settings.rewrite_delay)
        self._pauses = PauseWatch(
            self._redis,
            lease.partition,
            inference.backend,
            self._infer,
            self._count,
            settings.audio_ttl,
            transcribes=self._transcripts.on,
        )
        self._stall_seconds = min(STALL_SECONDS, settings.audio_ttl / 2)
        self._cursor_written = FIRST

    async def run(self, stop: asyncio.Event) -> bool:
        """Work until `stop` is set, then commit what is done.

        Returns False if the models were still at work: a long call is left to the next holder, which repeats it with
        care, since it may never end. Raises LeaseLostError, BackendBrokenError, RedisError.
        """
        if self._quarantine:
            log.warning("partition %d: trying %d chunks one by one", self._lease.partition, len(self._quarantine))
        work = asyncio.create_task(self._work(stop))
        halt = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({work, halt}, return_when=asyncio.FIRST_COMPLETED)
            if self._phase not in (Phase.AT_REST, Phase.IN_LINE):
                await asyncio.wait({work}, timeout=HAND_OVER_SECONDS)
            phase = self._phase
            if work.done():
                work.result()
        finally:
            await self._give_up(work, halt)
        if phase is Phase.AT_REST:
            await self._commit([s for s in self._sessions.values() if s.hearing.position > s.committed])
        return phase is not Phase.IN_MODELS

    async def _give_up(self, *tasks: "asyncio.Task[object]") -> None:
        for task in tasks:
            task.cancel()
        trials = cancel_trials(list(self._sessions.values()))
        await asyncio.gather(*tasks, *trials, *self._transcripts.forget_all(), return_exceptions=True)

    async def _work(self, stop: asyncio.Event) -> None:
        await self._begin()
        while not stop.is_set():
            started = time.monotonic()
            now_ms = await self._pauses.now_ms()
            await self._read_ahead()
            await self._fetch_left()
            await self._conclude_trials()
            await self._take_words()
            try:
                await self._pauses.learn_of_sockets(self._sessions.values())
                heard = await self._process(self._turns())
                if now_ms is not None and self._reader.at_end:
                    heard += await self._pass_time(now_ms)
            except StepFailedError as error:
                await self._begin_again(error)
                continue
            self._note_who_caught_up()
            partials = self._ask_for_words()
            await self._commit([session for session in self._sessions.values() if self._is_due(session)])
            await self._publish_live(heard, partials)
            self._inference.load.lags(self._lease.partition, max((s.lag for s in self._sessions.values()), default=0.0))
            await self._forget_erased()
            self._enter(Phase.AT_REST)
            if not self._work_waits():
                await asyncio.sleep(max(0.0, PACE_SECONDS - (time.monotonic() - started)))
            if not stop.is_set():
                self._enter(Phase.IN_ROUND)

    def _enter(self, phase: Phase) -> None:
        self._phase = phase

    async def _begin(self) -> None:
        cursor = await self._redis.get(keys.cursor(self._lease.partition))
        self._reader.position = before(cursor.decode()) if cursor else FIRST
        self._cursor_written = after(self._reader.position)
        if cursor:
            self._quarantine.since(cursor.decode())

    async def _begin_again(self, error: Exception) -> None:
        """Reload all sessions from their checkpoints after an error: the failed step may have left some partly
        changed."""
        log.error("partition %d: a step failed (%s); returning to the checkpoints", self._lease.partition, error)
        await self._give_up()
        self._sessions.clear()
        self._pauses.begin_again()
        await self._begin()

    def _work_waits(self) -> bool:
        return any(
            session.queue.oldest is not None and session.trial is None and not self._transcripts.hold(session)
            for session in self._sessions.values()
        )

    async def _read_ahead(self) -> None:
        """Move new chunks into the sessions' queues. Wait for some only if no chunk is queued."""
        longest = WORDS_BLOCK_SECONDS if self._transcripts.waiting else READ_BLOCK_SECONDS
        wait = min(longest, self._settings.redis_timeout / 2)
        block = None if self._work_waits() else int(wait * 1000)
        size = 0
        while size < READ_BYTES:
            self._enter(Phase.IN_ROUND if block is None else Phase.AT_REST)
            chunks = await self._reader.read(block)
            self._enter(Phase.IN_ROUND)
            await self._take_in(chunks)
            if self._reader.at_end:
                return
            size += sum(len(chunk.pcm) for chunk in chunks)
            block = None

    async def _take_in(self, chunks: Sequence[Chunk]) -> None:
        first: dict[str, str] = {}
        for chunk in chunks:
            first.setdefault(chunk.session_id, chunk.entry_id)
        await self._load({sid: entry_id for sid, entry_id in first.items() if sid not in self._sessions})
        for chunk in chunks:
            if chunk.session_id in self._sessions:
                self._sessions[chunk.session_id].queue.take_in(chunk)
            self._reader.position = chunk.entry_id

    async def _fetch_left(self) -> None:
        """Fetch the chunks left behind because a queue was full, now that it has room."""
        wanted = [(session.queue, left) for session in self._sessions.values() if (left := session.queue.wanted())]
        if not wanted:
            return
        chunks = iter(await self._reader.fetch([one for _, left in wanted for one in left]))
        for queue, left in wanted:
            queue.fetched(left, [chunk for chunk in islice(chunks, len(left)) if chunk is not None])

    def _turns(self) -> _Turns:
        now = time.monotonic()
        for session in self._sessions.values():
            session.queue.earn(now - self._turned_at)
        self._turned_at = now
        free = [s for s in self._sessions.values() if s.trial is None and not self._transcripts.hold(s)]
        chosen = {id(queue) for queue in whose_turn(session.queue for session in free)}
        return [
            (session, session.queue.turn(self._quarantine.alone)) for session in free if id(session.queue) in chosen
        ]

    async def _process(self, turns: _Turns) -> list[tuple[HeldSession, Activity]]:
        """Process each session's turn: all in one step, except for suspected chunks."""
        together = [(session, turn) for session, turn in turns if not self._quarantine.alone(turn[0])]
        heard = await self._step([(session, turn) for session, turn in together if not session.deaf])
        for session, (chunk, *_) in [(s, turn) for s, turn in turns if self._quarantine.alone(turn[0])]:
            if chunk.fault is not None:
                await self._set_aside(session, chunk, chunk.fault)
            elif self._quarantine.needs_trial(chunk) and not session.hearing.heard(chunk):
                self._quarantine.begin_trial(session, chunk)
            else:
                self._quarantine.try_alone(chunk)
                heard += await self._step([(session, [chunk])], alone=True)
        for session, turn in together:
            if session.deaf and turn[-1].end is not None:
                session.end_unheard(turn[-1].end)
        return heard

    async def _step(self, turns: _Turns, *, alone: bool = False) -> list[tuple[HeldSession, Activity]]:
        """Call the models once. The note tells the next holder what the call contained, in case it ends this
        process."""
        if not turns:
            return []
        for session, turn in turns:
            session.takes(turn[0])
        chunks = [chunk for _, turn in turns for chunk in turn]
        await self._quarantine.note(chunks)
        try:
            outcomes = await self._infer([(session.hearing, turn) for session, turn in turns], alone=alone)
        except StepFailedError:
            self._quarantine.suspect(chunks)
            raise
        self._quarantine.clear(chunks)
        for (session, turn), outcome in zip(turns, outcomes, strict=True):
            session.heard(outcome)
            self._inference.load.heard(session.session_id, session.queue.seconds(turn))
            if outcome.hearing.ending is not None:
                self._inference.load.ended(session.session_id)
        await self._count_told([event for outcome in outcomes for event in outcome.events])
        return [(session, outcome.activity) for (session, _), outcome in zip(turns, outcomes, strict=True)]

    async def _infer(self, work: Work, *, alone: bool = False) -> list[Outcome]:
        self._enter(Phase.IN_LINE)
        try:
            return await self._inference.step(work, partial(self._enter, Phase.IN_MODELS), alone=alone)
        finally:
            self._enter(Phase.IN_ROUND)

    async def _pass_time(self, now_ms: int) -> list[tuple[HeldSession, Activity]]:
        """Process the time that has passed in sessions that have sent nothing."""
        async for loaded in self._pauses.unloaded(self._sessions):
            self._hold(loaded, needed=None)
            if loaded.trouble is not None:
                await self._count(loaded.trouble)
        heard = await self._pauses.let_rest(self._waiting(), now_ms)
        async for loaded in self._pauses.without_audio(self._sessions):
            self._hold(loaded, needed=None)
        return heard + await self._pauses.invent(self._waiting(), now_ms)

    def _waiting(self) -> list[HeldSession]:
        """Return the sessions that wait for chunks. One whose end was just processed gets no further event."""
        return [
            session
            for session in self._sessions.values()
            if session.queue.oldest is None
            and session.trial is None
            and not session.deaf
            and session.hearing.ending is None
        ]

    async def _conclude_trials(self) -> None:
        for session, chunk, result in self._quarantine.concluded(self._sessions.values()):
            if isinstance(result, Failed):
                await self._set_aside(session, chunk, result.how)
            else:
                self._quarantine.adopt(session, chunk, result)
                await self._count_told(result.events)

    def _note_who_caught_up(self) -> None:
        if self._reader.at_end:
            for session in self._sessions.values():
                session.catching_up &= session.queue.behind

    async def _take_words(self) -> None:
        """Store the words that have arrived, and end the sessions that were waiting only for them."""
        stored: list[StoredEvent] = []
        for session in self._sessions.values():
            events = self._transcripts.take(session)
            if session.trial is None and not session.ended and (last := session.hearing.conclude()):
                events, session.ended = [*events, *last], True
            session.pending += events
            stored += events
        await self._count_told(stored)

    def _ask_for_words(self) -> list[tuple[str, str]]:
        """Request the words of new speech; return (session, partial transcript to publish)."""
        partials: list[tuple[str, str]] = []
        for session in self._sessions.values():
            self._transcripts.ask(session)
            partial_transcript = self._transcripts.partial(session)
            if partial_transcript is not None:
                partials.append((session.session_id, partial_transcript))
        return partials

    async def _set_aside(self, session: HeldSession, chunk: Chunk, why: str) -> None:
        self._quarantine.set_aside(session, chunk, why)
        await self._count(trouble_with(chunk))

    async def _count(self, trouble: Trouble) -> None:
        """Count each finding; after a crash before the commit, the next worker finds and counts it again."""
        with suppress(*AWAY):  # its server may be away though the partition's is not, or out of memory
            await self._links.general.hincrby(keys.TROUBLES, trouble, 1)  # type: ignore[misc]

    async def _count_told(self, events: Iterable[StoredEvent]) -> None:
        """Count the service events among `events`."""
        for event in events:
            if event.kind == "service-event":
                await self._count(orjson.loads(event.data)["code"])

    async def _load(self, strangers: Mapping[str, str]) -> None:
        """Load sessions not seen since the lease began, given as session id → first chunk; those without a record were
        erased."""
        if not strangers:
            return
        for found in await find(self._redis, self._lease.partition, list(strangers)):
            loaded = await load_session(self._redis, found, self._backend, transcribes=self._transcripts.on)
            if loaded is not None:
                self._hold(loaded, needed=strangers[found.session_id])
                if loaded.trouble is not None:
                    await self._count(loaded.trouble)
            elif found.fields == {}:
                await self._erased.take_off(found.session_id)

    def _hold(self, loaded: LoadedSession, *, needed: str | None) -> None:
        session = HeldSession(loaded.hearing, loaded.record, SessionQueue(loaded.record.sample_rate), needed)
        session.committed = loaded.hearing.position
        session.pending += loaded.events
        session.deaf = loaded.deaf
        self._sessions[session.session_id] = session

    def _is_due(self, session: HeldSession) -> bool:
        return session.due or session.stalled(self._reader.position, self._stall_seconds)

    async def _commit(self, due: Sequence[HeldSession]) -> None:
        progress: list[Progress] = []
        for batch in batches(due, FROZEN_AT_ONCE):
            for session in batch:
                alone = session.stalled(self._reader.position, self._stall_seconds)
                progress.append(session.take_progress(self._backend, alone=alone))
            await asyncio.sleep(0)
        cursor = self._cursor(due)
        if not due and cursor == self._cursor_written:
            return
        if any(session.ended for session in due):
            await self._note_deletions()
        received = await commit(self._redis, self._lease, cursor, progress, self._settings)
        self._cursor_written = cursor
        self._quarantine.since(cursor)
        for session in due:
            total = received[session.session_id]
            if session.ended or total is None:
                self._forget(session.session_id)
            if total is None:
                await self._erased.take_off(session.session_id)
            elif not session.ended:
                session.lag = max(0.0, total / session.queue.rate - session.hearing.position / PIPELINE_RATE)

    async def _note_deletions(self) -> None:
        """Note that a session ends: its audio is no longer needed now, the rest once its retention runs out."""
        with suppress(*AWAY):  # in a cluster, another node's absence must not end this lease
            general, delay = self._links.general, self._settings.rewrite_delay
            await note_deletion(general, max(AUDIO_REWRITE_SECONDS, delay))
            await note_deletion(general, delay, self._settings.ended_expiry)

    def _forget(self, session_id: str) -> None:
        self._transcripts.forget(session_id)
        trial = self._sessions.pop(session_id).trial
        if trial is not None:
            trial.verdict.cancel()

    def _cursor(self, due: Iterable[HeldSession]) -> str:
        """Return the oldest chunk that any session needs once those in `due` are committed."""
        ended = {session.session_id for session in due if session.ended}
        needed = [s.oldest for sid, s in self._sessions.items() if sid not in ended and s.oldest is not None]
        return min([*needed, after(self._reader.position)], key=order)

    async def _publish_live(
        self, heard: Iterable[tuple[HeldSession, Activity]], partials: Iterable[tuple[str, str]]
    ) -> None:
        """Publish what is not stored, after the commit, so that the last status of a silent session has no outdated
        lag."""
        pipe = self._redis.pipeline(transaction=False)
        for session, activity in heard:
            if session.session_id not in self._sessions:
                continue  # ended or erased
            suspicion, position = session.hearing.misreading.suspicion, session.hearing.position / PIPELINE_RATE
            payload = session.status.update(activity, position, session.lag, suspicion)
            if payload is not None:
                pipe.publish(keys.status_channel(session.session_id), payload)
        for session_id, partial_transcript in partials:
            pipe.publish(keys.words_channel(session_id), partial_transcript)
        await pipe.execute()  # sends nothing when nothing is queued

    async def _forget_erased(self) -> None:
        """Drop erased sessions that no step would notice; they would stay in memory forever."""
        for session_id in await self._erased.look(list(self._sessions)):
            self._forget(session_id)
