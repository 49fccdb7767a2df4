"""Which web pages may call. Browsers do not apply CORS to WebSockets, nor to calls that need no preflight."""

from collections.abc import Sequence
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.problem import deny, problem_response
from gateway.services import services_of

FOREIGN: Final = (
    "Pages of {origin} may not call this server. If it is yours, add that origin to LINNET_ALLOWED_ORIGINS and restart."
)
_READING: Final = ("GET", "HEAD", "OPTIONS")


def may_connect(headers: Headers, allowed: Sequence[str]) -> bool:
    """No Origin (no browser), a page of this very host, or one that the settings allow.

    "This very host" by name only where nobody else can own the name: a stranger's page may have its own name point
    here (DNS rebinding), and Origin and Host then agree.
    """
    origin = headers.get("origin")
    if origin is None or origin in allowed:
        return True
    page = _authority(origin)
    if page is None or not _is_local(page):
        return False
    own = (headers.get("x-forwarded-host", "").split(",")[0].strip(), headers.get("host", ""))
    return page in [host.lower() for host in own if host]


def _authority(origin: str) -> str | None:
    """ "https://linnet.example:8521" → "linnet.example:8521"; None for an opaque origin."""
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None


def _is_local(authority: str) -> bool:
    """An address, or a name that no public DNS gives away: "localhost", "nas", "nas.local"."""
    name = urlsplit(f"//{authority}").hostname or ""
    try:
        ip_address(name)
    except ValueError:
        return "." not in name or name.endswith((".localhost", ".local"))
    return True


class OriginCheck:
    """Refuses foreign pages whatever changes something, and audio sockets: browsers send those without asking."""

    def __init__(self, app: ASGIApp, allowed: Sequence[str]) -> None:
        self._app = app
        self._allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        concerned = scope["type"] == "websocket" or (scope["type"] == "http" and scope["method"] not in _READING)
        if concerned:
            headers = Headers(scope=scope)
            if not may_connect(headers, self._allowed):
                services_of(scope).metrics.refused.labels("origin").inc()
                detail = FOREIGN.format(origin=headers["origin"][:100])
                await deny(problem_response(403, detail), scope, receive, send)
                return
        await self._app(scope, receive, send)
