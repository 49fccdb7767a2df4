"""Routes that are ASGI applications: Starlette treats a function as a request handler, but leaves an object as it
is."""

import asyncio
import contextlib
import logging
from typing import Final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

_UNTIL_TOLD: Final = 2.0
"""Seconds within which the server reports a lost connection once nothing can be sent on it."""


class PlainASGI:
    """Wraps a function (scope, receive, send) as an object. To the function, a lost connection is always an OSError."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("method") == "HEAD":  # Starlette adds it to every GET route; a stream has no end to answer with
            raise HTTPException(405, headers={"Allow": "GET"})
        client = _Client(send)
        try:
            await self._app(scope, receive, client.send)
        except ConnectionError:
            if not client.gone:
                raise
        if client.gone:
            # Before that, uvicorn treats the return as an open handshake, and fails to refuse it.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(_disconnected(receive), _UNTIL_TOLD)


class _Client:
    """The sending side of a connection. Between a connection's end and the report of it, uvicorn and uvloop raise
    RuntimeError."""

    def __init__(self, send: Send) -> None:
        self.gone = False
        self._send = send

    async def send(self, message: Message) -> None:
        """Send, or raise OSError if the client is gone."""
        try:
            await self._send(message)
        except RuntimeError as error:
            log.info("a connection is gone: %s", error)
            self.gone = True
            raise ConnectionError("the connection is gone") from error


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] not in {"websocket.disconnect", "http.disconnect"}:
        pass
