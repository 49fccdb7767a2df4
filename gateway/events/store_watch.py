"""Check regularly whether Redis can keep what it is given; let no session start while it cannot."""

import asyncio
import logging
from typing import Final

from redis.exceptions import RedisError

from gateway.edge.problem import Unavailable
from shared.settings import Settings
from shared.store.links import Links, UnsuitableServerError, check_servers

log = logging.getLogger(__name__)

_LOOK_SECONDS: Final = 30.0
_AWAY_SECONDS: Final = 2.0


class StoreWatch:
    """One gateway's view of its servers' settings."""

    def __init__(self, settings: Settings, links: Links) -> None:
        self._settings = settings
        self._links = links
        self._unfit: str | None = None
        self._warnings: list[str] = []

    async def run(self) -> None:
        """Check until cancelled."""
        while True:
            try:
                await self.look()
            except (RedisError, OSError):
                await asyncio.sleep(_AWAY_SECONDS)  # its absence is reported elsewhere
            else:
                await asyncio.sleep(_LOOK_SECONDS)

    async def look(self) -> None:
        """Log new findings. Raises RedisError or OSError."""
        unfit, warnings = None, list[str]()
        try:
            warnings = await check_servers(self._links, self._settings)
        except UnsuitableServerError as error:
            unfit = str(error)
        if unfit is not None and unfit != self._unfit:
            log.error("New sessions are refused: %s", unfit)
        for warning in warnings:
            if warning not in self._warnings:
                log.warning("%s", warning)
        self._unfit, self._warnings = unfit, warnings

    def admit(self) -> None:
        """Raise Unavailable while acknowledged audio could not be kept."""
        if self._unfit is not None:
            raise Unavailable(f"Linnet cannot store audio reliably at the moment. {self._unfit}", "store_unfit")
