"""End sessions without sender or listener, and remove partitions that are no longer in use."""

import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from redis.asyncio import Redis

from shared import keys
from shared.contract.pcm_stream import END
from shared.settings import Settings
from shared.store.links import AWAY, Links
from shared.store.lua import Script

IDLE_LOOK_SECONDS: Final = 5.0
_JUMP_SECONDS: Final = 2.0

_HELD = Script(__file__, "held")


@dataclass(slots=True)
class ServerClock:
    """Notices when Redis' clock jumps ahead: every presence then seems to have run out until gateways renew it."""

    seen: tuple[float, float] | None = None
    """Redis' time and ours at the last check, s."""
    trusted_from: float = 0.0
    """Monotonic, s."""

    def trust(self, server: float, monotonic: float, grace: float) -> bool:
        """Return whether presences may be judged by a clock that shows `server`; not for `grace` seconds after a
        jump."""
        if self.seen is not None and (server - self.seen[0]) - (monotonic - self.seen[1]) > _JUMP_SECONDS:
            self.trusted_from = monotonic + grace
        self.seen = (server, monotonic)
        return monotonic >= self.trusted_from


@dataclass(slots=True)
class ServerClocks:
    """One for each server: the nodes of a cluster may differ."""

    of: dict[Redis, ServerClock] = field(default_factory=dict)

    async def now(self, redis: Redis, grace: float) -> float | None:
        """Return the server's time, s; None while it must not be trusted."""
        seconds, microseconds = await redis.time()
        now = float(seconds + microseconds / 1e6)
        trusted = self.of.setdefault(redis, ServerClock()).trust(now, time.monotonic(), grace)
        return now if trusted else None


async def end_idle_sessions(links: Links, settings: Settings, clocks: ServerClocks | None = None) -> int:
    """Append the end marker to each session whose presence ran out; return how many there were."""
    clocks = clocks or ServerClocks()
    used = {int(partition) for partition in await links.general.zrange(keys.PARTITIONS, 0, -1)}
    ended = 0
    for partition in sorted(used):
        with suppress(*AWAY):  # the other partitions' servers may be reachable
            ended += await _end_idle_of(links.of(partition), partition, clocks, settings)
    await _sweep(links, used - set(range(settings.partitions)))
    return ended


async def _end_idle_of(redis: Redis, partition: int, clocks: ServerClocks, settings: Settings) -> int:
    now = await clocks.now(redis, 2 * settings.presence_interval)
    if now is None:
        return 0
    idle = await redis.zrangebyscore(keys.presence(partition), "-inf", now)
    for session_id in idle:
        await _end(redis, partition, session_id.decode())
    return len(idle)


async def _end(redis: Redis, partition: int, session_id: str) -> None:
    redis_keys = [keys.session(partition, session_id), keys.pcm(partition), keys.presence(partition)]
    await END.run(redis, redis_keys, [session_id, "idle"])


async def _sweep(links: Links, former: set[int]) -> None:
    """Forget partitions above the present number once they have neither audio nor sessions."""
    for partition in former:
        redis = links.of(partition)
        if not await _held_by(redis, partition):
            await links.general.zrem(keys.PARTITIONS, str(partition))
            if await _held_by(redis, partition):  # a gateway that still uses it has just put a session on it
                await links.general.zadd(keys.PARTITIONS, {str(partition): (await links.general.time())[0]})


async def _held_by(redis: Redis, partition: int) -> object:
    return await _HELD.run(redis, [keys.pcm(partition), keys.presence(partition)], [])
