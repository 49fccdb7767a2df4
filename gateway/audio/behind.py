"""Publish `behind` for sessions whose worker is dead or too slow to report it."""

import asyncio
from collections.abc import Sequence
from typing import Final

from redis.asyncio import Redis

from gateway.metrics import Metrics
from gateway.session.session_keys import Place
from shared import keys
from shared.audio import PIPELINE_RATE
from shared.store.batches import batches
from shared.store.links import AWAY, Links
from shared.store.lua import Argument, Script

BEHIND_FROM: Final = 4.0
"""Seconds of lag. A worker reports it from 2 s on and commits a session about every 2 s, so a live worker's own status
always follows this one."""
_EACH: Final = 1.0
"""Seconds between two rounds."""

TELL = Script(__file__, "tell_behind")


class Behind:
    """Collect lagging sessions and publish their status once a second, in a few round trips."""

    def __init__(self, links: Links, metrics: Metrics) -> None:
        self._links = links
        self._metrics = metrics
        self._noted: set[Place] = set()

    def note(self, place: Place, lag: float) -> None:
        """Note a session's lag, in seconds, as measured at a frame."""
        if lag > BEHIND_FROM:
            self._noted.add(place)

    async def run(self) -> None:
        """Publish once a second until cancelled."""
        while True:
            await asyncio.sleep(_EACH)
            await self.tell()

    async def tell(self) -> None:
        """Publish the status of noted sessions that still lag."""
        places, self._noted = self._noted, set()
        servers = self._links.by_server(places, lambda place: place.partition)
        await asyncio.gather(*(self._tell_on(redis, theirs) for redis, theirs in servers))

    async def _tell_on(self, redis: Redis, places: list[Place]) -> None:
        for batch in batches(places):
            await self._tell_batch(redis, batch)

    async def _tell_batch(self, redis: Redis, places: Sequence[Place]) -> None:
        async with redis.pipeline(transaction=False) as pipe:
            for index, place in enumerate(places):
                # The script checks again: the worker may since have caught up and reported it.
                args: list[Argument] = [keys.status_channel(place.session_id), PIPELINE_RATE, BEHIND_FROM]
                TELL.queue(pipe, [place.record], args, first=index == 0)
            try:
                await pipe.execute()
            except AWAY:
                self._metrics.redis_errors.inc()
