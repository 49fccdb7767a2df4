"""Headers that keep a browser from doing anything with an answer except reading it."""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # a session's id grants access, and is part of the address
    "Cross-Origin-Resource-Policy": "same-origin",  # does not affect CORS where that is allowed
    "Cache-Control": "no-store",
}
"""Cache-Control is added only if an answer does not set it."""

PAGE_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self)",
}
"""Headers that the page's files have instead or as well: the page may load and call its own origin, and record."""

_RAW: Final = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
_STARTS: Final = ("http.response.start", "websocket.http.response.start")


class SecurityHeaders:
    """Add the headers to every answer. Its later messages pass straight through."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return

        # No separate coroutine: an event stream would pay for one with each event.
        def secured(message: Message) -> object:
            if message["type"] in _STARTS:
                given = list(message.get("headers", ()))
                names = {name.lower() for name, _ in given}
                message = {**message, "headers": [*given, *(item for item in _RAW if item[0] not in names)]}
            return send(message)

        await self._app(scope, receive, secured)  # type: ignore[arg-type]
