"""uvicorn's HTTP with limits that it lacks: on the time and size of a request's head, and on connections.

For the body see `gateway/edge/body_limit.py`.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from gateway.edge.problem import RETRY_AFTER, problem_on_the_wire

_LONGEST_HEAD: Final = 64 * 1024
"""Bytes of an unfinished request line and headers; a head that arrives in one piece with its end is accepted."""
_LINGER: Final = 5.0
"""Seconds for which a refused client may keep sending: closing with unread bytes would destroy the answer."""
_LINGERING: Final = 64
"""Connections beyond the bound that may linger."""
_MALFORMED: Final = "This is not valid HTTP/1.1. docs/reference/http.md explains the calls."
_TOO_SLOW: Final = "The request line and headers did not arrive within {seconds:g} s. Send them without a pause."
_TOO_LONG: Final = "The request line and headers are too long; {kilobytes} kB is the limit."
_FULL: Final = "This gateway has no free connections. Try again in a few seconds."


@dataclass(frozen=True, slots=True)
class Bounds:
    """The limits of one client, and of all of them together."""

    head_seconds: float
    """Seconds from when the connection is ready for a request until the headers are complete."""
    connections: int
    """Open at a time, of all clients."""


class _CycleTransport:
    """The part of its connection's transport that a request's cycle uses; `close` is ours."""

    def __init__(self, transport: asyncio.Transport, close: Callable[[], None]) -> None:
        self.write = transport.write
        self.is_closing = transport.is_closing
        self.close = close


class HttpProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        bounds: Bounds,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._bounds = bounds
        self._head_deadline: asyncio.TimerHandle | None = None
        self._head_bytes = 0
        self._in_head = True
        self._finished = False
        """The last answer is written; anything that arrives now is ignored."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._cycle_transport = _CycleTransport(transport, self._close)
        if len(self.connections) > self._bounds.connections:
            self._refuse(503, _FULL, RETRY_AFTER)
        else:
            self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._finished or self.transport.is_closing():
            return
        if self._head_deadline is None and (self.cycle is None or self.cycle.response_complete):
            self._expect_head()
        self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > _LONGEST_HEAD:
            self._refuse(431, _TOO_LONG.format(kilobytes=_LONGEST_HEAD // 1024))

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._forget_deadline()
        super().on_headers_complete()
        if self.cycle is not None:
            self.cycle.transport = self._cycle_transport  # type: ignore[assignment]  # as much of one as it uses

    def on_message_complete(self) -> None:
        self._in_head = True
        self._head_bytes = 0
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        self._forget_deadline()
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, _MALFORMED)

    def _expect_head(self) -> None:
        self._head_deadline = self.loop.call_later(self._bounds.head_seconds, self._too_slow)

    def _forget_deadline(self) -> None:
        if self._head_deadline is not None:
            self._head_deadline.cancel()
            self._head_deadline = None

    def _too_slow(self) -> None:
        self._head_deadline = None
        if self._head_bytes:
            self._refuse(408, _TOO_SLOW.format(seconds=self._bounds.head_seconds))
        else:
            self.transport.close()  # a browser's spare connection

    def _refuse(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        """Answer input that could not be parsed as a request, and close."""
        self._forget_deadline()
        if self._finished or self.transport.is_closing():
            return
        self._finished = True
        if self.cycle is not None and not self.cycle.response_complete:
            if self.pipeline or self.cycle.response_started or not self.cycle.more_body:
                self.cycle.keep_alive = False  # what came before it is still answered
                return
            self.cycle.disconnected = True  # this is its answer; no other one follows
            self.cycle.message_event.set()
        self.transport.write(problem_on_the_wire(status, detail, headers=headers))
        self._linger()

    def _close(self) -> None:
        """Close after the answer to the current request."""
        if self.cycle is not None and self.cycle.more_body:
            self._finished = True
            self.pipeline.clear()
            self._linger()
        else:
            self.transport.close()

    def _linger(self) -> None:
        """Close for writing, and for reading once the client closes or has had the time to read the answer."""
        if len(self.connections) > self._bounds.connections + _LINGERING:
            self.transport.close()
        else:
            self.transport.write_eof()
            self.loop.call_later(_LINGER, self.transport.close)
