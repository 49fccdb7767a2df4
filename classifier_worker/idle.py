"""Ends sessions that nobody sends to or listens to any more, and sweeps partitions that fell out of use."""

import time
from dataclasses import dataclass
from typing import Final

from redis.asyncio import Redis

from shared import keys
from shared.pcm_stream import END
from shared.settings import Settings

_JUMP_SECONDS: Final = 2.0


@dataclass(slots=True)
class ServerClock:
    """Notices when Redis' clock jumps ahead: every presence seems to have run out then, until gateways renew it."""

    seen: tuple[float, float] | None = None
    """Redis' time and ours at the last look, s."""
    trusted_from: float = 0.0
    """Monotonic, s."""

    def trust(self, server: float, monotonic: float, grace: float) -> bool:
        """Whether presences may be judged by a clock that shows `server`; not for `grace` seconds after a jump."""
        if self.seen is not None and (server - self.seen[0]) - (monotonic - self.seen[1]) > _JUMP_SECONDS:
            self.trusted_from = monotonic + grace
        self.seen = (server, monotonic)
        return monotonic >= self.trusted_from


async def end_idle_sessions(redis: Redis, settings: Settings, clock: ServerClock | None = None) -> int:
    """Puts the end marker behind each session whose presence ran out; returns how many there were."""
    seconds, microseconds = await redis.time()
    now = seconds + microseconds / 1e6
    if clock is not None and not clock.trust(now, time.monotonic(), 2 * settings.presence_interval):
        return 0
    used = {int(partition) for partition in await redis.zrange(keys.PARTITIONS, 0, -1)}
    ended = 0
    for partition in sorted(used):
        for session_id in await redis.zrangebyscore(keys.presence(partition), "-inf", now):
            await _end(redis, partition, session_id.decode())
            ended += 1
    await _sweep(redis, used - set(range(settings.partitions)))
    return ended


async def _end(redis: Redis, partition: int, session_id: str) -> None:
    redis_keys = [keys.session(partition, session_id), keys.pcm(partition), keys.presence(partition)]
    await END.run(redis, redis_keys, [session_id, "idle"])


async def _sweep(redis: Redis, former: set[int]) -> None:
    """Forgets partitions above the present number once they hold neither audio nor sessions."""
    for partition in former:
        if not await redis.xlen(keys.pcm(partition)) and not await redis.zcard(keys.presence(partition)):
            await redis.zrem(keys.PARTITIONS, str(partition))
            if await redis.zcard(keys.presence(partition)):  # a gateway that still counts it in has just used it
                await redis.zadd(keys.PARTITIONS, {str(partition): (await redis.time())[0]})
