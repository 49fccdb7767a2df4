"""Health, readiness, metrics, the model, errors, and a Redis that goes away and comes back."""

import asyncio
from collections.abc import Iterator

import pytest
from redis.asyncio import Redis
from websockets.exceptions import ConnectionClosed

from classifier_worker.fleet.lease import acquire
from classifier_worker.partition.commit import commit
from gateway.events.subscriptions import Subscriptions
from gateway.metrics import Metrics
from shared import keys
from shared.settings import Settings
from shared.store.open import open_links
from testkit.redis_server import RedisServer
from tests.integration.conftest import test_settings
from tests.integration.live_gateway import LiveGateway, answer
from tests.integration.worker_double import WorkerDouble


@pytest.fixture
def own_server() -> Iterator[RedisServer]:
    """A server that the test may stop; it keeps its data."""
    with RedisServer(appendonly=True) as server:
        yield server


async def ready(gateway: LiveGateway) -> tuple[int, str]:
    async with gateway.http() as client:
        response = await client.get("/ready")
        return response.status_code, response.json().get("detail", "")


@pytest.mark.parametrize("path", ["/health", "/ready", "/model", "/metrics", "/openapi.json", "/session/1-a", "/none"])
async def test_head_is_answered_as_get_without_a_body(gateway: LiveGateway, path: str) -> None:
    async with gateway.http() as client:
        head, get = await client.head(path), await client.get(path)
    assert head.status_code == get.status_code
    assert head.headers["content-type"] == get.headers["content-type"]
    assert head.content == b""


async def test_head_of_an_event_stream_ends(gateway: LiveGateway) -> None:
    session_id = await gateway.start_session()
    async with gateway.http() as client:
        head = await client.head(f"/session/{session_id}/stream")
    assert head.status_code == 200
    assert head.headers["content-type"].startswith("text/event-stream")


async def test_health_says_ok_and_the_version(gateway: LiveGateway) -> None:
    async with gateway.http() as client:
        health = (await client.get("/health")).json()
    assert health["status"] == "ok"
    assert health["version"] == "0.1.0"


async def test_ready_once_a_worker_is_alive(gateway: LiveGateway, redis: Redis) -> None:
    status, detail = await ready(gateway)
    assert status == 503 and "No worker is alive" in detail
    async with gateway.http() as client:
        assert (await client.get("/ready")).json()["reason"] == "no_worker"
    now = (await redis.time())[0]
    await redis.zadd(keys.WORKERS, {"dead": now - 10})
    assert (await ready(gateway))[0] == 503
    await redis.zadd(keys.WORKERS, {"alive": now + 60})
    assert (await ready(gateway))[0] == 200


async def test_ready_says_where_audio_waits_and_no_worker_gets_any_further(
    gateway: LiveGateway, redis: Redis, settings: Settings
) -> None:
    now = (await redis.time())[0]
    await redis.zadd(keys.WORKERS, {"alive": now + 60})
    await redis.zadd(keys.PARTITIONS, {"0": now, "1": now})
    await redis.xadd(keys.pcm(0), {"s": "x"}, id=f"{(now - 60) * 1000}-1")
    async with gateway.http() as client:
        nowhere = await client.get("/ready")
        assert (nowhere.status_code, nowhere.json()["reason"]) == (503, "no_progress")
        await redis.xadd(keys.pcm(1), {"s": "y"})
        elsewhere = await client.get("/ready")
        assert (elsewhere.status_code, elsewhere.json()["stuck"]) == (200, 1)
        assert "linnet_partitions_stuck 1.0" in (await client.get("/metrics")).text
        lease = await acquire(redis, 0, 1, "test", 60)
        assert lease is not None
        await commit(redis, lease, "1-0", [], settings)
        assert await redis.xlen(keys.pcm(0)) == 1
        assert (await client.get("/ready")).json()["stuck"] == 0, "it works on what waits"


async def test_model_is_what_a_worker_published(gateway: LiveGateway, redis: Redis) -> None:
    async with gateway.http() as client:
        nothing = await client.get("/model")
        assert nothing.status_code == 503 and "No worker" in nothing.json()["detail"]
        await redis.set(keys.MODEL, '{"name":"mock"}')
        assert (await client.get("/model")).json() == {"name": "mock", "words": None}


async def test_metrics_count(gateway: LiveGateway, redis: Redis) -> None:
    await redis.hincrby(keys.TROUBLES, "audio-set-aside", 3)  # type: ignore[misc]
    session_id = await gateway.start_session()
    async with gateway.audio(session_id) as link, gateway.events(session_id), gateway.http() as client:
        await link.send(bytes(3200))
        await answer(link)
        text = (await client.get("/metrics")).text
    for line in (
        "linnet_sessions_started_total 1.0",
        "linnet_audio_frames_total 1.0",
        "linnet_audio_bytes_total 3200.0",
        "linnet_frame_stored_seconds_count 1.0",
        "linnet_audio_sockets 1.0",
        "linnet_listeners 1.0",
        'linnet_session_troubles{code="audio-set-aside"} 3.0',
    ):
        assert line in text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("PUT", "/session/start", 405), ("GET", "/session/start/x/y", 404)],
)
async def test_every_error_is_a_problem_with_a_detail(
    gateway: LiveGateway, method: str, path: str, status: int
) -> None:
    async with gateway.http() as client:
        response = await client.request(method, path)
    problem = response.json()
    assert response.status_code == problem["status"] == status
    assert response.headers["content-type"] == "application/problem+json"
    assert problem["title"] and problem["detail"].endswith(".")


