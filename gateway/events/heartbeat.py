"""Heartbeats: comments sent on idle event streams, so that proxies and clients see that the connection is alive.

The interval is LINNET_HEARTBEAT_INTERVAL. https://html.spec.whatwg.org/multipage/server-sent-events.html#authoring-notes
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

from gateway.events.sse_client import SseClient

HEARTBEAT: Final = b": heartbeat\n\n"
_LONGEST_LOOK: Final = 1.0
"""Most seconds between two checks."""


async def send_heartbeats(live: Callable[[], Iterable[SseClient]], interval: float, clock: Callable[[], float]) -> None:
    """Send each live listener a heartbeat after `interval` seconds without an event, until cancelled."""
    while True:
        await asyncio.sleep(min(_LONGEST_LOOK, interval / 5))
        now = clock()
        for listener in live():
            if now - listener.quiet_since >= interval:
                listener.deliver(HEARTBEAT, now)
