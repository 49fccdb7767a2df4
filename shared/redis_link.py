"""The one place that opens links to Redis, for gateways and workers alike."""

import re
from typing import Final

from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import BusyLoadingError, OutOfMemoryError, ReadOnlyError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from shared.settings import Settings

OLDEST_SERVER: Final = (6, 2)
"""XRANGE with exclusive ids and XTRIM MINID came with it."""

AWAY: Final = (RedisConnectionError, RedisTimeoutError, BusyLoadingError, OutOfMemoryError, ReadOnlyError, OSError)
"""What a command raises while Redis cannot be reached or cannot take it. Trying again later helps."""


class UnsuitableServerError(Exception):
    """The server cannot do what Linnet needs; str() says so in a sentence."""


def connect(settings: Settings, *, connections: int = 64) -> Redis:
    """A client of the data Redis; nothing is sent before its first command.

    At most `connections` are open; whoever wants one more waits for it. Commands are never retried here: whether
    a second try is harmless only the caller knows.
    """
    pool = BlockingConnectionPool.from_url(
        settings.data_url,
        max_connections=connections,
        timeout=settings.redis_timeout,
        socket_timeout=settings.redis_timeout,
        socket_connect_timeout=settings.redis_timeout,
        **({} if settings.data_url.startswith("unix:") else {"socket_keepalive": True}),
        health_check_interval=30,
        client_name="linnet",
        lib_name=None,
        lib_version=None,
    )
    return Redis.from_pool(pool)


async def check_server(redis: Redis) -> None:
    """Raises UnsuitableServerError when the server is too old."""
    version = str((await redis.info("server"))["redis_version"])
    if tuple(int(part) for part in re.findall(r"\d+", version)[:2]) < OLDEST_SERVER:
        oldest = ".".join(map(str, OLDEST_SERVER))
        raise UnsuitableServerError(f"Redis {version} is too old: Linnet needs {oldest} or newer, or Valkey.")
