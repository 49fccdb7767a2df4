"""Send the events of each session's durable stream to all its listeners.

A notice on pub/sub only says *look*. Order, completeness and the absence of duplicates follow from reading the stream
beyond the position that the audience has reached (docs/design/data-plane/notices-only-say-look.md).
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from redis.asyncio import Redis

from gateway.events import gap
from gateway.events.durable_stream import Page, read_beyond
from gateway.events.heartbeat import send_heartbeats
from gateway.events.partials import Partials
from gateway.events.rewound import Rewound, note
from gateway.events.sent_events import SentEvents
from gateway.events.sse_client import SseClient
from gateway.events.subscriptions import Subscriptions
from gateway.metrics import Metrics
from gateway.session.session_keys import Place
from shared import keys
from shared.contract.event_id import BEGINNING, EventId
from shared.contract.stored_event import StoredEvent
from shared.settings import Settings
from shared.store.links import AWAY, Links

_LOOK_AT_ONCE: Final = 200
"""Streams read in one round trip."""
_SEND_AT_ONCE: Final = 100
"""Listeners served before the event loop runs other tasks."""


class Audience:
    """This process' listeners of one session."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.position = BEGINNING
        """Where the next read begins: every event up to here has been handed to every live listener."""
        self.sent = SentEvents()
        self.missing_since: float | None = None
        """When the stream was first found to end before the position; loop time, s."""
        self.live: set[SseClient] = set()
        self.by_link: set[SseClient] = set()
        """Listeners that came by the session's read-only link."""
        self.members = 0
        """Number of listeners, including those still replaying."""
        self.status: bytes | None = None
        """The newest status block."""
        self.partials = Partials()