async def test_a_long_body_gets_413_and_no_json_gets_422(gateway: LiveGateway) -> None:
    async with gateway.http() as client:
        long = await client.post("/session/start", content=b" " * 70_000)
        broken = await client.post("/session/start", content=b"{", headers={"Content-Type": "application/json"})
    assert long.status_code == 413 and "64 kB" in long.json()["detail"]
    assert broken.status_code == 422 and broken.json()["detail"]


async def test_starting_without_redis_then_everything_recovers_by_itself() -> None:
    server = RedisServer()
    settings = test_settings(server.url)
    try:
        with LiveGateway(settings) as gateway:
            async with gateway.http() as client:
                assert (await client.get("/health")).status_code == 200
                status, detail = await ready(gateway)
                assert status == 503 and "Redis cannot be reached" in detail
                for method, path in (("POST", "/session/start"), ("GET", f"/session/1-{'0' * 32}"), ("GET", "/model")):
                    response = await client.request(method, path)
                    assert response.status_code == 503
                    assert "data store" in response.json()["detail"]
                    assert response.headers["retry-after"]
                server.start()
                session_id = await gateway.start_session()
                async with gateway.events(session_id) as events, Redis.from_url(server.url) as redis:
                    await events.fields()
                    ids = await WorkerDouble(redis, session_id).tones(1, 3)
                    assert [fields["id"] for fields in await events.stored(3)] == ids
    finally:
        server.remove()


async def test_a_redis_restart_loses_no_event_and_no_acknowledged_frame(own_server: RedisServer) -> None:
    settings = test_settings(own_server.url, redis_timeout=5.0)
    with LiveGateway(settings) as gateway:
        session_id = await gateway.start_session()
        async with (
            gateway.events(session_id) as events,
            gateway.audio(session_id) as link,
            Redis.from_url(own_server.url) as redis,
        ):
            worker = WorkerDouble(redis, session_id)
            await events.fields()
            ids = await worker.tones(1, 2)
            await events.stored(2)
            await asyncio.to_thread(own_server.kill)
            await link.send(bytes(3200))  # waits for Redis to come back
            await asyncio.to_thread(own_server.start)
            assert await answer(link) == {"ok": True, "bytes": 3200}
            ids = await worker.tones(3, 5)
            assert [fields["id"] for fields in await events.stored(3)] == ids
            assert {int(fields[b"o"]) for fields in await worker.chunks()} == {0}


async def test_a_frame_that_cannot_be_stored_closes_the_socket_with_1013(own_server: RedisServer) -> None:
    with LiveGateway(test_settings(own_server.url, redis_timeout=1.5)) as gateway:
        session_id = await gateway.start_session()
        async with gateway.audio(session_id) as link:
            await link.send(bytes(3200))
            await answer(link)
            await asyncio.to_thread(own_server.kill)
            await link.send(bytes(3200))
            words = await answer(link)
            assert words["error"] == "store_unavailable" and "Nothing that was acknowledged" in words["detail"]
            with pytest.raises(ConnectionClosed):
                await link.recv()
            assert link.close_code == 1013
        async with gateway.audio(session_id) as link:  # nor can a new one attach
            assert (await answer(link))["error"] == "store_unavailable"
        await asyncio.to_thread(own_server.start)
        async with gateway.audio(session_id, "?offset=1600") as link:
            assert await answer(link) == {"ok": True, "next_offset": 1600}
            await link.send(bytes(3200))
            assert (await answer(link))["ok"]


async def test_stopping_answers_what_was_sent_and_ends_streams_in_order(redis_url: str, redis: Redis) -> None:
    gateway = LiveGateway(test_settings(redis_url))
    with gateway:
        session_id = await gateway.start_session()
        async with gateway.events(session_id) as events, gateway.audio(session_id) as link:
            await events.fields()
            for _ in range(5):
                await link.send(bytes(3200))
            await answer(link)
            stopping = asyncio.create_task(asyncio.to_thread(gateway.stop))
            assert await events.rest() == []  # ended by the server, not broken off
            answered = 1
            while (words := await answer(link)).get("ok"):
                answered += 1
            assert words["error"] == "restarting"
            with pytest.raises(ConnectionClosed):
                await link.recv()
            assert link.close_code == 1012
            await stopping
        assert answered == len(await WorkerDouble(redis, session_id).chunks())


async def test_the_pub_sub_link_ends_whenever_it_is_cancelled(settings: Settings) -> None:
    """In Python 3.11 asyncio.wait_for, in which redis-py sends, drops a cancellation that comes at the wrong moment."""
    async with open_links(settings) as links:
        for steps in range(40):
            running = asyncio.create_task(Subscriptions(links, Metrics()).run())
            for _ in range(steps):
                await asyncio.sleep(0)
            running.cancel()
            ended, _ = await asyncio.wait([running], timeout=2)
            assert ended, f"cancelled after {steps} steps of the event loop, it went on"
