"""A worker's part in erasing: forget sessions without a record and remove their audio from the stream."""

import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from redis.asyncio import Redis

from shared import keys
from shared.erasure.aof_schedule import note_deletion
from shared.erasure.take_off import erase_audio
from shared.store.batches import batches
from shared.store.links import AWAY, Links

LOOK_SECONDS: Final = 5.0


class Erased:
    """Finds sessions of one partition that were erased or expired."""

    def __init__(self, links: Links, redis: Redis, partition: int, rewrite_delay: float) -> None:
        self._links = links
        self._redis = redis
        self._partition = partition
        self._rewrite_delay = rewrite_delay
        self._next_look = 0.0

    async def look(self, session_ids: Sequence[str]) -> list[str]:
        """Return those of `session_ids` that no longer have a record; none between two checks.

        Also continues what a gateway had begun to erase when it died.
        """
        if time.monotonic() < self._next_look:
            return []
        self._next_look = time.monotonic() + LOOK_SECONDS
        begun: list[bytes] = await self._redis.hkeys(keys.erasing(self._partition))  # type: ignore[misc]
        gone: list[str] = []
        for batch in batches(session_ids):
            pipe = self._redis.pipeline(transaction=False)
            for session_id in batch:
                pipe.exists(keys.session(self._partition, session_id))
            gone += [one for one, exists in zip(batch, await pipe.execute(), strict=True) if not exists]
        for session_id in {*gone, *(name.decode() for name in begun)}:
            await self.take_off(session_id)
        return gone

    async def take_off(self, session_id: str) -> None:
        """Remove the session's audio from the stream and, soon after, from the append-only file."""
        if await erase_audio(self._redis, self._partition, session_id):
            with suppress(*AWAY):  # in a cluster, another node's absence must not end this lease
                await note_deletion(self._links.general, self._rewrite_delay)
