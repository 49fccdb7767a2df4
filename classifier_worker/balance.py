"""Who holds how many partitions: workers share them out fairly as they come and go.

Each worker says once a second that it lives, offers every free partition as an arq job whose id names the
partition and its next epoch (so that all workers' offers are one job), and gives back what exceeds its share.
"""

import asyncio
import logging
import time
from dataclasses import dataclass, field
from typing import Final

import orjson
from arq.connections import ArqRedis
from arq.constants import in_progress_key_prefix, job_key_prefix, retry_key_prefix
from redis.asyncio import Redis

from classifier_worker.load import LoadMeter
from shared import keys
from shared.lua import Script
from shared.settings import Settings

log = logging.getLogger(__name__)

LEASE_JOB: Final = "hold_partition"
TICK_SECONDS: Final = 1.0
MODEL_EXPIRY: Final = 60
"""Seconds that GET /model still knows the model after the last worker went."""

_ALIVE = Script("""
-- KEYS workers; ARGV worker, seconds → number of live workers
local now = redis.call('TIME')
now = now[1] + now[2] / 1000000
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
return redis.call('ZCARD', KEYS[1])
""")


def job_id(partition: int, epoch: int) -> str:
    return f"partition-{partition}-{epoch}"


@dataclass(slots=True)
class Balance:
    """One worker's view of the fleet."""

    redis: Redis
    settings: Settings
    worker_id: str
    card: dict[str, object]
    load: LoadMeter
    held: dict[int, asyncio.Event] = field(default_factory=dict)
    """Partition → set it to have its lease given back."""
    share: int = 1
    leaving: bool = False
    ticked: tuple[float, float] = field(default_factory=lambda: (time.monotonic(), time.thread_time()))
    """Monotonic time and event loop's CPU time at the last tick, s."""
    offered: dict[int, tuple[int, float]] = field(default_factory=dict)
    """Partition → (epoch, monotonic time since which it is on offer without anybody taking it)."""

    @property
    def full(self) -> bool:
        """Further leases should go to others."""
        return self.leaving or len(self.held) >= self.share

    async def tick(self, queue: ArqRedis) -> None:
        """One round: says that we live, offers what is free, gives back what is too much."""
        alive = await self._say_alive()
        await self._say_load()
        partitions = await self._partitions()
        self.share = -(-len(partitions) // alive)
        free = await self._free(partitions)
        for partition, epoch in free:
            await self._offer(queue, partition, epoch + 1)
            await self._free_stuck_job(queue, partition, epoch + 1)
        self.offered = {partition: self.offered[partition] for partition, _ in free}
        for partition in sorted(self.held)[self.share :]:
            self.held[partition].set()

    async def leave(self) -> None:
        """Gives every lease back; the others divide them among themselves."""
        self.leaving = True
        await self.redis.zrem(keys.WORKERS, self.worker_id)
        await self.redis.hdel(keys.LOADS, self.worker_id)  # type: ignore[misc]
        for stop in self.held.values():
            stop.set()

    async def offer_next(self, queue: ArqRedis, partition: int, epoch: int) -> None:
        """Right after a lease of `epoch` was given back: the next worker need not wait for a tick."""
        await self._offer(queue, partition, epoch + 1)

    async def _say_alive(self) -> int:
        await self.redis.set(keys.MODEL, orjson.dumps(self.card), ex=MODEL_EXPIRY)
        alive = await _ALIVE.run(self.redis, [keys.WORKERS], [self.worker_id, self.settings.lease_ttl])
        return int(str(alive))

    async def _say_load(self) -> None:
        now = (time.monotonic(), time.thread_time())
        load = self.load.tick(now[0] - self.ticked[0], now[1] - self.ticked[1])
        self.ticked = now
        async with self.redis.pipeline(transaction=False) as pipe:
            pipe.hset(keys.LOADS, self.worker_id, load.to_json())
            pipe.expire(keys.LOADS, MODEL_EXPIRY)
            pipe.hkeys(keys.LOADS)
            pipe.zrange(keys.WORKERS, 0, -1)
            *_, known, alive = await pipe.execute()
        dead = set(known) - set(alive)
        if dead:
            await self.redis.hdel(keys.LOADS, *dead)  # type: ignore[misc]

    async def _partitions(self) -> set[int]:
        """Those of new sessions, and those that sessions were put on when the number was another."""
        used = await self.redis.zrange(keys.PARTITIONS, 0, -1)
        return {*range(self.settings.partitions), *(int(partition) for partition in used)}

    async def _free(self, partitions: set[int]) -> list[tuple[int, int]]:
        """(partition, its current epoch) of those that nobody leases."""
        pipe = self.redis.pipeline(transaction=False)
        for partition in sorted(partitions):
            pipe.exists(keys.lease(partition))
            pipe.get(keys.epoch(partition))
        answers = await pipe.execute()
        found = zip(sorted(partitions), answers[::2], answers[1::2], strict=True)
        return [(partition, int(epoch or 0)) for partition, leased, epoch in found if not leased]

    async def _offer(self, queue: ArqRedis, partition: int, epoch: int) -> None:
        await self._remove_dead_job(queue, job_id(partition, epoch - 1))
        await queue.enqueue_job(LEASE_JOB, partition, epoch, _job_id=job_id(partition, epoch))

    async def _free_stuck_job(self, queue: ArqRedis, partition: int, epoch: int) -> None:
        """A worker that died between taking the job and taking the lease leaves it in progress, in arq's eyes.

        Should that worker live after all, two may now run the job: only one gets the lease.
        """
        known, since = self.offered.get(partition, (0, 0.0))
        if known != epoch:
            self.offered[partition] = (epoch, time.monotonic())
        elif time.monotonic() - since > self.settings.lease_ttl:
            await queue.delete(in_progress_key_prefix + job_id(partition, epoch))

    @staticmethod
    async def _remove_dead_job(queue: ArqRedis, dead: str) -> None:
        """The job of a worker that was killed would else stay queued until arq's own time-out."""
        pipe = queue.pipeline(transaction=True)
        pipe.zrem(keys.QUEUE, dead)
        pipe.delete(job_key_prefix + dead, in_progress_key_prefix + dead, retry_key_prefix + dead)
        await pipe.execute()
