"""Open links to Redis, for gateways and workers alike."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self, TypeVar

from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection

from shared.settings import Settings
from shared.store.connection import AWAY, NotServingError
from shared.store.server_fitness import UnsuitableServerError, judge

__all__ = [
    "AWAY",
    "Links",
    "NotServingError",
    "OneServer",
    "UnsuitableServerError",
    "check_server",
    "check_servers",
]

T = TypeVar("T")


class Links(ABC):
    """The data Redis: one server, a primary that Sentinels name, or the nodes of a cluster.

    Nothing is sent before the first command. While no server is reachable, commands (and `of`, `general`) raise one of
    AWAY; a later attempt connects to the server that took over.
    """

    @abstractmethod
    async def ready(self) -> None:
        """Look up every server now, so that the first command need not. Raises one of AWAY."""

    @abstractmethod
    def of(self, partition: int) -> Redis:
        """Return the server that holds the keys of `partition` at present. Call this again for each pipeline."""

    @property
    @abstractmethod
    def general(self) -> Redis:
        """Return the server that holds the keys outside the partitions, and that publishes to all gateways."""

    @property
    @abstractmethod
    def nodes(self) -> list[Redis]:
        """Return every server that holds keys."""

    @abstractmethod
    def shard(self, partition: int) -> int:
        """Return a shard number: partitions with the same one always stay on one server, so they can share a
        pipeline."""

    @abstractmethod
    def subscriber(self) -> AbstractConnection:
        """Open a separate connection for pub/sub, each time to a different server, if several have all messages."""

    @abstractmethod
    async def aclose(self) -> None:
        """Close every connection."""

    def by_server(self, things: Iterable[T], partition: Callable[[T], int]) -> list[tuple[Redis, list[T]]]:
        """Yield `things` in order, each with its server; skip those whose server is unknown at present."""
        grouped: dict[Redis, list[T]] = {}
        for thing in things:
            try:
                grouped.setdefault(self.of(partition(thing)), []).append(thing)
            except AWAY:
                continue
        return list(grouped.items())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()


class OneServer(Links):
    """Everything on one server."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def ready(self) -> None:
        await self._client.ping()

    def of(self, partition: int) -> Redis:
        return self._client

    @property
    def general(self) -> Redis:
        return self._client

    @property
    def nodes(self) -> list[Redis]:
        return [self._client]

    def shard(self, partition: int) -> int:
        return 0

    def subscriber(self) -> AbstractConnection:
        link: AbstractConnection = self._client.connection_pool.make_connection()  # type: ignore[no-untyped-call]
        return link

    async def aclose(self) -> None:
        await self._client.aclose()


async def check_server(redis: Redis, settings: Settings) -> list[str]:
    """Return the warnings for the operator.

    Raises UnsuitableServerError if the server cannot be used, and one of AWAY if it cannot be reached.
    """
    return judge(await redis.info(), durable=settings.redis_appendonly)


async def check_servers(links: Links, settings: Settings) -> list[str]:
    """Run `check_server` on every server; return each warning once."""
    await links.ready()
    warnings = [warning for node in links.nodes for warning in await check_server(node, settings)]
    return list(dict.fromkeys(warnings))
