"""Which web pages may open an audio socket. Browsers do not apply CORS to WebSockets, so the server has to."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers


def may_connect(headers: Headers, allowed: Sequence[str]) -> bool:
    """No Origin (no browser), a page of this very host, or one that the settings allow."""
    origin = headers.get("origin")
    if origin is None or origin in allowed:
        return True
    page = _authority(origin)
    own = (headers.get("x-forwarded-host", "").split(",")[0].strip(), headers.get("host", ""))
    return page is not None and page in [host.lower() for host in own if host]


def _authority(origin: str) -> str | None:
    """ "https://linnet.example:8521" → "linnet.example:8521"; None for an opaque origin."""
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None
