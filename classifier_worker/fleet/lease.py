"""The lease of one partition: who may write it, fenced by an epoch that only grows."""

import asyncio
from dataclasses import dataclass, field, replace

from redis.asyncio import Redis

from shared import keys
from shared.store.lua import Argument, Script

_ACQUIRE = Script(__file__, "acquire", when_full="hash")

_RENEW = Script(__file__, "renew")

_RELEASE = Script(__file__, "release", when_full="hash")


class LeaseLostError(Exception):
    """Another worker holds the partition, or none does: nothing more may be written under this epoch."""


class RewoundError(LeaseLostError):
    """Redis has come back without the last writes: continue from what Redis has."""


@dataclass(frozen=True, slots=True)
class Inheritance:
    """What the previous holder left behind."""

    orderly: bool
    """Whether it returned the partition itself. Otherwise it died, was frozen, or lost Redis."""
    hearing: bytes
    """The value of `keys.hearing`; empty if there was none."""


@dataclass(slots=True)
class Writes:
    """The number of writes that a holder has made under its lease."""

    count: int = 0


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write to `partition` as long as its `fence` is in the lease key."""

    partition: int
    epoch: int
    ttl: float
    """Seconds that the lease lasts without renewal."""
    holder: str = ""
    inherited: Inheritance = field(default_factory=lambda: Inheritance(orderly=True, hearing=b""))
    writes: Writes = field(default_factory=Writes)

    def written(self, answer: object) -> None:
        """Check the reply of a script that writes. Raises LeaseLostError when it has written nothing."""
        if answer == -1:
            raise RewoundError(f"Redis has lost the latest writes to partition {self.partition}: starting again")
        if not answer and not isinstance(answer, list):
            raise LeaseLostError(f"the lease of partition {self.partition} went to another worker")
        self.writes.count += 1

    async def renew(self, redis: Redis) -> None:
        """Check that the lease is still ours. Raises LeaseLostError."""
        if not await _RENEW.run(redis, [keys.lease(self.partition)], [self.fence, self.ttl_ms]):
            raise LeaseLostError(f"the lease of partition {self.partition} went to another worker")

    async def keep(self, redis: Redis) -> None:
        """Renew until cancelled. Raises LeaseLostError."""
        while True:
            await asyncio.sleep(self.ttl / 3)
            await self.renew(redis)

    async def release(self, redis: Redis, *, orderly: bool = True) -> None:
        """Give the lease back at once. Not `orderly`: the next holder must suspect what was being processed."""
        names = [keys.lease(self.partition), keys.handed_over(self.partition)]
        await _RELEASE.run(redis, names, [self.fence, self.epoch if orderly else ""])

    @property
    def fence(self) -> str:
        """Return the lease key's value. It includes the holder: a failover can set the counter back, so that an epoch
        is given out twice."""
        return f"{self.epoch} {self.holder}"

    @property
    def ttl_ms(self) -> int:
        return int(self.ttl * 1000)


async def acquire(redis: Redis, partition: int, epoch: int, holder: str, ttl: float) -> Lease | None:
    """Take the lease if the partition is free and `epoch` is its next one; return None otherwise."""
    lease = Lease(partition, epoch, ttl, holder)
    names = [keys.lease(partition), keys.epoch(partition), keys.handed_over(partition), keys.hearing(partition)]
    args: list[Argument] = [holder, epoch, lease.ttl_ms, lease.fence]
    answer = await _ACQUIRE.run(redis, names, args)
    if not isinstance(answer, list):
        return None
    return replace(lease, inherited=Inheritance(bool(answer[0]), answer[1]))
