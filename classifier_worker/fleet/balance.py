"""Partition balancing: workers share the partitions evenly as they come and go.

Each worker sends a heartbeat once a second, offers every free partition as an arq job whose id names the partition and
its next epoch (so that all workers' offers are one job), and gives back what exceeds its share. It checks its share
again as soon as any worker offers a partition, because the fleet may have become smaller.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import orjson
from arq.connections import ArqRedis
from redis.asyncio import Redis
from redis.exceptions import OutOfMemoryError

from classifier_worker.fleet.arq_leases import LINK_LOST, offer, withdraw
from classifier_worker.fleet.load_meter import LoadMeter
from shared import keys
from shared.settings import Settings
from shared.store.links import AWAY, Links
from shared.store.lua import Argument, Script

TICK_SECONDS: Final = 1.0
LEAST_TICK_SECONDS: Final = 0.1
"""Fewest seconds between two rounds, however many offers arrive."""
MODEL_EXPIRY: Final = 60
"""Seconds for which GET /model still knows the model after the last worker has left."""

_ALIVE = Script(__file__, "alive", when_full="sorted set")


def share_of(worker: str, workers: Iterable[str], partitions: int) -> int:
    """Return how many partitions are `worker`'s share; the shares of all `workers` add up to all partitions.

    Shares differ by at most one; the workers first by name have the larger ones. (With ⌈partitions / workers⌉ for
    everyone, the third worker of four partitions could be left with none.)
    """
    names = sorted({worker, *workers})
    each, rest = divmod(partitions, len(names))
    return each + (names.index(worker) < rest)


@dataclass(slots=True)
class Balance:
    """One worker's view of the fleet."""

    links: Links
    settings: Settings
    worker_id: str
    card: dict[str, object]
    load: LoadMeter
    held: dict[int, asyncio.Event] = field(default_factory=dict)
    """Partition → event to set so that its lease is given back."""
    share: int = 1
    wanted: set[int] = field(default_factory=set)
    """Partitions that a worker must hold, as of the last round: a session may be on them, or may be put on them."""
    first: bool = False
    """Whether this is the first live worker by name, which does the work that only one must do."""
    leaving: bool = False
    ticked: tuple[float, float] = field(default_factory=lambda: (time.monotonic(), time.thread_time()))
    """Monotonic time and event loop's CPU time at the last tick, s."""
    look: asyncio.Event = field(default_factory=asyncio.Event)
    """Set to start the next round at once."""
    offered: dict[int, tuple[int, float]] = field(default_factory=dict)
    """Partition → (epoch, monotonic time since which it has been on offer without being taken)."""

    @property
    def full(self) -> bool:
        """Return whether further leases should go to other workers."""
        return self.leaving or len(self.held) >= self.share

    async def keep(self, queue: ArqRedis, take: Callable[[int, int], object]) -> None:
        """Run a round every second, and at once when asked to, until cancelled.

        `take` is called with (partition, epoch) for each lease to take although no job could be queued for it.
        """
        while True:
            self.look.clear()
            # Leases are kept while the queue or the server with the list of workers is away: the leases' own servers
            # may be up.
            with suppress(*LINK_LOST):
                for partition, epoch in await self.tick(queue):
                    if self.may_take(partition):
                        take(partition, epoch)
            await asyncio.sleep(LEAST_TICK_SECONDS)
            with suppress(TimeoutError):
                # Not wait_for: before Python 3.12 it swallows a cancellation that arrives together with the event.
                async with asyncio.timeout(TICK_SECONDS - LEAST_TICK_SECONDS):
                    await self.look.wait()

    def may_take(self, partition: int) -> bool:
        """Return whether this worker would hold the partition if it got its lease."""
        return not self.full and partition in self.wanted and partition not in self.held

    def on_new_offer(self) -> None:
        """React to a returned partition: if its worker is leaving, our share has grown.

        React even while there is room: of several workers that leave at once, only the first may be known yet.
        """
        if not self.leaving:
            self.look.set()

    async def tick(self, queue: ArqRedis) -> list[tuple[int, int]]:
        """Run one round: report that this worker is alive, offer free partitions, give back surplus ones.

        Returns (partition, epoch) of offers that the queue has no memory for. A worker with room should take one
        unasked: only processing audio makes room again.
        """
        alive = await self._say_alive()
        with suppress(OutOfMemoryError):  # the last figures published remain
            await self._say_load()
        self.first = self.worker_id == min(alive, default=None)
        used = await self._used()
        self.wanted = used | set(range(self.settings.partitions))
        self.share = share_of(self.worker_id, alive, len(self.wanted))
        free = await self._free(self.wanted)
        starved = sum(partition in used and self._on_offer_too_long(partition, epoch + 1) for partition, epoch in free)
        no_memory: list[tuple[int, int]] = []
        for partition, epoch in free:
            try:
                await self._offer(queue, partition, epoch + 1)
            except OutOfMemoryError:
                no_memory.append((partition, epoch + 1))
        self.offered = {partition: self.offered[partition] for partition, _ in free}
        for partition in self._surplus(used, starved):
            self.held[partition].set()
        return no_memory

    def _surplus(self, used: set[int], starved: int) -> set[int]:
        """Return the held partitions to give back: what exceeds the share, those without sessions first.

        `starved`: number of partitions with sessions that no worker takes, because those with another LINNET_PARTITIONS
        compute other shares. Each replaces a partition without sessions.
        """
        kept = sorted(self.held.keys() & self.wanted, key=lambda partition: (partition not in used, partition))
        del kept[self.share :]
        if len(kept) == self.share:
            idle = len(set(kept) - used)
            del kept[len(kept) - min(idle, starved) :]
        return self.held.keys() - set(kept)

    async def leave(self) -> None:
        """Give every lease back; the other workers share them. No tick may be under way."""
        self.leaving = True
        await self.links.general.zrem(keys.WORKERS, self.worker_id)
        await self.links.general.hdel(keys.LOADS, self.worker_id)  # type: ignore[misc]
        for stop in self.held.values():
            stop.set()

    async def offer_next(self, queue: ArqRedis, partition: int, epoch: int) -> None:
        """Offer a partition right after its lease of `epoch` is returned, without waiting for a tick."""
        await withdraw(queue, partition, epoch)
        if partition in self.wanted:
            await offer(queue, partition, epoch + 1)

    async def _say_alive(self) -> list[str]:
        args: list[Argument] = [self.worker_id, self.settings.lease_ttl, orjson.dumps(self.card), MODEL_EXPIRY]
        alive = await _ALIVE.run(self.links.general, [keys.WORKERS, keys.MODEL], args)
        return [name.decode() for name in alive] if isinstance(alive, list) else []

    async def _say_load(self) -> None:
        now = (time.monotonic(), time.thread_time())
        load = self.load.tick(now[0] - self.ticked[0], now[1] - self.ticked[1])
        self.ticked = now
        general = self.links.general
        async with general.pipeline(transaction=False) as pipe:
            pipe.hset(keys.LOADS, self.worker_id, load.to_json())
            pipe.expire(keys.LOADS, MODEL_EXPIRY)
            pipe.hkeys(keys.LOADS)
            pipe.zrange(keys.WORKERS, 0, -1)
            *_, known, alive = await pipe.execute()
        dead = set(known) - set(alive)
        if dead:
            await general.hdel(keys.LOADS, *dead)  # type: ignore[misc]

    async def _used(self) -> set[int]:
        """Return the partitions that have sessions, including those from when LINNET_PARTITIONS was different."""
        return {int(partition) for partition in await self.links.general.zrange(keys.PARTITIONS, 0, -1)}

    async def _free(self, partitions: set[int]) -> list[tuple[int, int]]:
        """Return (partition, its current epoch) of those that are not leased and whose server can be reached."""
        servers = self.links.by_server(sorted(partitions), lambda partition: partition)
        answers = await asyncio.gather(*(_free_on(redis, theirs) for redis, theirs in servers), return_exceptions=True)
        free: list[tuple[int, int]] = []
        for answer in answers:
            if isinstance(answer, AWAY):
                continue  # the other servers' partitions can still be offered
            if isinstance(answer, BaseException):
                raise answer
            free += answer
        return sorted(free)

    async def _offer(self, queue: ArqRedis, partition: int, epoch: int) -> None:
        """Offer a free partition, and again once the offer has gone unclaimed for a full lease period.

        A worker that died between taking the job and taking the lease leaves it in progress in arq's eyes, and a Redis
        that lost part of the queue leaves a job that is known but not queued. If that worker is alive after all, two
        may now run the job, but only one gets the lease.
        """
        if self.offered.get(partition, (0, 0.0))[0] != epoch:
            self.offered[partition] = (epoch, time.monotonic())
            await withdraw(queue, partition, epoch - 1)
        elif self._on_offer_too_long(partition, epoch):
            self.offered[partition] = (epoch, time.monotonic())
            await withdraw(queue, partition, epoch)
        await offer(queue, partition, epoch)

    def _on_offer_too_long(self, partition: int, epoch: int) -> bool:
        """Return whether the offer has gone unclaimed for a full lease period."""
        known, since = self.offered.get(partition, (0, 0.0))
        return known == epoch and time.monotonic() - since > self.settings.lease_ttl


async def _free_on(redis: Redis, partitions: list[int]) -> list[tuple[int, int]]:
    pipe = redis.pipeline(transaction=False)
    for partition in partitions:
        pipe.exists(keys.lease(partition))
        pipe.get(keys.epoch(partition))
    answers = await pipe.execute()
    found = zip(partitions, answers[::2], answers[1::2], strict=True)
    return [(partition, int(epoch or 0)) for partition, leased, epoch in found if not leased]
