"""Sessions whose pause is so long that none of their audio may be kept (docs/design/audio-retention.md)."""

import time
from collections.abc import AsyncIterator, Collection
from contextlib import suppress
from typing import Final

from redis.asyncio import Redis

from classifier_worker.partition.session_loading import LoadedSession, UnreadableError, find, recall
from classifier_worker.pipeline.hearing import Hearing
from classifier_worker.speech.backend import Backend
from shared import keys
from shared.contract.entry_id import order

LOOK_SECONDS: Final = 1.0
_AT_ONCE: Final = 16
"""Checkpoints loaded in one round trip."""


class PauseWatch:
    """One partition's look at the time that has passed since its sessions' last chunks."""

    def __init__(self, redis: Redis, partition: int, audio_ttl: float) -> None:
        self._redis = redis
        self._partition = partition
        self._longest_pause_ms = int(audio_ttl * 1000)
        self._next_look = 0.0
        self._met = False
        self._with_audio: set[str] = set()

    async def look(self) -> int | None:
        """Redis' time, ms, once a second. To be taken before a read: whatever came earlier is among its chunks."""
        if time.monotonic() < self._next_look:
            return None
        self._next_look = time.monotonic() + LOOK_SECONDS
        seconds, microseconds = await self._redis.time()
        return int(seconds) * 1000 + int(microseconds) // 1000

    def over(self, hearing: Hearing, now_ms: int, backend: Backend) -> bool:
        """Return whether a session that has processed all its chunks up to `now_ms` has paused for too long."""
        if not hearing.sounded or not hearing.holds_audio(backend):
            return False
        return now_ms - order(hearing.sounded)[0] > self._longest_pause_ms

    async def unloaded(self, known: Collection[str], backend: Backend) -> AsyncIterator[LoadedSession]:
        """Once a lease: live sessions beside those `known` that have no chunk on the stream, but audio in a checkpoint
        that an earlier holder of the lease wrote. Their time has to run out too. What cannot be read is loaded with a
        chunk of its session."""
        if self._met:
            return
        self._met = True
        members: list[bytes] = await self._redis.zrange(keys.presence(self._partition), 0, -1)
        unloaded = [session_id for member in members if (session_id := member.decode()) not in known]
        for begin in range(0, len(unloaded), _AT_ONCE):
            for found in await find(self._redis, self._partition, unloaded[begin : begin + _AT_ONCE]):
                with suppress(UnreadableError):
                    loaded = recall(found, backend)
                    if loaded is not None and loaded.hearing.refill is None and loaded.hearing.holds_audio(backend):
                        yield loaded

    async def without_audio(self, known: Collection[str], backend: Backend) -> AsyncIterator[LoadedSession]:
        """Live sessions beside those `known` that have sent nothing: they have no chunk by which to be loaded."""
        if not backend.invents:
            return
        live = {member.decode() for member in await self._redis.zrange(keys.presence(self._partition), 0, -1)}
        self._with_audio &= live
        unloaded = sorted(live - self._with_audio - set(known))
        for begin in range(0, len(unloaded), _AT_ONCE):
            for found in await find(self._redis, self._partition, unloaded[begin : begin + _AT_ONCE]):
                with suppress(UnreadableError):
                    loaded = recall(found, backend)
                    if loaded is not None and loaded.hearing.clock is not None:
                        yield loaded
                    else:
                        self._with_audio.add(found.session_id)
