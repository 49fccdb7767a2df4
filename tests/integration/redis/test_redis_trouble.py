"""A real Redis in trouble: what each side does meanwhile, and that everything recovers afterwards."""

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis
from websockets.exceptions import ConnectionClosed

from ops.aof_tail import last_file
from shared import keys
from shared.settings import Settings
from testkit.live_worker import LiveWorker, until_leased
from testkit.redis_server import RedisServer
from tests.integration.conftest import test_settings
from tests.integration.live_gateway import LiveGateway, answer
from tests.integration.talker import Talker, say, until, whole

STALL = 30.0
"""Seconds in which Redis answers nobody, nor breaks a connection."""


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with RedisServer(appendonly=True) as server:
        yield server


def short(server: RedisServer) -> Settings:
    return test_settings(server.url, partitions=1, lease_ttl=1.0, redis_timeout=0.8).model_copy(update={"mock": True})


async def test_memory_full_refuses_senders_and_makes_room_by_itself(server: RedisServer) -> None:
    settings = short(server)
    async with Redis.from_url(server.url) as redis:
        with LiveGateway(settings) as gateway, LiveWorker(settings) as worker:
            await until_leased(redis, 0)
            session_id = await gateway.start_session()
            await say(gateway, session_id, 0, 2)
            worker.freeze()
            await say(gateway, session_id, 2, 20)
            used = (await redis.info("memory"))["used_memory"]
            await redis.config_set("maxmemory", used - 300_000)

            async with gateway.http() as client:
                refused = await client.post("/session/start")
                assert refused.status_code == 503
                assert "out of memory" in refused.json()["detail"]
                assert refused.headers["retry-after"]
            async with gateway.audio(session_id, f"?offset={22 * 16_000}") as link:
                words = await answer(link)
                assert words["error"] == "store_full"
                with pytest.raises(ConnectionClosed):
                    await link.recv()
                assert link.close_code == 1013

            async def lease_gone() -> bool:
                return not await redis.exists(keys.lease(0))

            await until(lease_gone)  # so that the worker needs a new one, for which the queue has no memory either
            worker.wake()

            async def room() -> bool:
                async with gateway.http() as client:
                    return (await client.post("/session/start")).status_code == 200

            await until(room)

            async def caught_up() -> bool:
                async with gateway.http() as client:
                    return bool((await client.get(f"/session/{session_id}")).json()["lag_seconds"] < 2)

            await until(caught_up)
            await say(gateway, session_id, 22, 2)
            await whole(gateway, session_id, 24)


async def test_memory_that_fills_up_in_speech_closes_the_socket_in_words(server: RedisServer) -> None:
    with LiveGateway(short(server)) as gateway:
        session_id = await gateway.start_session()
        async with gateway.audio(session_id) as link, Redis.from_url(server.url) as redis:
            await redis.config_set("maxmemory", 1)
            await link.send(bytes(3200))
            assert (await answer(link))["error"] == "store_full"
            with pytest.raises(ConnectionClosed):
                await link.recv()
            assert link.close_code == 1013
            async with gateway.http() as client:  # what frees memory works
                assert (await client.delete(f"/session/{session_id}")).status_code == 200


async def test_a_restart_and_a_stall_in_speech_lose_nothing(server: RedisServer, tmp_path: Path) -> None:
    settings, log = short(server), tmp_path / "worker.log"
    with LiveGateway(settings) as gateway, log.open("wb") as file, LiveWorker(settings, log=file):
        async with Redis.from_url(server.url) as redis:
            await until_leased(redis, 0)
        session_id = await gateway.start_session()
        talker = Talker(gateway, session_id)
        await talker.until_further()
        await asyncio.to_thread(server.kill)
        async with gateway.http() as client:
            assert (await client.post("/session/start")).status_code == 503
        await asyncio.to_thread(server.start)
        await talker.until_further()

        async with Redis.from_url(server.url) as redis:
            epoch = int(await redis.get(keys.epoch(0)))
            server.freeze()
            began = time.monotonic()
            async with gateway.http() as client:
                assert (await client.post("/session/start")).status_code == 503
            # Longer than a lease, so that what the worker still has under way is fenced off when Redis wakes up.
            await asyncio.sleep(max(0.0, began + STALL - time.monotonic()))
            server.wake()
            await talker.until_further()

            async def leased_anew() -> bool:
                return int(await redis.get(keys.epoch(0))) > epoch

            await until(leased_anew)
        await whole(gateway, session_id, await talker.stop())
    assert "Redis is unreachable" in log.read_text()
    assert "Traceback" not in log.read_text()


async def test_no_more_connections_than_redis_allows_are_503_and_pass(server: RedisServer) -> None:
    with LiveGateway(short(server)) as gateway:
        session_id = await gateway.start_session()
        async with gateway.audio(session_id) as link, Redis.from_url(server.url) as redis, gateway.http() as client:
            await link.send(bytes(3200))
            assert (await answer(link))["ok"]
            await redis.config_set("maxclients", (await redis.info("clients"))["connected_clients"])
            answers = await asyncio.gather(*(client.get(f"/session/{session_id}/history") for _ in range(30)))
            assert {answer.status_code for answer in answers} == {200, 503}
            await link.send(bytes(3200))
            assert (await answer(link))["ok"], "links that are open stay usable"
            await redis.config_set("maxclients", 1000)
            answers = await asyncio.gather(*(client.get(f"/session/{session_id}/history") for _ in range(30)))
            assert {answer.status_code for answer in answers} == {200}


async def test_a_power_cut_that_takes_a_takeover_with_it_is_no_newer_socket(server: RedisServer) -> None:
    with LiveGateway(short(server)) as gateway:
        session_id = await gateway.start_session()
        async with gateway.audio(session_id, "?offset=0") as first:
            await answer(first)
        file = last_file(server.directory)
        assert file is not None
        size = file.stat().st_size
        async with gateway.audio(session_id, "?offset=0") as link:
            await answer(link)
            await link.send(bytes(3200))
            assert (await answer(link))["ok"]
            await asyncio.to_thread(server.kill)
            os.truncate(file, size)
            await asyncio.to_thread(server.start)
            await link.send(bytes(3200))
            words = await answer(link)
            assert words["error"] == "store_unavailable"
            assert "without the audio" in words["detail"]
            with pytest.raises(ConnectionClosed):
                await link.recv()
            assert link.close_code == 1013
        async with gateway.audio(session_id, "?offset=0") as link:
            assert await answer(link) == {"ok": True, "next_offset": 0}


async def test_a_server_that_evicts_lets_no_session_start(server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.events.store_watch._LOOK_SECONDS", 0.2)
    async with Redis.from_url(server.url) as redis:
        await redis.config_set("maxmemory", "100mb")
        await redis.config_set("maxmemory-policy", "volatile-lru")
        with LiveGateway(short(server)) as gateway:
            async with gateway.http() as client:

                async def refused() -> bool:
                    answer = await client.post("/session/start")
                    return answer.status_code == 503 and answer.json()["reason"] == "store_unfit"

                await until(refused)
                ready = await client.get("/ready")
                assert ready.status_code == 503
                assert "set maxmemory-policy noeviction" in ready.json()["detail"]
                await redis.config_set("maxmemory-policy", "noeviction")

                async def started() -> bool:
                    return (await client.post("/session/start")).status_code == 200

                await until(started)
