"""A real Redis for every integration test: one server per test session, emptied before each test."""

import os
from collections.abc import AsyncIterator, Iterator

import pytest
import redis as blocking_redis
from redis.asyncio import Redis

from shared.settings import Settings
from testkit.redis_server import RedisServer
from tests.integration.live_gateway import LiveGateway


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """The server that the tests of a run share."""
    with RedisServer() as server:
        yield server


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """The shared server, empty."""
    with blocking_redis.Redis.from_url(redis_server.url) as client:
        client.flushall()
    return redis_server.url


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """A client of the shared server, empty at the beginning of the test."""
    client = Redis.from_url(redis_url)
    yield client
    await client.aclose()


@pytest.fixture
def settings(redis_url: str) -> Settings:
    """Settings for tests: nothing from this machine's environment matters, intervals are short, and neither a machine
    that stands still for a moment nor many sessions at once get anybody refused."""
    return test_settings(redis_url)


def test_settings(redis_url: str, **changes: object) -> Settings:
    values: dict[str, object] = {
        "redis_url": redis_url,
        "redis_timeout": 5.0,
        "max_load": 0.0,
        "partitions": 4,
        "presence_interval": 0.5,
        "reread_interval": 0.5,
        "license_key": None,
        "page_dir": os.devnull,
        "allowed_origins": ["https://elsewhere.example"],
    }
    return Settings(_env_file=None, **(values | changes))  # type: ignore[arg-type]


test_settings.__test__ = False  # type: ignore[attr-defined]


@pytest.fixture
def gateway(settings: Settings) -> Iterator[LiveGateway]:
    """Run a gateway on a real socket, in a thread of this process."""
    with LiveGateway(settings) as live:
        yield live
