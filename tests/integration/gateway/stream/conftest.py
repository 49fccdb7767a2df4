"""A session, and a stand-in for its worker."""

import pytest
from redis.asyncio import Redis

from tests.integration.live_gateway import LiveGateway
from tests.integration.worker_double import WorkerDouble


@pytest.fixture
async def session_id(gateway: LiveGateway) -> str:
    return await gateway.start_session()


@pytest.fixture
def worker(redis: Redis, session_id: str) -> WorkerDouble:
    return WorkerDouble(redis, session_id)
