"""Connections from the settings: to the data Redis, whatever kind it is, and to the queue's."""

from typing import Final

from redis.asyncio import BlockingConnectionPool

from shared.redis_address import RedisAddress, parse_address
from shared.settings import Settings
from shared.store.cluster import ClusterLinks
from shared.store.connection import SentinelWhereabouts, make_client, make_pool
from shared.store.links import Links, OneServer

_QUEUE_CONNECTIONS: Final = 64


def open_links(settings: Settings, *, connections: int = 64) -> Links:
    """Open the links to LINNET_REDIS_URL, with at most `connections` to each server; nothing is sent yet."""
    address = parse_address(settings.data_url)
    if address.kind == "cluster":
        return ClusterLinks(address, settings, connections)
    return OneServer(make_client(_pool(address, settings, connections)))


def queue_pool(settings: Settings) -> BlockingConnectionPool:
    """Return connections to LINNET_QUEUE_URL, for arq's client."""
    return _pool(parse_address(settings.arq_url), settings, _QUEUE_CONNECTIONS)


def _pool(address: RedisAddress, settings: Settings, connections: int) -> BlockingConnectionPool:
    sentinel = SentinelWhereabouts(address, settings.redis_timeout) if address.kind == "sentinel" else None
    return make_pool(address, settings, connections, sentinel)