class Broadcast:
    """Every audience of this process, served with as few round trips as possible."""

    def __init__(self, settings: Settings, links: Links, subscriptions: Subscriptions, metrics: Metrics) -> None:
        self._settings = settings
        self._links = links
        self._subscriptions = subscriptions
        self._metrics = metrics
        self._audiences: dict[str, Audience] = {}
        self._unread: dict[str, None] = {}  # an ordered set, so that busy sessions do not starve others
        self._wake = asyncio.Event()
        self._now: Callable[[], float] = asyncio.get_running_loop().time

    @contextmanager
    def audience_of(self, place: Place, *, words: bool) -> Iterator[Audience]:
        """Join the session's audience, which subscribes to notices while it has any member.

        words: whether the session has words, and so partial transcripts.
        """
        audience = self._audiences.get(place.session_id)
        if audience is None:
            audience = self._open(place, words=words)
        audience.members += 1
        self._metrics.listeners.inc()
        try:
            yield audience
        finally:
            audience.members -= 1
            self._metrics.listeners.dec()
            if not audience.members:
                self._close(audience)

    def join(self, audience: Audience, listener: SseClient) -> None:
        """Make a listener live that has read the stream to its end.

        The audience returns to this listener's position; listeners that are further ahead skip what they already have.
        """
        ahead = audience.live and audience.position <= listener.last
        if not ahead:
            audience.position = listener.last
        if listener.newest is not None:
            audience.sent.add(listener.newest)
        audience.live.add(listener)
        if listener.reader.link is not None:
            audience.by_link.add(listener)
        listener.quiet_since = self._now()
        if audience.status is not None:
            listener.deliver(audience.status, self._now())
        if audience.partials.newest is not None:
            listener.show(*audience.partials.newest, self._now())
        self._look(audience)  # a notice may have come between the listener's last read and now

    def leave(self, audience: Audience, listener: SseClient) -> None:
        audience.live.discard(listener)
        audience.by_link.discard(listener)
        listener.abandon()

    def end(self, session_id: str) -> None:
        """End every stream of the session in this process."""
        audience = self._audiences.get(session_id)
        if audience is not None:
            self._finish(audience)

    def end_all(self) -> None:
        """End every stream, each after sending what is queued."""
        for audience in self._audiences.values():
            self._finish(audience)

    def _open(self, place: Place, *, words: bool) -> Audience:
        audience = self._audiences[place.session_id] = Audience(place)

        def on_stored(_: bytes | None) -> None:
            self._look(audience)

        def on_status(data: bytes | None) -> None:
            if data is not None:
                self._tell_status(audience, data)

        def on_words(data: bytes | None) -> None:
            if data is not None:
                self._tell_partial(audience, data)

        self._subscriptions.add(keys.stored_channel(place.session_id), on_stored)
        self._subscriptions.add(keys.status_channel(place.session_id), on_status)
        if words:
            self._subscriptions.add(keys.words_channel(place.session_id), on_words)
        return audience

    def _close(self, audience: Audience) -> None:
        session_id = audience.place.session_id
        self._subscriptions.remove(keys.stored_channel(session_id))
        self._subscriptions.remove(keys.status_channel(session_id))
        self._subscriptions.remove(keys.words_channel(session_id))
        self._audiences.pop(session_id, None)
        self._unread.pop(session_id, None)

    def _look(self, audience: Audience) -> None:
        self._unread[audience.place.session_id] = None
        self._wake.set()

    # Reading

    async def run(self) -> None:
        """Read the streams that notices point at, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._unread:
                batch = list(self._unread)[:_LOOK_AT_ONCE]
                for session_id in batch:
                    del self._unread[session_id]
                await self._read([self._audiences[session_id] for session_id in batch])

    async def _read(self, audiences: list[Audience]) -> None:
        listened = [audience for audience in audiences if audience.live]
        servers = self._links.by_server(listened, lambda audience: audience.place.partition)
        await asyncio.gather(*(self._read_from(redis, theirs) for redis, theirs in servers))

    async def _read_from(self, redis: Redis, listened: list[Audience]) -> None:
        starts = [audience.position for audience in listened]
        try:
            pages = await read_beyond(redis, zip([a.place for a in listened], starts, strict=True))
        except AWAY:
            self._metrics.redis_errors.inc()
            return  # the next read, at the latest after reread_interval, begins at the same position
        for audience, start, page in zip(listened, starts, pages, strict=True):
            if audience.position != start:
                continue
            if page.known and start > page.lost_until and audience.sent.differs(start, page.at):
                await self._go_back(redis, audience)
            else:
                audience.missing_since = None
                await self._hand_out(audience, page)

    async def _go_back(self, redis: Redis, audience: Audience) -> None:
        """Tell listeners that Redis has lost its newest events, and restart where they and Redis agree.

        If events are only missing, a worker may be about to compute the same ones again, and is given time to do so.
        """
        oldest = audience.sent.oldest or BEGINNING
        try:
            [page] = await read_beyond(redis, [(audience.place, oldest)])
        except AWAY:
            self._metrics.redis_errors.inc()
            return
        found = page.events if page.at is None else [page.at, *page.events]
        audience.missing_since = audience.missing_since or self._now()
        if not audience.sent.diverges(found) and self._now() - audience.missing_since < 2 * self._settings.lease_ttl:
            return  # reread checks again
        audience.missing_since = None
        start = max(page.lost_until, audience.sent.common(found) or BEGINNING)
        lost = max((listener.last for listener in audience.live), default=start)
        with suppress(*AWAY):  # present listeners are told in any case
            await note(redis, audience.place, Rewound(start, lost))
        audience.position = start
        for listener in audience.live:
            if listener.last > start:
                listener.deliver(gap.rewound(start, listener.last), self._now())
                listener.last = start
        self._look(audience)

    async def _hand_out(self, audience: Audience, page: Page) -> None:
        if not page.known:
            self._finish(audience)
            return
        for listener in audience.by_link:
            if listener.reader.link != page.link:  # revoked
                listener.finish()
        if page.lost_until > audience.position:
            self._announce_gap(audience, page.lost_until)
        for event in page.events:
            if not await self._send(audience, event):
                return
        if page.full:
            self._look(audience)

    def _announce_gap(self, audience: Audience, lost_until: EventId) -> None:
        audience.position = lost_until
        for listener in audience.live:
            if listener.last < lost_until:
                listener.deliver(gap.cut_off(listener.last, lost_until), self._now())
                listener.last = lost_until

    async def _send(self, audience: Audience, event: StoredEvent) -> bool:
        """Send one event to the audience. Return False if a newcomer has moved the audience back: the rest must be read
        again."""
        audience.position = event.id
        audience.sent.add(event)
        audience.partials.note(event)
        block = event.to_sse()
        now = self._now()
        for count, listener in enumerate(list(audience.live), 1):
            if listener.last < event.id:
                listener.last = event.id
                listener.deliver(block, now)
            if count % _SEND_AT_ONCE == 0:
                await asyncio.sleep(0)
        self._metrics.events_sent.inc(len(audience.live))
        if event.kind == "session-ended":
            self._finish(audience)
        return audience.position == event.id

    def _finish(self, audience: Audience) -> None:
        for listener in audience.live:
            listener.finish()

    def _tell_status(self, audience: Audience, data: bytes) -> None:
        audience.status = b"event: status\ndata: " + data + b"\n\n"
        for listener in audience.live:
            listener.deliver(audience.status, self._now())

    def _tell_partial(self, audience: Audience, data: bytes) -> None:
        partial = audience.partials.hear(data)
        if partial is not None:
            for listener in audience.live:
                listener.show(*partial, self._now())

    # Time

    async def reread(self) -> None:
        """Read every stream with listeners from time to time, so that a lost notice delays no event for long."""
        while True:
            await asyncio.sleep(self._settings.reread_interval)
            for audience in self._audiences.values():
                self._look(audience)

    async def heartbeat(self) -> None:
        """Send each listener a heartbeat after heartbeat_interval without an event."""
        await send_heartbeats(self._live, self._settings.heartbeat_interval, self._now)

    def _live(self) -> list[SseClient]:
        return [listener for audience in self._audiences.values() for listener in audience.live]
