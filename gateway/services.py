"""The parts of one gateway process: links, buffers and listeners, but no session."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Final, cast

import orjson
from fastapi import Depends, Request
from starlette.types import Scope

from gateway.audio import refusal
from gateway.audio.behind import Behind
from gateway.audio.ingest import Ingest
from gateway.audio.open_sockets import OpenSockets
from gateway.edge.api_keys import ApiKeys
from gateway.edge.capacity import FleetGate
from gateway.edge.licence import Licences
from gateway.edge.limits import Limits
from gateway.edge.progress import ProgressWatch
from gateway.events.broadcast import Broadcast
from gateway.events.store_watch import StoreWatch
from gateway.events.subscriptions import Subscriptions
from gateway.metrics import Metrics
from gateway.session.presence import Presence
from shared import keys
from shared.cancelling import cancel_all
from shared.settings import Settings
from shared.store.links import AWAY
from shared.store.open import open_links

log = logging.getLogger(__name__)

_DRAIN_SECONDS: Final = 1.5


class Services:
    """The parts of a running gateway, and the tasks that keep them going."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.metrics = Metrics()
        self.limits = Limits(settings)
        self.api_keys = ApiKeys.of(settings)
        self.licences = Licences(settings.license_public_key)
        self.links = open_links(settings)
        self.subscriptions = Subscriptions(self.links, self.metrics)
        self.ingest = Ingest(settings, self.links, self.metrics)
        self.broadcast = Broadcast(settings, self.links, self.subscriptions, self.metrics)
        self.open_sockets = OpenSockets(self.subscriptions, self.metrics)
        self.presence = Presence(settings, self.links, self.metrics)
        self.fleet_gate = FleetGate(settings, self.links, self.metrics)
        self.progress = ProgressWatch(self.links, self.metrics)
        self.behind = Behind(self.links, self.metrics)
        self.store_watch = StoreWatch(settings, self.links)
        self.draining = False
        self._tasks: list[asyncio.Task[None]] = []  # strong references: the loop itself keeps only weak ones

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run everything inside the block."""
        self.subscriptions.add(keys.SESSIONS_CHANNEL, self._on_session_news)
        with contextlib.suppress(*AWAY):  # it starts whether or not Redis is there
            await self.links.ready()
        for work in (
            self.subscriptions.run,
            self.ingest.run,
            self.broadcast.run,
            self.broadcast.reread,
            self.broadcast.heartbeat,
            self.presence.run,
            self.behind.run,
            self.store_watch.run,
        ):
            self._tasks.append(asyncio.create_task(_keep_going(work)))
        try:
            yield
        finally:
            await cancel_all(self._tasks)
            await self.links.aclose()

    async def drain(self) -> None:
        """End in an orderly way: streams end, sockets get the answers to what they sent and close."""
        self.draining = True
        self.broadcast.end_all()
        self.open_sockets.refuse_all(refusal.RESTARTING)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.open_sockets.all_closed(), _DRAIN_SECONDS)

    def _on_session_news(self, message: bytes | None) -> None:
        try:
            news = orjson.loads(message or b"")
            kind, session_id = news["type"], str(news["session_id"])
        except (ValueError, TypeError, KeyError):
            return  # the confirmation of the subscription, or a foreign message
        if kind == "erased":
            self.open_sockets.refuse(session_id, refusal.UNKNOWN)
            self.broadcast.end(session_id)
        elif kind == "ended":
            self.open_sockets.refuse(session_id, refusal.ENDED)


async def _keep_going(work: Callable[[], Awaitable[None]]) -> None:
    """Restart a part of the gateway after an unexpected error."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("A part of the gateway failed and is restarted")
            await asyncio.sleep(0.5)


def services_of(scope: Scope) -> Services:
    return cast(Services, scope["app"].state.services)


def _services(request: Request) -> Services:
    return services_of(request.scope)


ServicesDep = Annotated[Services, Depends(_services)]
