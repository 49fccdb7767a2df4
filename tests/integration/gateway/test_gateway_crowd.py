"""Many slow or unresponsive clients cost the others nothing."""

import asyncio
import random
import resource
import time

import psutil
import pytest
from redis.asyncio import Redis

from shared.settings import Settings
from tests.fuzz.slow_clients import deaf_listeners, dribble
from tests.fuzz.tally import Tally
from tests.integration.conftest import test_settings
from tests.integration.live_gateway import LiveGateway
from tests.integration.worker_double import WorkerDouble

DEAF = 1_000
DRIBBLING = 200
PATIENCE = 40.0
"""Seconds; the gateway itself takes 6, on a machine with nothing else to do."""


@pytest.fixture
def settings(redis_url: str) -> Settings:
    return test_settings(redis_url, listener_queue=32)


@pytest.fixture
def many_files() -> None:
    """Both ends of every connection are in this process."""
    wanted = 2 * (DEAF + DRIBBLING) + 500
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip(f"this needs {wanted} open files; the limit here is {hard}")
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def until_listening(gateway: LiveGateway, count: int) -> None:
    give_up = time.monotonic() + 30
    while gateway.services.metrics.listeners._value.get() != count:
        assert time.monotonic() < give_up, gateway.services.metrics.listeners._value.get()
        await asyncio.sleep(0.05)


async def test_a_thousand_streams_that_nobody_reads_keep_no_event_from_others(
    gateway: LiveGateway, redis: Redis, many_files: None
) -> None:
    session_id = await gateway.start_session()
    worker = WorkerDouble(redis, session_id)
    async with gateway.events(session_id) as events:
        async with deaf_listeners(gateway.port, session_id, DEAF):
            await until_listening(gateway, DEAF + 1)
            before = psutil.Process().memory_info().rss
            wanted: list[str] = []
            found: list[str] = []
            for second in range(1, 101, 10):
                wanted += await worker.tones(second, second + 9)
                found += [event["id"] for event in await events.stored(10)]
            assert found == wanted
            # 100 events of 600 bytes: what 1000 deaf clients may keep in the gateway is their bounded queues.
            assert psutil.Process().memory_info().rss - before < 100e6
        await until_listening(gateway, 1)
        assert [event["id"] for event in await _after(worker, events)] == ["1616000-1"]


async def _after(worker: WorkerDouble, events: object) -> list[dict[str, str]]:
    await worker.tones(101, 101)
    found: list[dict[str, str]] = await events.stored(1)  # type: ignore[attr-defined]
    return found


async def test_slow_clients_are_cut_off_while_others_are_served(redis_url: str, many_files: None) -> None:
    tally = Tally()
    draws = [random.Random(place) for place in range(DRIBBLING)]
    with LiveGateway(test_settings(redis_url, request_timeout=0.5)) as gateway:
        session_id = await gateway.start_session()
        dribbling = asyncio.gather(*(dribble(gateway.port, session_id, draw, PATIENCE, tally) for draw in draws))
        async with gateway.http() as client:
            while not dribbling.done():
                assert (await client.get("/health")).status_code == 200
                await asyncio.sleep(0.1)
        await dribbling
    assert tally.tried["slow loris"] == DRIBBLING
    assert tally.unhandled == 0, tally.report()
