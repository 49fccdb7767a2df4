"""Sessions that have sent nothing for a while, for which only time passes.

After too long a pause none of their audio may be kept (docs/design/data-plane/audio-retention.md). The mock makes up
readings for sessions that have never sent any.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Sequence
from contextlib import suppress
from typing import Final, Protocol

from redis.asyncio import Redis

from classifier_worker.partition.session_loading import LoadedSession, UnreadableError, find, recall
from classifier_worker.partition.session_slot import HeldSession
from classifier_worker.pipeline.hearing import Hearing
from classifier_worker.pipeline.inference import StepFailedError, Work
from classifier_worker.pipeline.service_events import Trouble
from classifier_worker.pipeline.session_pipeline import Outcome, look
from classifier_worker.speech.backend import Activity, Backend
from shared import keys
from shared.contract.entry_id import order

LOOK_SECONDS: Final = 1.0
_AT_ONCE: Final = 16
"""Checkpoints loaded in one round trip."""


class Infer(Protocol):
    """Pass work to the models. Raises StepFailedError, BackendBrokenError."""

    async def __call__(self, work: Work, *, alone: bool = False) -> list[Outcome]: ...


class PauseWatch:
    """The sessions of one partition that have sent nothing for a while, checked once a second."""

    def __init__(
        self,
        redis: Redis,
        partition: int,
        backend: Backend,
        infer: Infer,
        count: Callable[[Trouble], Awaitable[None]],
        audio_ttl: float,
        *,
        transcribes: bool,
    ) -> None:
        self._redis = redis
        self._transcribes = transcribes
        self._partition = partition
        self._backend = backend
        self._infer = infer
        self._count = count
        self._longest_pause_ms = int(audio_ttl * 1000)
        self._rest_alone = False
        """Whether closing several utterances in one call has failed."""
        self.begin_again()

    def begin_again(self) -> None:
        """Forget which sessions were seen: none of them is loaded any more."""
        self._next_look = 0.0
        self._met = False
        self._with_audio: set[str] = set()

    async def now_ms(self) -> int | None:
        """Return Redis' time in ms at most once a second, otherwise None.

        Call it before a read, which then returns all that was sent before that time.
        """
        if time.monotonic() < self._next_look:
            return None
        self._next_look = time.monotonic() + LOOK_SECONDS
        seconds, microseconds = await self._redis.time()
        return int(seconds) * 1000 + int(microseconds) // 1000

    async def unloaded(self, known: Collection[str]) -> AsyncIterator[LoadedSession]:
        """Yield, once per lease, live sessions other than those `known` that have no chunk on the stream but audio in a
        checkpoint by an earlier holder of the lease. Their time must run out too. A session that cannot be read is
        loaded with its next chunk."""
        if self._met:
            return
        self._met = True
        members: list[bytes] = await self._redis.zrange(keys.presence(self._partition), 0, -1)
        unloaded = [session_id for member in members if (session_id := member.decode()) not in known]
        for begin in range(0, len(unloaded), _AT_ONCE):
            for found in await find(self._redis, self._partition, unloaded[begin : begin + _AT_ONCE]):
                with suppress(UnreadableError):
                    loaded = recall(found, self._backend, transcribes=self._transcribes)
                    if loaded is not None and loaded.hearing.refill is None and loaded.hearing.holds_audio():
                        yield loaded

    async def without_audio(self, known: Collection[str]) -> AsyncIterator[LoadedSession]:
        """Yield live sessions other than those `known` that have sent nothing: no chunk causes them to be loaded."""
        if not self._backend.invents:
            return
        live = {member.decode() for member in await self._redis.zrange(keys.presence(self._partition), 0, -1)}
        self._with_audio &= live
        unloaded = sorted(live - self._with_audio - set(known))
        for begin in range(0, len(unloaded), _AT_ONCE):
            for found in await find(self._redis, self._partition, unloaded[begin : begin + _AT_ONCE]):
                with suppress(UnreadableError):
                    loaded = recall(found, self._backend, transcribes=self._transcribes)
                    if loaded is not None and loaded.hearing.clock is not None:
                        yield loaded
                    else:
                        self._with_audio.add(found.session_id)

    async def let_rest(self, waiting: Iterable[HeldSession], now_ms: int) -> list[tuple[HeldSession, Activity]]:
        """Close the utterances of sessions that have sent nothing for longer than audio is kept."""
        quiet = [session for session in waiting if self._over(session.hearing, now_ms)]
        if not quiet:
            self._rest_alone = False
            return []
        if self._rest_alone:
            return [(quiet[0], await self._rest_afresh(quiet[0], now_ms))]
        try:
            outcomes = await self._step(quiet, now_ms)
        except StepFailedError:
            self._rest_alone = True
            raise
        for session, outcome in zip(quiet, outcomes, strict=True):
            session.rest(outcome)
        return [(session, outcome.activity) for session, outcome in zip(quiet, outcomes, strict=True)]

    def _over(self, hearing: Hearing, now_ms: int) -> bool:
        """Return whether a session that has processed all its chunks up to `now_ms` has paused for too long."""
        if not hearing.sounded or not hearing.holds_audio():
            return False
        return now_ms - order(hearing.sounded)[0] > self._longest_pause_ms

    async def _rest_afresh(self, session: HeldSession, now_ms: int) -> Activity:
        """Close one utterance; if the models fail, drop its audio and state."""
        try:
            (outcome,) = await self._step([session], now_ms, alone=True)
        except StepFailedError:
            session.hearing.begin_afresh(self._backend)
            session.pending += session.hearing.tell()
            await self._count("listening-afresh")
            return "silence"
        session.rest(outcome)
        return outcome.activity

    async def learn_of_sockets(self, sessions: Iterable[HeldSession]) -> None:
        """Learn when sessions without audio got their first audio socket, before that audio is processed."""
        clocks = [(s.session_id, s.hearing.clock) for s in sessions if s.hearing.clock is not None]
        if not clocks:
            return
        pipe = self._redis.pipeline(transaction=False)
        for session_id, _ in clocks:
            pipe.hget(keys.session(self._partition, session_id), "audio_ms")
        for (_, clock), audio_ms in zip(clocks, await pipe.execute(), strict=True):
            clock.audio_ms = int(audio_ms) if audio_ms else None

    async def invent(self, waiting: Iterable[HeldSession], now_ms: int) -> list[tuple[HeldSession, Activity]]:
        """Make readings for sessions without audio, if the backend is the mock."""
        silent = [session for session in waiting if session.hearing.clock is not None]
        if not silent:
            return []
        await self.learn_of_sockets(silent)
        outcomes = await self._step(silent, now_ms)
        for session, outcome in zip(silent, outcomes, strict=True):
            session.pending += outcome.events
        return [(session, outcome.activity) for session, outcome in zip(silent, outcomes, strict=True)]

    async def _step(self, sessions: Sequence[HeldSession], now_ms: int, *, alone: bool = False) -> list[Outcome]:
        work = [(session.hearing, [look(session.session_id, now_ms)]) for session in sessions]
        return await self._infer(work, alone=alone)
