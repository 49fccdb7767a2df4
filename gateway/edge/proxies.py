"""Find the client behind a proxy. Only proxies named in the settings are trusted."""

from collections.abc import Sequence
from typing import Any, Final, cast

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

_FORWARDED: Final = (b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto")


class TrustedProxies:
    """Set `scope["client"]` to the client that a trusted proxy names in X-Forwarded-For: the first from the right that
    is not a trusted proxy. Remove X-Forwarded-* headers from anyone else.
    """

    def __init__(self, app: ASGIApp, trusted: Sequence[str]) -> None:
        self._app = app
        self._proxied = ProxyHeadersMiddleware(
            cast(Any, app), list(trusted)
        )  # typed by asgiref's names, not Starlette's

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        client = scope.get("client")
        if client is not None and client[0] in self._proxied.trusted_hosts:
            await cast(ASGIApp, self._proxied)(scope, receive, send)
            return
        scope["headers"] = [header for header in scope["headers"] if header[0] not in _FORWARDED]
        await self._app(scope, receive, send)
