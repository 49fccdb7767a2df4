"""Connections to Redis: which errors are worth a retry, and where a connection goes."""

import re
from typing import Any, Final, Protocol

from redis._parsers import _AsyncHiredisParser
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.connection import Connection, SSLConnection, UnixDomainSocketConnection
from redis.asyncio.sentinel import Sentinel
from redis.exceptions import (
    AskError,
    BusyLoadingError,
    ClusterDownError,
    ExecAbortError,
    InvalidResponse,
    MasterDownError,
    MovedError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from shared.redis_address import RedisAddress
from shared.settings import Settings


class NotServingError(ResponseError):
    """The server is busy with a script, or has just lost its role, its replicas, or its disk."""


AWAY: Final = (
    RedisConnectionError,
    RedisTimeoutError,
    BusyLoadingError,
    OutOfMemoryError,
    ReadOnlyError,
    NotServingError,
    MasterDownError,
    ClusterDownError,
    AskError,  # and MovedError
    TryAgainError,
    ExecAbortError,
    NoScriptError,  # the script cache was emptied: the next try carries the source again
    InvalidResponse,
    OSError,
)
"""What a command raises while Redis cannot be reached or cannot run it. Trying again later helps."""

_IN_SCRIPT: Final = re.compile(r"@user_script:.*?-(OOM|READONLY|NOREPLICAS|MISCONF) ")
"""How Redis 6.2 wraps the error of a script's command; later versions return it as it is."""


class StoreParser(_AsyncHiredisParser):
    """Recognise errors that redis-py's own parser treats as the caller's mistakes."""

    EXCEPTION_CLASSES = {  # noqa: RUF012
        **_AsyncHiredisParser.EXCEPTION_CLASSES,
        "ASK": AskError,
        "BUSY": NotServingError,
        "CLUSTERDOWN": ClusterDownError,
        "MASTERDOWN": MasterDownError,
        "MISCONF": NotServingError,
        "MOVED": MovedError,
        "NOREPLICAS": NotServingError,
        "TRYAGAIN": TryAgainError,
        "UNBLOCKED": NotServingError,
    }

    @classmethod
    def parse_error(cls, response: str) -> Exception:
        wrapped = _IN_SCRIPT.search(response)
        if wrapped is not None:
            response = response[wrapped.start(1) :]
        try:
            error: Exception = super().parse_error(response)  # type: ignore[no-untyped-call]
        except (ValueError, TypeError):  # a redirection without a target
            return NotServingError(response)
        return error


class Whereabouts(Protocol):
    """Where to find the server for a connection."""

    async def find(self) -> tuple[str, int]:
        """Return the current host and port. Raises one of AWAY."""

    def lost(self) -> None:
        """Note that a connection failed, or that the server does not own what was requested."""


class _Led:
    """A mixin for connections: looks up the server each time before connecting."""

    host: str
    port: int

    def __init__(self, *, whereabouts: Whereabouts, **options: Any) -> None:
        self._whereabouts = whereabouts
        super().__init__(**options)

    async def connect(self) -> None:
        try:
            await super().connect()  # type: ignore[misc]
        except AWAY:
            self._whereabouts.lost()
            raise

    async def _connect(self) -> None:
        self.host, self.port = await self._whereabouts.find()
        await super()._connect()  # type: ignore[misc]

    async def read_response(self, *args: Any, **options: Any) -> Any:
        try:
            return await super().read_response(*args, **options)  # type: ignore[misc]
        except AWAY as error:
            self._whereabouts.lost()
            if isinstance(error, ReadOnlyError | NotServingError):
                await self.disconnect(nowait=True)  # type: ignore[attr-defined]  # the next command finds the new primary
            raise


class LedConnection(_Led, Connection):
    """TCP."""


class LedTLSConnection(_Led, SSLConnection):
    """TLS."""


class SentinelWhereabouts:
    """The primary, as the Sentinels see it."""

    def __init__(self, address: RedisAddress, timeout: float) -> None:
        options = dict(address.options)
        own = {name: options.pop(f"sentinel_{name}", None) for name in ("username", "password")}
        tls = {name: value for name, value in options.items() if name.startswith("ssl_")}
        patience = min(1.0, timeout)
        self._options = {**own, **tls, "socket_timeout": patience, "socket_connect_timeout": patience}
        if address.tls:
            self._options["ssl"] = True
        self._service = address.service
        self._hosts = list(address.hosts)
        """The Sentinels; those that answered last come first."""

    async def find(self) -> tuple[str, int]:
        for place in list(self._hosts):
            sentinel = Sentinel([place], sentinel_kwargs=self._options)  # type: ignore[no-untyped-call]
            try:
                host, port = await sentinel.discover_master(self._service)
            except AWAY:
                continue
            finally:
                await sentinel.sentinels[0].aclose()
            self._hosts.remove(place)
            self._hosts.insert(0, place)
            return host, port
        raise NotServingError(f"no Sentinel knows a primary for {self._service}")

    def lost(self) -> None:
        pass


def make_pool(
    address: RedisAddress, settings: Settings, connections: int, whereabouts: Whereabouts | None = None
) -> BlockingConnectionPool:
    """Return connections to one server; nothing is sent before the first command.

    At most `connections` are open; further callers wait. Commands are never retried here: only the caller knows
    whether a second try is harmless.
    """
    options: dict[str, Any] = {
        name: value for name, value in address.options.items() if not name.startswith("sentinel_")
    }
    options.setdefault("socket_timeout", settings.redis_timeout)
    options.setdefault("socket_connect_timeout", settings.redis_timeout)
    if address.hosts:
        options.setdefault("socket_keepalive", True)
    if whereabouts is not None:
        options["whereabouts"] = whereabouts
    elif address.hosts:
        options["host"], options["port"] = address.hosts[0]
    options.setdefault("max_connections", connections)
    options.setdefault("timeout", settings.redis_timeout)
    return BlockingConnectionPool(
        connection_class=_connection_class(address, led=whereabouts is not None),
        parser_class=StoreParser,
        health_check_interval=options.pop("health_check_interval", 30),
        client_name="linnet",
        lib_name=None,
        lib_version=None,
        **options,
    )


def _connection_class(address: RedisAddress, *, led: bool) -> Any:
    if not address.hosts:
        return UnixDomainSocketConnection
    if address.tls:
        return LedTLSConnection if led else SSLConnection
    return LedConnection if led else Connection


def make_client(pool: BlockingConnectionPool) -> Redis:
    """Return a client that owns `pool`."""
    return Redis.from_pool(pool)
