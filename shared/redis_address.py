"""Parse LINNET_REDIS_URL and LINNET_QUEUE_URL."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import unquote, urlsplit

from redis.asyncio.connection import parse_url

Kind = Literal["server", "sentinel", "cluster"]

FORMS: Final = (
    "redis://HOST:PORT/DB, rediss:// (TLS), unix://PATH, redis+sentinel://HOST:PORT,HOST:PORT/SERVICE "
    "and redis+cluster://HOST:PORT,HOST:PORT"
)
_AFTER_SCHEME: Final = re.compile(r"([^/?]*)([^?]*)(?:\?(.*))?", re.DOTALL)
"""Authority, path and query (RFC 3986, appendix B)."""
_DEFAULT_PORTS: Final[Mapping[Kind, int]] = {"server": 6379, "sentinel": 26379, "cluster": 6379}


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """Where Redis is, and how to connect."""

    kind: Kind
    hosts: tuple[tuple[str, int], ...]
    """The server; or Sentinels, or nodes of the cluster, one of which must answer. Empty for a socket file."""
    options: Mapping[str, Any]
    """Arguments of redis-py's connections: db, username, password, path, ssl_ca_certs …"""
    tls: bool = False
    service: str = ""
    """The name by which Sentinels know the primary."""

    @property
    def shown(self) -> str:
        """Return the address without credentials, for messages."""
        if not self.hosts:
            return str(self.options.get("path", ""))
        places = ",".join(f"{host}:{port}" for host, port in self.hosts)
        return f"{places}/{self.service}" if self.service else places


def parse_address(url: str) -> RedisAddress:
    """Parse `url`. Raises ValueError with a message that contains no part of the URL's credentials."""
    # Not urlsplit: Python before 3.11.4 mistakes several hosts, one of them in brackets, for a broken IPv6 address.
    scheme, _, kind = url.partition(":")[0].lower().partition("+")
    if (
        scheme not in ("redis", "rediss", "unix")
        or kind not in ("", "sentinel", "cluster")
        or (kind and scheme == "unix")
    ):
        raise ValueError(f"it must have one of the forms {FORMS}")
    if not kind:
        return _server(url)
    return _several(url, scheme, "sentinel" if kind == "sentinel" else "cluster")


def _server(url: str) -> RedisAddress:
    options = _options(url)
    tls = url.startswith("rediss:")
    if "path" in options:
        return RedisAddress("server", (), options)
    where = (str(options.pop("host", "localhost")), int(options.pop("port", _DEFAULT_PORTS["server"])))
    return RedisAddress("server", (where,), options, tls)


def _several(url: str, scheme: str, kind: Kind) -> RedisAddress:
    authority, path, query = _AFTER_SCHEME.fullmatch(url.partition("://")[2].partition("#")[0]).groups()  # type: ignore[union-attr]
    credentials, at, places = authority.rpartition("@")
    hosts = tuple(_place(place, kind) for place in places.split(",") if place)
    if not hosts:
        raise ValueError("it names no host")
    service, _, db = path.strip("/").partition("/")
    if kind == "sentinel" and not service:
        raise ValueError("the name of the service after the hosts is missing, as in redis+sentinel://HOST:PORT/SERVICE")
    if kind == "cluster":
        if service not in ("", "0"):
            raise ValueError("a cluster has no databases: remove everything after the hosts")
        service = db = ""
    options = _options(f"{scheme}://{credentials}{at}host/{db}?{query or ''}")
    del options["host"]
    return RedisAddress(kind, hosts, options, scheme == "rediss", unquote(service))


def _place(text: str, kind: Kind) -> tuple[str, int]:
    """Parse one "HOST", "HOST:PORT" or "[IPv6]:PORT"."""
    try:
        parts = urlsplit(f"//{text}")
        return parts.hostname or "localhost", parts.port or _DEFAULT_PORTS[kind]
    except ValueError:
        raise ValueError(f"{text!r} in it is not a host with a port") from None


def _options(url: str) -> dict[str, Any]:
    try:
        options: dict[str, Any] = dict(parse_url(url))
    except ValueError as error:
        raise ValueError(str(error).rstrip(".")) from None
    options.pop("connection_class", None)
    if url.startswith("rediss:") and options.get("ssl_cert_reqs") != "none":
        options.setdefault("ssl_check_hostname", True)  # redis-py leaves it off
    return options
