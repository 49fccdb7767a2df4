"""Check for each partition whether the workers are making progress."""

import asyncio
from typing import Final, NamedTuple

from redis.asyncio import Redis

from gateway.metrics import Metrics
from shared import keys
from shared.store.batches import batches
from shared.store.links import AWAY, Links
from shared.store.lua import Script

STUCK_SECONDS: Final = 20.0
"""Longer than a healthy worker ever leaves a chunk on the stream without a commit: it writes a checkpoint after 10 s
even for an almost silent session."""

WAITS = Script(__file__, "waits")


class Progress(NamedTuple):
    """The number of partitions of each kind."""

    waiting: int = 0
    """Those with audio on the stream: not yet processed, or needed for a future window."""
    stuck: int = 0
    """Those of them on which no worker has made progress for STUCK_SECONDS."""


class ProgressWatch:
    """Check every partition that has ever had a session."""

    def __init__(self, links: Links, metrics: Metrics) -> None:
        self._links = links
        self._metrics = metrics

    async def look(self) -> Progress:
        """Return the present state. Raises one of AWAY."""
        used = await self._links.general.zrange(keys.PARTITIONS, 0, -1)
        servers = self._links.by_server(sorted(int(partition) for partition in used), lambda partition: partition)
        answers = await asyncio.gather(*(_waits_on(redis, theirs) for redis, theirs in servers), return_exceptions=True)
        waits: list[int] = []
        for answer in answers:
            if isinstance(answer, AWAY):
                continue  # calls for sessions there report it
            if isinstance(answer, BaseException):
                raise answer
            waits += answer
        progress = Progress(len(waits), sum(wait > STUCK_SECONDS * 1000 for wait in waits))
        self._metrics.partitions_stuck.set(progress.stuck)
        return progress


async def _waits_on(redis: Redis, partitions: list[int]) -> list[int]:
    waits: list[int] = []
    for batch in batches(partitions):
        async with redis.pipeline(transaction=False) as pipe:
            for index, partition in enumerate(batch):
                WAITS.queue(pipe, [keys.pcm(partition), keys.pcm_flow(partition)], [], first=index == 0)
            waits += [int(wait) for wait in await pipe.execute() if wait is not None]
    return waits
