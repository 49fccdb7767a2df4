"""The limits of one client, one session and one socket in this process.

Each gateway process counts in its own memory: a limit shared through Redis would cost a round trip for every call and
every frame of audio. 0 means no limit.
"""

import math
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

from aiolimiter import AsyncLimiter

from gateway.edge.client import Networks
from shared.settings import Settings

_MINUTE: Final = 60.0
_SOON: Final = 5
"""Seconds until a retry makes sense if there is room only after another client leaves."""
_MOST_KEYS: Final = 10_000
"""Buckets remembered by one rate. The least recently used are dropped: they are almost empty, or there are so many
clients that no limit per client helps."""


class LimitExceededError(Exception):
    """str() says which limit, in a sentence."""

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
        """Seconds."""


class Rate:
    """A leaky bucket for each key: `most` at once, and as many again over `seconds`."""

    def __init__(self, most: int, seconds: float, detail: str) -> None:
        self._most = most
        self._seconds = seconds
        self._detail = detail
        self._buckets: OrderedDict[str, AsyncLimiter] = OrderedDict()

    async def take(self, key: str) -> None:
        """Count one more, or raise LimitExceededError; never wait."""
        if not self._most:
            return
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = AsyncLimiter(self._most, self._seconds)
            if len(self._buckets) > _MOST_KEYS:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(key)
        if not bucket.has_capacity():
            # A full bucket has leaked enough for one more after this long, however many calls were refused.
            raise LimitExceededError(self._detail, math.ceil(self._seconds / self._most))
        await bucket.acquire()


class Concurrency:
    """At most `most` at the same time, for each key."""

    def __init__(self, most: int, detail: str) -> None:
        self._most = most
        self._detail = detail
        self._held: Counter[str] = Counter()

    @contextmanager
    def held(self, key: str) -> Iterator[None]:
        """Count one more while the block runs. Raises LimitExceededError."""
        if self._most and self._held[key] >= self._most:
            raise LimitExceededError(self._detail, _SOON)
        self._held[key] += 1
        try:
            yield
        finally:
            self._held[key] -= 1
            if not self._held[key]:
                del self._held[key]


class Limits:
    """Every limit of one gateway process. `client` is what `gateway.edge.client.client_of` returns."""

    def __init__(self, settings: Settings) -> None:
        self._frames_per_second = settings.frames_per_second
        self._unlimited = Networks(settings.unlimited_clients)
        self._requests = Rate(
            settings.requests_per_minute,
            _MINUTE,
            f"Too many requests from this address (limit: {settings.requests_per_minute} a minute): try later.",
        )
        self._starts = Rate(
            settings.starts_per_minute,
            _MINUTE,
            f"Too many sessions started from this address (limit: {settings.starts_per_minute} a minute): try later.",
        )
        self._corrections = Rate(
            settings.corrections_per_minute,
            _MINUTE,
            f"Too many corrections for this session (limit: {settings.corrections_per_minute} a minute): try later.",
        )
        self._pins = Rate(
            settings.pins_per_minute,
            _MINUTE,
            f"Too many sessions pinned from this address (limit: {settings.pins_per_minute} a minute): try later.",
        )
        self._sockets = Concurrency(
            settings.sockets_per_client,
            f"Too many audio sockets from this address (at most {settings.sockets_per_client}): close one first.",
        )
        self._streams = Concurrency(
            settings.streams_per_client,
            f"Too many event streams from this address (at most {settings.streams_per_client}): close one first.",
        )
        self._listeners = Concurrency(
            settings.streams_per_session,
            f"Too many event streams for this session (at most {settings.streams_per_session}): close one first.",
        )

    async def request(self, client: str) -> None:
        """Count one HTTP call or handshake. Raises LimitExceededError."""
        if not self._unlimited.hold(client):
            await self._requests.take(client)

    async def start(self, client: str) -> None:
        """Count one started session. Raises LimitExceededError."""
        if not self._unlimited.hold(client):
            await self._starts.take(client)

    async def pin(self, client: str) -> None:
        """Count one pinned session. Raises LimitExceededError."""
        if not self._unlimited.hold(client):
            await self._pins.take(client)

    async def correction(self, session_id: str) -> None:
        """Count one correction of the session. Raises LimitExceededError."""
        await self._corrections.take(session_id)

    @contextmanager
    def socket(self, client: str) -> Iterator[None]:
        """Count an open audio socket. Raises LimitExceededError."""
        with ExitStack() as held:
            if not self._unlimited.hold(client):
                held.enter_context(self._sockets.held(client))
            yield

    @contextmanager
    def stream(self, client: str, session_id: str) -> Iterator[None]:
        """Count an open event stream. Raises LimitExceededError."""
        with ExitStack() as held:
            if not self._unlimited.hold(client):
                held.enter_context(self._streams.held(client))
            held.enter_context(self._listeners.held(session_id))
            yield

    def frames(self) -> AsyncLimiter | None:
        """Return the pace of one audio socket, to be awaited before each frame. None: no limit."""
        return AsyncLimiter(self._frames_per_second, 1.0) if self._frames_per_second else None
