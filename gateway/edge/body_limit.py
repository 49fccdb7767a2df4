"""Refuse request bodies that are too long or too slow."""

import asyncio
from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.edge.problem import problem_response


class BodyLimit:
    """Read the body of requests that may have one; pass it on whole, or answer 413 or 408."""

    def __init__(self, app: ASGIApp, limit: int, audio_limit: int, seconds: float) -> None:
        self._app = app
        self._limit = limit
        self._audio_limit = audio_limit
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] == "GET":  # streams and sockets pass untouched
            await self._app(scope, receive, send)
            return
        limit = self._audio_limit if scope["path"].endswith("/audio") else self._limit
        body = _Body(receive)
        try:
            async with asyncio.timeout(self._seconds):
                await body.read(limit)
        except TimeoutError:
            detail = f"The request body did not arrive within {self._seconds:g} s. Send it without a pause."
            await _refusal(408, detail)(scope, receive, send)
            return
        if len(body.received) > limit:
            detail = f"The request body is too long; {limit // 1024} kB is the limit."
            await _refusal(413, detail)(scope, receive, send)
            return
        unread: list[Message] = [{"type": "http.request", "body": body.received, "more_body": False}]

        async def replay() -> Message:
            return unread.pop() if unread else await receive()

        await self._app(scope, replay, send)


@dataclass(slots=True)
class _Body:
    """The part of one request's body that has arrived."""

    receive: Receive
    received: bytes = b""
    complete: bool = False

    async def read(self, limit: int) -> None:
        """Read to the end of the body, or until it is longer than `limit` bytes."""
        while not self.complete and len(self.received) <= limit:
            message = await self.receive()
            self.complete = not message.get("more_body", False)
            self.received += message.get("body", b"")


def _refusal(status: int, detail: str) -> Response:
    """Return the answer after which the server closes (gateway/server/http_protocol.py)."""
    return problem_response(status, detail, headers={"Connection": "close"})
