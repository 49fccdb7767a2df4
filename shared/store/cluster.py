"""Links to a Redis Cluster: a partition's keys share a slot, so ordinary pipelines to one node are enough.

redis-py's own cluster client splits every pipeline by key, retries by itself and has no transactions; here the
caller knows the node and decides about retries, so only the map of slots is needed.
Cluster specification: https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/
"""

import asyncio
import itertools
import logging
import random
import time
from functools import lru_cache
from typing import Any, Final

from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot

from shared import keys
from shared.redis_address import RedisAddress
from shared.settings import Settings
from shared.store.connection import AWAY, NotServingError, make_client, make_pool
from shared.store.links import Links

log = logging.getLogger(__name__)

Where = tuple[str, int]

_LEAST_PAUSE: Final = 0.1
"""Seconds between two reads of the map while something is wrong."""
_PATIENCE: Final = 1.0
"""Seconds to wait for one node's answer about the map."""


@lru_cache(maxsize=8192)
def _slot(partition: int) -> int:
    return key_slot(keys.lease(partition).encode())


_GENERAL_SLOT: Final = key_slot(keys.WORKERS.encode())


class _Node:
    """The address of one cluster node, shared by its connections."""

    def __init__(self, links: "ClusterLinks", where: Where) -> None:
        self._links = links
        self._where = where

    async def find(self) -> Where:
        return self._where

    def lost(self) -> None:
        self._links.look_again()


class ClusterLinks(Links):
    """A client for each node, and the map of slots, read again whenever a node is away or does not own a slot."""

    def __init__(self, address: RedisAddress, settings: Settings, connections: int) -> None:
        self._address = address
        self._settings = settings
        self._connections = connections
        self._clients: dict[Where, Redis] = {}
        self._owners: list[Where | None] = [None] * REDIS_CLUSTER_HASH_SLOTS
        self._looking: asyncio.Task[None] | None = None
        self._looked = -_LEAST_PAUSE
        self._turn = itertools.count()
        self._closed = False

    async def ready(self) -> None:
        if self._owners[_GENERAL_SLOT] is None:
            await self._learn()

    def of(self, partition: int) -> Redis:
        return self._owner(_slot(partition))

    @property
    def general(self) -> Redis:
        return self._owner(_GENERAL_SLOT)

    @property
    def nodes(self) -> list[Redis]:
        return [self._client(where) for where in self._known()]

    def shard(self, partition: int) -> int:
        return partition

    def subscriber(self) -> AbstractConnection:
        places = self._known() or list(self._address.hosts)
        pool = self._client(places[next(self._turn) % len(places)]).connection_pool
        link: AbstractConnection = pool.make_connection()  # type: ignore[no-untyped-call]
        return link

    async def aclose(self) -> None:
        self._closed = True
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        for client in self._clients.values():
            await client.aclose()

    def look_again(self) -> None:
        """Read the map again in the background, unless that is already in progress: it may be out of date."""
        if self._closed or (self._looking is not None and not self._looking.done()):
            return
        self._looking = asyncio.create_task(self._learn_soon())

    def _owner(self, slot: int) -> Redis:
        where = self._owners[slot]
        if where is None:
            self.look_again()
            raise NotServingError(f"no node of the cluster is known to serve slot {slot}")
        return self._client(where)

    def _known(self) -> list[Where]:
        return sorted({where for where in self._owners if where is not None})

    def _client(self, where: Where) -> Redis:
        client = self._clients.get(where)
        if client is None:
            pool = make_pool(self._address, self._settings, self._connections, _Node(self, where))
            client = self._clients[where] = make_client(pool)
        return client

    async def _learn_soon(self) -> None:
        await asyncio.sleep(self._looked + _LEAST_PAUSE - time.monotonic())
        try:
            await self._learn()
        except AWAY as error:
            log.debug("The map of the cluster is not available: %s", error)

    async def _learn(self) -> None:
        """Read the map from the first node that answers. Raises one of AWAY if none does."""
        self._looked = time.monotonic()
        places = {*self._known(), *self._address.hosts}
        failed: BaseException | None = None
        for where in random.sample(sorted(places), len(places)):
            try:
                async with asyncio.timeout(_PATIENCE):
                    answer = await self._client(where).execute_command("CLUSTER SLOTS")  # type: ignore[no-untyped-call]
            except AWAY as error:
                failed = error
                continue
            self._owners = _owners(answer, where)
            await self._forget_gone_nodes()
            return
        raise NotServingError(f"no cluster node is responding: {failed}")

    async def _forget_gone_nodes(self) -> None:
        gone = self._clients.keys() - {*self._known(), *self._address.hosts}
        for where in gone:
            await self._clients.pop(where).aclose()


def _owners(answer: list[list[Any]], asked: Where) -> list[Where | None]:
    """Parse the answer of CLUSTER SLOTS: slot → its primary. A node that does not know its own address leaves it
    empty."""
    owners: list[Where | None] = [None] * REDIS_CLUSTER_HASH_SLOTS
    for first, last, (host, port, *_), *_ in answer:
        name = host.decode() if isinstance(host, bytes) else ""
        owners[first : last + 1] = [(name if name not in ("", "?") else asked[0], port)] * (last + 1 - first)
    return owners
