"""LINNET_PARTITIONS lowered under live sessions: their partitions stay in use, and every session is classified."""

import asyncio
import time
from typing import Any

import numpy as np
import pytest
import redis as blocking_redis
from redis.asyncio import Redis

from classifier_worker.speech.mock_backend import MockBackend
from classifier_worker.upkeep.idle_sessions import end_idle_sessions
from classifier_worker.worker import ClassifierWorker
from shared import keys
from shared.settings import Settings
from shared.store.links import OneServer
from testkit.live_worker import LiveWorker, Speaker, until_leased
from testkit.redis_server import RedisServer
from tests.integration.answering_proxy import AnsweringProxy
from tests.integration.live_gateway import LiveGateway

FORMER = 48
NOISE = (np.random.default_rng(3).standard_normal(64_000) * 3000).astype("<i2").tobytes()


async def epochs(redis: Redis, partitions: int) -> list[int]:
    """How often each partition was leased so far."""
    return [int(await redis.get(keys.epoch(partition)) or 0) for partition in range(partitions)]


async def test_sessions_on_former_partitions_are_heard_without_a_lease_lost(redis: Redis, settings: Settings) -> None:
    speakers = [Speaker(redis, partition) for partition in range(FORMER)]
    for speaker in speakers:
        await speaker.start()
    with LiveWorker(settings.model_copy(update={"mock": True, "partitions": 1})):
        for partition in range(FORMER):
            await until_leased(redis, partition)
        for begin in range(0, len(NOISE), 16_000):
            await asyncio.gather(*(speaker.say(NOISE[begin : begin + 16_000]) for speaker in speakers))
            await asyncio.sleep(1.0)
        for speaker in speakers:
            await speaker.end()
        for speaker in speakers:
            kinds = [event.kind for event in await speaker.until_ended()]
            assert kinds == ["tone-event", "tone-event", "session-ended"]
        assert await epochs(redis, FORMER) == [1] * FORMER


async def test_a_former_partition_that_no_session_uses_takes_nobody_s_place(redis: Redis, settings: Settings) -> None:
    """A worker that kept it would count it in its share, and partitions in use would stay without a worker."""
    with LiveWorker(settings.model_copy(update={"mock": True, "partitions": 1})):
        await redis.zadd(keys.PARTITIONS, {"5": 0, "7": 0})
        for partition in (5, 7):
            await until_leased(redis, partition)
        await redis.zrem(keys.PARTITIONS, "5")  # as the sweep does once its last session is over
        give_up = time.monotonic() + 60
        while await redis.exists(keys.lease(5)):
            assert time.monotonic() < give_up, "a partition that is not used is still held"
            await asyncio.sleep(0.1)
        for partition in (0, 7):
            await until_leased(redis, partition)


async def test_no_command_can_keep_a_lease_from_being_renewed(
    redis: Redis, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every connection of the worker's is held for longer than a lease lasts without renewal."""
    monkeypatch.setattr(asyncio.get_running_loop(), "add_signal_handler", lambda *_: None, raising=False)
    short = settings.model_copy(update={"mock": True, "partitions": 1, "lease_ttl": 3.0, "redis_timeout": 20.0})
    worker = ClassifierWorker(short, MockBackend(short))
    run = asyncio.create_task(worker.run())
    try:
        await until_leased(redis, 0)
        pool: Any = worker._links.general.connection_pool
        pool.max_connections = 6
        held = [await pool.get_connection() for _ in range(6)]
        until = time.monotonic() + 8
        while time.monotonic() < until:
            assert await redis.exists(keys.lease(0))
            await asyncio.sleep(0.1)
        assert await epochs(redis, 1) == [1]
        for connection in held:
            await pool.release(connection)
    finally:
        worker._leave.set()
        await asyncio.wait_for(run, 30)


@pytest.mark.parametrize("moment", ["ZCARD", "ZREM"])
async def test_what_comes_while_a_former_partition_is_swept_is_heard(
    redis: Redis, redis_server: RedisServer, settings: Settings, moment: str
) -> None:
    """Its last session ends, with all its audio heard, between two looks whether anything is left."""
    speaker = Speaker(redis, 7)
    await speaker.start()

    def end() -> None:
        with blocking_redis.Redis.from_url(redis_server.url) as client:
            client.zrem(keys.presence(7), speaker.session_id)
            client.xadd(keys.pcm(7), {"s": speaker.session_id, "e": "client"})

    with AnsweringProxy(redis_server.port) as proxy:
        proxy.before(moment, end)
        async with Redis.from_url(proxy.url) as client:
            if moment == "ZREM":
                await redis.zrem(keys.presence(7), speaker.session_id)
            await end_idle_sessions(OneServer(client), settings.model_copy(update={"partitions": 1}))
    ended = await redis.xlen(keys.pcm(7)) > 0
    assert not ended or await redis.zrange(keys.PARTITIONS, 0, -1) == [b"7"]


async def test_a_partition_that_was_forgotten_is_in_use_again_once_somebody_is_there(
    redis: Redis, settings: Settings
) -> None:
    with LiveGateway(settings) as gateway:
        session_id = await gateway.start_session()
        await redis.delete(keys.PARTITIONS)
        async with gateway.events(session_id):
            give_up = time.monotonic() + 20
            while not await redis.zcard(keys.PARTITIONS):
                assert time.monotonic() < give_up
                await asyncio.sleep(0.05)
    assert await redis.zrange(keys.PARTITIONS, 0, -1) == [session_id.partition("-")[0].encode()]
