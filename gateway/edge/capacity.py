"""Decide from the workers' measurements whether they can keep up with one more session.

A start reserves nothing; otherwise silent sessions would use up the fleet. It is refused while speaking sessions leave
no room. A session reserves room when it begins to speak; if several begin at once and there is too little, some wait.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

from redis.exceptions import OutOfMemoryError

from gateway.edge.problem import Unavailable
from gateway.metrics import Metrics
from shared import keys
from shared.contract.worker_load import WorkerLoad
from shared.settings import Settings
from shared.store.links import AWAY, Links
from shared.store.lua import Argument, Script

HYSTERESIS: Final = 0.1
"""A full fleet accepts sessions again once its load is this far below the limit."""
_FRESH_SECONDS: Final = 1.0
"""Workers publish once a second: reading more often shows nothing new."""
_UNSEEN_SECONDS: Final = 6
"""Audio that began this recently counts on top of the measured load, an average over 5 s, at most a second old."""
RESERVES_FROM: Final = 0.2
"""Seconds of audio after which a session reserves room."""
_RETRY_AFTER: Final = 5

FULL: Final = (
    "Linnet is listening to as many conversations as it can at the moment and would fall behind with one more. "
    "Try again in a few seconds."
)
_NO_WORKER: Final = (
    "Audio is not being analysed at the moment: no worker is alive, so a new session would only wait. "
    "Try again in a few seconds."
)

LOOK = Script(__file__, "look")

ADMIT = Script(__file__, "admit")


@dataclass(frozen=True, slots=True)
class Fleet:
    """The live workers."""

    workers: Sequence[WorkerLoad] = ()
    begun: int = 0
    """Sessions whose audio began too recently for any worker to have measured them."""

    @property
    def load(self) -> float:
        """Return the mean share of the workers' time that is needed, 0…1."""
        return sum(worker.load for worker in self.workers) / len(self.workers) if self.workers else 0.0

    @property
    def lag(self) -> float:
        """Largest lag of a session, s."""
        return max((worker.lag for worker in self.workers), default=0.0)

    def room(self, limit: float) -> int:
        """Return how many more sessions fit until each worker's load reaches `limit`."""
        return sum(worker.room(limit) for worker in self.workers)

    def full(self, limit: float) -> bool:
        """Return whether there is no room for one more. False while no session speaks: measurements are then old."""
        spoken = self.begun > 0 or any(worker.sessions > 0.0 for worker in self.workers)
        return bool(self.workers) and spoken and self.room(limit) <= self.begun


class FleetGate:
    """One gateway's view of the fleet, at most a second old, and the recent starts that all gateways count together."""

    def __init__(self, settings: Settings, links: Links, metrics: Metrics) -> None:
        self._settings = settings
        self._links = links
        self._metrics = metrics
        self._fleet = Fleet()
        self._read_at = float("-inf")
        self._alive_at = time.monotonic()
        self._reading = asyncio.Lock()
        self.full = False
        """Whether new sessions are refused, as of the last check."""

    async def fleet(self) -> Fleet:
        """Return the live workers' loads as last read."""
        async with self._reading:
            if time.monotonic() - self._read_at >= _FRESH_SECONDS:
                await self.look()
            return self._fleet

    async def look(self) -> Fleet:
        """Read the live workers' loads now."""
        answer = await LOOK.run(self._links.general, [keys.WORKERS, keys.STARTS], [_UNSEEN_SECONDS])
        alive, begun = cast(tuple[list[bytes], int], answer)
        loads: dict[bytes, bytes] = await self._links.general.hgetall(keys.LOADS)  # type: ignore[misc]
        self._fleet = Fleet([WorkerLoad.from_json(loads.get(worker)) for worker in alive], begun)
        self._read_at = time.monotonic()
        self.full = bool(self._settings.max_load) and self._fleet.full(self._limit)
        if alive:
            self._alive_at = self._read_at
        self._metrics.workers.set(len(alive))
        self._metrics.fleet_load.set(self._fleet.load)
        self._metrics.fleet_lag.set(self._fleet.lag)
        return self._fleet

    async def admit(self) -> None:
        """Raise Unavailable if the workers could not keep up with one more session."""
        if not self._settings.max_load:
            return
        fleet = await self.fleet()
        if not fleet.workers:
            # Restarting workers find the waiting audio, as long as senders need not be slowed down.
            if time.monotonic() - self._alive_at > self._settings.backlog_seconds:
                self._refuse(_NO_WORKER, "no_worker")
            return
        if self.full:
            self._refuse(FULL, "fleet_full")

    async def reserve(self) -> bool:
        """Reserve room for a session that begins to speak; return whether there is any."""
        if not self._settings.max_load:
            return True
        try:
            fleet = await self.fleet()
            if not fleet.workers:
                return True  # the next worker finds the audio
            args: list[Argument] = [fleet.room(self._limit), _UNSEEN_SECONDS]
            taken = bool(await ADMIT.run(self._links.general, [keys.STARTS], args))
        except (*AWAY, OutOfMemoryError):
            return True  # the audio may be on another server; if not, its own error is the better one
        if not taken:
            self._metrics.starts_refused.inc()
        return taken

    @property
    def _limit(self) -> float:
        return self._settings.max_load - (HYSTERESIS if self.full else 0.0)

    def _refuse(self, detail: str, reason: str) -> None:
        self._metrics.starts_refused.inc()
        raise Unavailable(detail, reason, _RETRY_AFTER)
