"""The lease of one partition: who may write it, fenced by an epoch that only grows."""

import asyncio
from dataclasses import dataclass

from redis.asyncio import Redis

from shared import keys
from shared.lua import Script

_ACQUIRE = Script("""
-- KEYS lease, epoch; ARGV holder, wanted epoch, ms → 1 when the lease is ours
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local epoch = tonumber(redis.call('GET', KEYS[2]) or '0')
if epoch + 1 ~= tonumber(ARGV[2]) then return 0 end
redis.call('SET', KEYS[2], ARGV[2])
redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'epoch', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
""")

_RENEW = Script("""
-- KEYS lease; ARGV epoch, ms → 1 while the lease is ours
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
""")

_RELEASE = Script("""
-- KEYS lease; ARGV epoch
if redis.call('HGET', KEYS[1], 'epoch') == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
""")


class LeaseLostError(Exception):
    """Another worker holds the partition, or nobody: nothing more may be written under this epoch."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write `partition` as long as `epoch` stands in its lease key."""

    partition: int
    epoch: int
    ttl: float
    """Seconds that it lasts without renewal."""

    async def renew(self, redis: Redis) -> None:
        """Raises LeaseLostError when it is no longer ours."""
        if not await _RENEW.run(redis, [keys.lease(self.partition)], [self.epoch, self.ttl_ms]):
            raise LeaseLostError(f"the lease of partition {self.partition} went to another worker")

    async def keep(self, redis: Redis) -> None:
        """Renews until cancelled. Raises LeaseLostError."""
        while True:
            await asyncio.sleep(self.ttl / 3)
            await self.renew(redis)

    async def release(self, redis: Redis) -> None:
        """Lets the next worker in at once."""
        await _RELEASE.run(redis, [keys.lease(self.partition)], [self.epoch])

    @property
    def ttl_ms(self) -> int:
        return int(self.ttl * 1000)


async def acquire(redis: Redis, partition: int, epoch: int, holder: str, ttl: float) -> Lease | None:
    """The lease, if the partition is free and `epoch` is its next one."""
    lease = Lease(partition, epoch, ttl)
    granted = await _ACQUIRE.run(redis, [keys.lease(partition), keys.epoch(partition)], [holder, epoch, lease.ttl_ms])
    return lease if granted else None
