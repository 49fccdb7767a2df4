"""Refuse request bodies that are too long or too slow."""

import asyncio

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
        try:
            async with asyncio.timeout(self._seconds):
                body = await self._read(receive, limit)
        except TimeoutError:
            detail = f"The request body did not arrive within {self._seconds:g} s. Send it without a pause."
            await problem_response(408, detail, headers={"Connection": "close"})(scope, receive, send)
            return
        if body is None:
            detail = f"The request body is too long; {limit // 1024} kB is the limit."
            await problem_response(413, detail, headers={"Connection": "close"})(scope, receive, send)
            return
        unread: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return unread.pop() if unread else await receive()

        await self._app(scope, replay, send)

    async def _read(self, receive: Receive, limit: int) -> bytes | None:
        """Return the whole body; None if it is too long."""
        body = b""
        while len(body) <= limit:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body", False):
                return body if len(body) <= limit else None
        return None
