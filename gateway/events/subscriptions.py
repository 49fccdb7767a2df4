"""The gateway's one Redis pub/sub link: any number of channels, resubscribed after every loss."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import RedisError

from gateway.metrics import Metrics
from shared.store.links import Links

log = logging.getLogger(__name__)

Handler = Callable[[bytes | None], None]
"""Receives a channel's message, or None after each new subscription: check what you may have missed."""

_PING_INTERVAL: Final = 5.0
_SILENCE: Final = 12.0
"""Seconds without even a pong after which the link counts as dead."""
_PAUSES: Final = (0.05, 0.2, 0.5, 1.0)
"""Seconds before each new attempt to connect."""


class Subscriptions:
    """Keeps the link subscribed to exactly the channels that have a handler."""

    def __init__(self, links: Links, metrics: Metrics) -> None:
        self._links = links
        self._metrics = metrics
        self._handlers: dict[str, Handler] = {}
        self._changed = asyncio.Event()
        self._failures = 0

    def add(self, channel: str, handler: Handler) -> None:
        """Subscribe; the handler gets None as soon as Redis has confirmed it."""
        self._handlers[channel] = handler
        self._changed.set()

    def remove(self, channel: str) -> None:
        self._handlers.pop(channel, None)
        self._changed.set()

    async def run(self) -> None:
        """Keep the link up until cancelled."""
        while True:
            try:
                await self._hold_link()
            except (RedisError, OSError) as error:
                self._metrics.redis_errors.inc()
                if self._failures == 0:
                    log.warning("The pub/sub link to Redis is down: %s", error)
            await asyncio.sleep(_PAUSES[min(self._failures, len(_PAUSES) - 1)])
            self._failures += 1

    async def _hold_link(self) -> None:
        link = self._links.subscriber()
        # redis-py would put wait_for around what it sends, which in Python 3.11 can lose a cancellation.
        link.socket_timeout = None
        try:
            async with asyncio.timeout(link.socket_connect_timeout):
                await link.connect()  # type: ignore[no-untyped-call]
            subscriber = asyncio.create_task(self._keep_subscribed(link))
            try:
                await self._read(link)
            finally:
                subscriber.cancel()
        finally:
            await link.disconnect(nowait=True)

    async def _read(self, link: AbstractConnection) -> None:
        while True:
            message = await link.read_response(timeout=_SILENCE)
            if message is None:
                raise ConnectionError(f"no answer for {_SILENCE:.0f} s")
            if self._failures:
                log.info("The pub/sub link to Redis is up again.")
                self._failures = 0
            self._dispatch(message)

    def _dispatch(self, message: list[bytes]) -> None:
        kind = message[0]
        if kind not in (b"message", b"subscribe"):
            return
        handler = self._handlers.get(message[1].decode())
        if handler is not None:
            handler(message[2] if kind == b"message" else None)

    async def _keep_subscribed(self, link: AbstractConnection) -> None:
        """Send changes to Redis, many in one command, and ping in between to detect a dead link."""
        subscribed: set[str] = set()
        while True:
            self._changed.clear()
            wanted = set(self._handlers)
            if new := wanted - subscribed:
                await link.send_command("SUBSCRIBE", *new)
            if gone := subscribed - wanted:
                await link.send_command("UNSUBSCRIBE", *gone)
            subscribed = wanted
            try:
                async with asyncio.timeout(_PING_INTERVAL):
                    await self._changed.wait()
            except TimeoutError:
                await link.send_command("PING")
