"""GET /session/{id}/stream: a session's events as Server-Sent Events, resumable.

Plain ASGI: per client and event this costs half of what a streaming response does.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Final

from starlette.datastructures import Headers, QueryParams
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.edge.client import client_of
from gateway.events import gap
from gateway.events.broadcast import Audience
from gateway.events.durable_stream import newest, read_beyond, up_to
from gateway.events.heartbeat import HEARTBEAT
from gateway.events.rewound import Rewound
from gateway.events.sse_client import SseClient
from gateway.services import Services, services_of
from gateway.session.reader import Reader, reader_of
from shared.contract.event_id import EventId
from shared.contract.session import Session
from shared.contract.stored_event import StoredEvent
from shared.store.links import AWAY

_HEADERS: Final = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
]


async def event_stream(scope: Scope, receive: Receive, send: Send) -> None:
    """The route's ASGI application."""
    services = services_of(scope)
    given = _last_event_id(scope)
    reader, session = await reader_of(services.links, scope["path_params"]["session_id"])
    tail = await newest(services.links.of(reader.place.partition), reader.place)
    if given is not None and tail is not None and tail.kind == "session-ended" and given >= tail.id:
        await Response(status_code=204)(scope, receive, send)
        return
    # Listeners by link are counted separately, so that they take no place from those with the session's id.
    with services.limits.stream(client_of(scope), reader.shown_id):
        stream = _Stream(services, reader, session, tail, send)
        await (stream.tell(given) if _once(scope) else stream.serve(given, receive))


def _last_event_id(scope: Scope) -> EventId | None:
    """Return the last id that the client has seen. The header wins, because EventSource keeps it up to date."""
    asked = {_plain(name): value for name, value in QueryParams(scope["query_string"]).items()}
    given = Headers(scope=scope).get("last-event-id") or asked.get("lasteventid")
    if not given:
        return None
    try:
        return EventId.parse(given)
    except ValueError as error:
        raise HTTPException(422, f"Last-Event-ID: {error}") from None


def _once(scope: Scope) -> bool:
    """Return whether the client wants only the events so far, because something on the way buffers streams."""
    return QueryParams(scope["query_string"]).get("once", "").lower() in {"1", "true"}


def _plain(name: str) -> str:
    """Treat last_event_id, lastEventId and Last-Event-ID as one name: polyfills use each of them."""
    return name.lower().replace("_", "").replace("-", "")


class _Stream:
    """One response, from its first byte until the client leaves or the session ends."""

    def __init__(
        self, services: Services, reader: Reader, session: Session, tail: StoredEvent | None, send: Send
    ) -> None:
        self._services = services
        self._reader = reader
        self._place = reader.place
        self._newest = tail
        self._words = session.words
        self._rewound = Rewound.parse(session.rewound)
        self._cut_until = EventId.parse(session.events_after)
        self._tail = tail.id if tail is not None else self._cut_until
        self._finished = tail is not None and tail.kind == "session-ended"
        self._send = send

    async def tell(self, given: EventId | None) -> None:
        """Send everything so far, and no more: one complete answer of the same blocks."""
        await self._send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        with self._present():
            listener = SseClient(self._reader, self._send, 0, self._tail, lambda: None)
            if await self._begin(listener, given):
                await self._catch_up(None, listener)
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def serve(self, given: EventId | None, receive: Receive) -> None:
        await self._send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await self._write(HEARTBEAT)
        broadcast = self._services.broadcast
        with broadcast.audience_of(self._place, words=self._words) as audience, self._present():
            on_cut_off: Callable[[], None] = self._services.metrics.listeners_cut_off.inc
            listener = SseClient(
                self._reader, self._send, self._services.settings.listener_queue, self._tail, on_cut_off
            )
            try:
                if await self._begin(listener, given) and await self._catch_up(audience, listener):
                    await self._until_gone(receive)
                else:
                    await self._send({"type": "http.response.body", "body": b"", "more_body": False})
            finally:
                broadcast.leave(audience, listener)

    def _present(self) -> AbstractContextManager[None]:
        """Keep the session alive, unless the listener came by link and may only read."""
        return self._services.presence.of(self._place) if self._reader.link_id is None else nullcontext()

    async def _begin(self, listener: SseClient, given: EventId | None) -> bool:
        """Find the listener's position and announce what cannot be replayed. False while Redis is unreachable."""
        if given is None:
            listener.newest = self._newest
            await self._write(f"id: {self._tail}\n\n".encode())
            return True
        if given <= self._cut_until:
            listener.last = given
            return True
        try:
            found = await up_to(self._services.links.of(self._place.partition), self._place, given)
        except AWAY:
            return False  # the client returns with the same id
        if self._rewound is not None and self._rewound.covers(given):
            listener.last = max(self._rewound.start, self._cut_until)
        else:
            listener.newest = found
            listener.last = self._cut_until if found is None else max(found.id, self._cut_until)
        if listener.last < given:  # the stream does not have that event (any more)
            await self._write(gap.rewound(listener.last, given))
        return True

    async def _catch_up(self, audience: Audience | None, listener: SseClient) -> bool:
        """Replay until the listener is live in `audience`. False if the stream ends here instead."""
        while True:
            try:
                redis = self._services.links.of(self._place.partition)
                [page] = await read_beyond(redis, [(self._place, listener.last)])
            except AWAY:
                return False  # the client returns with the last id that it received
            if self._reader.link_id is not None and page.link != self._reader.link:
                return False  # revoked in the meantime
            if page.lost_until > listener.last:
                await self._write(gap.cut_off(listener.last, page.lost_until))
                listener.last = page.lost_until
            if page.events:
                await self._replay(page.events, listener)
                if audience is not None:
                    audience.partials.note(*page.events)
            if not page.known or (self._finished and not page.full) or self._services.draining:
                return False
            if not page.full:
                if audience is not None:
                    self._services.broadcast.join(audience, listener)
                return audience is not None

    async def _replay(self, events: list[StoredEvent], listener: SseClient) -> None:
        await self._write(b"".join(event.to_sse() for event in events))
        listener.last, listener.newest = events[-1].id, events[-1]
        self._finished = self._finished or events[-1].kind == "session-ended"

    async def _until_gone(self, receive: Receive) -> None:
        """Wait until the client leaves or the server completes the response."""
        while (await receive())["type"] != "http.disconnect":
            pass

    async def _write(self, body: bytes) -> None:
        await self._send({"type": "http.response.body", "body": self._reader.told(body), "more_body": True})
