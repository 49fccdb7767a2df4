"""Decide which web pages may call. Browsers do not apply CORS to WebSockets, nor to calls that need no preflight."""

from collections.abc import Sequence
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.edge.problem import deny, problem_response

FOREIGN: Final = (
    "Pages from {origin} are not allowed to call this server. If that origin is yours, add it to "
    "LINNET_ALLOWED_ORIGINS and restart."
)
OTHER_HOST: Final = (
    " Or let the proxy in front pass on the host that the browser requested, which is {page} (nginx: proxy_set_header "
    "Host $http_host): this server received {host}."
)
LOOPBACK_PAGES: Final = r"https?://(localhost|([a-z0-9-]+\.)+localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?"
"""The origins of pages served by this machine, such as a front end under development on another port."""
_READING: Final = ("GET", "HEAD", "OPTIONS")


def may_connect(headers: Headers, allowed: Sequence[str], *, loopback: bool = False) -> bool:
    """Return whether the call has no Origin (no browser), or comes from a page of this host or an allowed one; with
    `loopback` also from any page served by this machine.

    A host name counts as this host only if nobody else can own it: an attacker can point a domain here (DNS rebinding),
    and Origin and Host then agree.
    """
    origin = headers.get("origin")
    if origin is None or origin in allowed:
        return True
    page = _authority(origin)
    if page is None or not _is_local(page):
        return False
    return (loopback and _is_loopback(page)) or page in _own(headers)


def listens_on_loopback_only(host: str) -> bool:
    """Return whether only programs on this machine can reach a server that listens on `host`."""
    return _is_loopback(f"[{host}]" if ":" in host else host)


def _own(headers: Headers) -> list[str]:
    """Return the host names under which this server was called."""
    own = (headers.get("x-forwarded-host", "").split(",")[0].strip(), headers.get("host", ""))
    return [host.lower() for host in own if host]


def _refusal(headers: Headers) -> str:
    """Return the sentence for a page that may not connect, with a hint about the proxy if that may be the cause."""
    origin = headers["origin"][:100]
    page, own = _authority(origin), _own(headers)
    detail = FOREIGN.format(origin=origin)
    if page is None or not own or page in own:
        return detail
    return detail + OTHER_HOST.format(page=page, host=own[0][:100])


def _authority(origin: str) -> str | None:
    """ "https://linnet.example:8521" → "linnet.example:8521"; None for an opaque origin."""
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None


def _is_local(authority: str) -> bool:
    """Return whether `authority` is an address, or a name that public DNS does not assign: "localhost", "nas",
    "nas.local"."""
    name = urlsplit(f"//{authority}").hostname or ""
    try:
        ip_address(name)
    except ValueError:
        return "." not in name or name.endswith((".localhost", ".local"))
    return True


def _is_loopback(authority: str) -> bool:
    """Return whether `authority` is a loopback address, or a name that can mean nothing else (RFC 6761)."""
    name = urlsplit(f"//{authority}").hostname or ""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


class OriginCheck:
    """Refuse foreign pages audio sockets and every call that changes something: browsers send these unasked."""

    def __init__(self, app: ASGIApp, allowed: Sequence[str], loopback: bool) -> None:
        self._app = app
        self._allowed = allowed
        self._loopback = loopback

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        concerned = scope["type"] == "websocket" or (scope["type"] == "http" and scope["method"] not in _READING)
        if concerned:
            headers = Headers(scope=scope)
            if not may_connect(headers, self._allowed, loopback=self._loopback and _from_loopback(scope)):
                scope["app"].state.services.metrics.refused.labels("origin").inc()
                await deny(problem_response(403, _refusal(headers)), scope, receive, send)
                return
        await self._app(scope, receive, send)


def _from_loopback(scope: Scope) -> bool:
    """Return whether the client is on this machine, and not elsewhere behind a proxy on this machine."""
    client = scope.get("client")
    return client is not None and _is_loopback(f"[{client[0]}]" if ":" in client[0] else client[0])
