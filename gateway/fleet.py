"""Whether a new session may start: as long as the workers have measured that they can follow it."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

from gateway.metrics import Metrics
from gateway.problem import Unavailable
from shared import keys
from shared.lua import Script
from shared.redis_link import Links
from shared.settings import Settings
from shared.worker_load import WorkerLoad

HYSTERESIS: Final = 0.1
"""A fleet that was full takes sessions again once its load is so far under the limit."""
_FRESH_SECONDS: Final = 1.0
"""Workers publish once a second: looking more often shows nothing new."""
_UNSEEN_SECONDS: Final = 6
"""What started so recently counts on top of the measured load, which is an average over 5 s, a second old at most."""
_RETRY_AFTER: Final = 5

_FULL: Final = (
    "Linnet is following as many conversations as it can at the moment, and would fall behind with one more. "
    "Try again in a few seconds."
)
_NO_WORKER: Final = (
    "Nothing is reading the sound at the moment: no worker is alive, so a new session would wait without end. "
    "Try again in a few seconds."
)

ALIVE = Script("""
-- KEYS workers → those that live
local now = redis.call('TIME')
return redis.call('ZRANGEBYSCORE', KEYS[1], now[1] + now[2] / 1000000, '+inf')
""")

ADMIT = Script("""
-- Counts a start, on whichever gateway, unless there is no room for it on top of the recent ones.
-- KEYS starts; ARGV room, seconds that a start counts → 1 or 0
local now = tonumber(redis.call('TIME')[1])
local recent = 0
local counts = redis.call('HGETALL', KEYS[1])
for i = 1, #counts, 2 do
  if tonumber(counts[i]) > now - tonumber(ARGV[2]) then
    recent = recent + tonumber(counts[i + 1])
  else
    redis.call('HDEL', KEYS[1], counts[i])
  end
end
if recent >= tonumber(ARGV[1]) then return 0 end
redis.call('HINCRBY', KEYS[1], now, 1)
redis.call('EXPIRE', KEYS[1], ARGV[2] * 2)
return 1
""")


@dataclass(frozen=True, slots=True)
class Fleet:
    """The live workers."""

    workers: Sequence[WorkerLoad] = ()

    @property
    def load(self) -> float:
        """Mean share of their time that is needed, 0…1."""
        return sum(worker.load for worker in self.workers) / len(self.workers) if self.workers else 0.0

    @property
    def lag(self) -> float:
        """Largest lag of a session, s."""
        return max((worker.lag for worker in self.workers), default=0.0)

    def room(self, limit: float) -> int:
        """Sessions that fit on top until each worker's load is `limit`."""
        return sum(worker.room(limit) for worker in self.workers)


class FleetGate:
    """One gateway's view of the fleet, at most a second old, and the starts that all gateways count together."""

    def __init__(self, settings: Settings, links: Links, metrics: Metrics) -> None:
        self._settings = settings
        self._links = links
        self._metrics = metrics
        self._fleet = Fleet()
        self._read_at = float("-inf")
        self._alive_at = time.monotonic()
        self._reading = asyncio.Lock()
        self.full = False
        """The last start was refused."""

    async def fleet(self) -> Fleet:
        """The live workers as they last described themselves."""
        async with self._reading:
            if time.monotonic() - self._read_at >= _FRESH_SECONDS:
                await self.look()
            return self._fleet

    async def look(self) -> Fleet:
        """The live workers as they describe themselves now."""
        alive = cast(list[bytes], await ALIVE.run(self._links.general, [keys.WORKERS], []))
        loads: dict[bytes, bytes] = await self._links.general.hgetall(keys.LOADS)  # type: ignore[misc]
        self._fleet = Fleet([WorkerLoad.from_json(loads.get(worker)) for worker in alive])
        self._read_at = time.monotonic()
        if alive:
            self._alive_at = self._read_at
        self._metrics.workers.set(len(alive))
        self._metrics.fleet_load.set(self._fleet.load)
        self._metrics.fleet_lag.set(self._fleet.lag)
        return self._fleet

    async def admit(self) -> None:
        """Counts one more session. Raises Unavailable when it cannot be followed."""
        if not self._settings.max_load:
            return
        fleet = await self.fleet()
        if not fleet.workers:
            # Workers that restart find what waits for them, as long as senders need not be slowed down.
            if time.monotonic() - self._alive_at > self._settings.backlog_seconds:
                self._refuse(_NO_WORKER, "no_worker")
            return
        limit = self._settings.max_load - (HYSTERESIS if self.full else 0.0)
        self.full = not await ADMIT.run(self._links.general, [keys.STARTS], [fleet.room(limit), _UNSEEN_SECONDS])
        if self.full:
            self._refuse(_FULL, "fleet_full")

    def _refuse(self, detail: str, reason: str) -> None:
        self._metrics.starts_refused.inc()
        raise Unavailable(detail, reason, _RETRY_AFTER)
