"""New sessions are refused while the workers cannot keep up, and accepted again automatically."""

import asyncio
from collections.abc import Awaitable

import httpx
import pytest
from redis.asyncio import Redis

from gateway.edge.capacity import HYSTERESIS
from shared import keys
from shared.contract.session import partition_of
from shared.contract.worker_load import WorkerLoad
from shared.settings import Settings
from testkit.live_worker import LiveWorker, Speaker, until_leased
from tests.integration.conftest import test_settings
from tests.integration.live_gateway import LiveGateway, answer


@pytest.fixture
def settings(redis_url: str) -> Settings:
    return test_settings(redis_url, max_load=0.85)


async def publish(redis: Redis, **loads: WorkerLoad) -> None:
    """Write the reports of workers with these names."""
    now = (await redis.time())[0]
    await redis.zadd(keys.WORKERS, dict.fromkeys(loads, now + 60))
    await redis.hset(keys.LOADS, mapping={name: load.to_json() for name, load in loads.items()})  # type: ignore[misc]


async def start(gateway: LiveGateway, times: int = 1) -> list[httpx.Response]:
    """So many starts at once."""
    async with gateway.http() as client:
        calls: list[Awaitable[httpx.Response]] = [client.post("/session/start") for _ in range(times)]
        return await asyncio.gather(*calls)


async def forget_starts(redis: Redis) -> None:
    """As after the seconds for which a beginning counts; also waits until the gateway looks at the workers again."""
    await redis.delete(keys.STARTS)
    await asyncio.sleep(1.0)


async def test_a_full_fleet_refuses_in_words(gateway: LiveGateway, redis: Redis) -> None:
    await publish(redis, a=WorkerLoad(0.84, 0.03, 28.0))
    [refused] = await start(gateway)
    assert refused.status_code == 503
    assert refused.headers["content-type"] == "application/problem+json"
    assert int(refused.headers["retry-after"]) > 0
    problem = refused.json()
    assert problem["reason"] == "fleet_full"
    assert problem["detail"].endswith("Try again in a few seconds.")
    assert not await redis.keys("*:session:*")
    async with gateway.http() as client:
        ready = await client.get("/ready")
        metrics = (await client.get("/metrics")).text
    told = {"status": "ready", "workers": 1, "load": 0.84, "full": True, "stuck": 0}
    assert (ready.status_code, ready.json()) == (200, told)
    for line in ("linnet_starts_refused_total 1.0", "linnet_workers 1.0", "linnet_fleet_load 0.84"):
        assert line in metrics


async def speak(gateway: LiveGateway, session_id: str, frame: bytes = bytes(6400)) -> str:
    """Sends one frame of a new session: "ok", or the error it is answered with."""
    async with gateway.audio(session_id) as link:
        await link.send(frame)
        said = await answer(link)
        return "ok" if said["ok"] else str(said["error"])


async def test_silent_starts_take_nobodys_room(gateway: LiveGateway, redis: Redis) -> None:
    await publish(redis, a=WorkerLoad(0.60, 0.05, 12.0))
    silent = [answer.json()["session_id"] for answer in await start(gateway, 30)]
    assert [await speak(gateway, session_id, bytes(2)) for session_id in silent[:10]] == ["ok"] * 10
    await asyncio.sleep(1.0)
    [honest] = await start(gateway)
    assert honest.status_code == 200
    assert await speak(gateway, honest.json()["session_id"]) == "ok"


async def test_of_a_rush_on_several_gateways_no_more_may_speak_than_there_is_room_for(
    gateway: LiveGateway, settings: Settings, redis: Redis
) -> None:
    await publish(redis, a=WorkerLoad(0.60, 0.05, 12.0), b=WorkerLoad(0.70, 0.05, 14.0))
    with LiveGateway(settings) as second:
        ids = [answer.json()["session_id"] for answer in await start(gateway, 14)]
        calls = [speak((gateway, second)[number % 2], session_id) for number, session_id in enumerate(ids)]
        answers = await asyncio.gather(*calls)
        assert sorted(answers) == ["fleet_full"] * 6 + ["ok"] * 8
        waiting = ids[answers.index("fleet_full")]
        assert await redis.hget(keys.session(partition_of(waiting) or 0, waiting), "received") == b"0"  # type: ignore[misc]
        assert await speak(second, waiting, bytes(3200)) == "ok", "so little takes no room"
        assert await speak(second, waiting) == "fleet_full", "who comes again has taken none either"
        await forget_starts(redis)
        assert await speak(second, waiting) == "ok"


async def test_it_takes_sessions_again_when_the_load_has_fallen_well_under_the_limit(
    gateway: LiveGateway, redis: Redis
) -> None:
    await publish(redis, a=WorkerLoad(0.9, 0.03, 30.0))
    assert [answer.status_code for answer in await start(gateway)] == [503]
    await publish(redis, a=WorkerLoad(0.85 - HYSTERESIS, 0.03, 25.0))
    await forget_starts(redis)
    assert [answer.status_code for answer in await start(gateway)] == [503]
    await publish(redis, a=WorkerLoad(0.7, 0.03, 23.0))
    await forget_starts(redis)
    assert [answer.status_code for answer in await start(gateway)] == [200]
    await publish(redis, a=WorkerLoad(0.85 - HYSTERESIS, 0.03, 25.0))
    await forget_starts(redis)
    assert [answer.status_code for answer in await start(gateway)] == [200], "the limit itself is higher"


async def test_an_idle_fleet_always_accepts_and_unknown_workers_count_as_idle(
    gateway: LiveGateway, redis: Redis
) -> None:
    await publish(redis, a=WorkerLoad(0.9, 0.9, 1.0))
    assert [answer.status_code for answer in await start(gateway)] == [503]
    await publish(redis, a=WorkerLoad(0.0, cost=5.0))
    async with gateway.http() as client:
        assert (await client.get("/ready")).json()["full"] is False
    assert [answer.status_code for answer in await start(gateway, 4)] == [200] * 4
    await redis.hdel(keys.LOADS, "a")  # type: ignore[misc]
    await forget_starts(redis)
    assert [answer.status_code for answer in await start(gateway, 5)] == [200] * 5


async def test_a_dead_workers_load_counts_for_nothing(gateway: LiveGateway, redis: Redis) -> None:
    await publish(redis, dead=WorkerLoad(0.0, 0.01), alive=WorkerLoad(0.9, 0.03, 30.0))
    await redis.zadd(keys.WORKERS, {"dead": 1.0})
    assert [answer.status_code for answer in await start(gateway)] == [503]


async def test_without_a_worker_sessions_start_for_as_long_as_their_audio_may_wait(redis_url: str) -> None:
    with LiveGateway(test_settings(redis_url, max_load=0.85, backlog_seconds=6.0)) as gateway:
        [accepted] = await start(gateway)
        assert accepted.status_code == 200
        await asyncio.sleep(6.1)
        [refused] = await start(gateway)
        assert refused.status_code == 503
        assert refused.json()["reason"] == "no_worker"


async def test_it_can_be_turned_off(redis_url: str, redis: Redis) -> None:
    await publish(redis, a=WorkerLoad(1.0, 0.03, 40.0, 60.0))
    with LiveGateway(test_settings(redis_url, max_load=0.0)) as gateway:
        assert [answer.status_code for answer in await start(gateway)] == [200]


async def test_new_sessions_go_to_the_quieter_partitions(gateway: LiveGateway, redis: Redis) -> None:
    for number in range(100):
        await redis.zadd(keys.presence(2), {f"session {number}": 1e12})
    ids = [answer.json()["session_id"] for answer in await start(gateway, 20)]
    assert 2 not in {partition_of(session_id) for session_id in ids}


async def test_workers_measure_what_they_publish_and_forget_the_dead(redis: Redis, settings: Settings) -> None:
    await publish(redis, dead=WorkerLoad(0.9, 0.03, 30.0))
    await redis.zadd(keys.WORKERS, {"dead": 1.0})
    speaker = Speaker(redis, 0)
    await speaker.start()
    with LiveWorker(settings.model_copy(update={"mock": True})) as worker:
        await until_leased(redis, 0)
        async with asyncio.timeout(20):
            while True:
                await speaker.say(bytes(3200))
                await asyncio.sleep(0.05)
                loads = await redis.hgetall(keys.LOADS)  # type: ignore[misc]
                if b"dead" not in loads and any(WorkerLoad.from_json(load).sessions >= 0.5 for load in loads.values()):
                    break
        [load] = [WorkerLoad.from_json(load) for load in loads.values()]
        assert 0.0 < load.load < 1.0
        assert worker.terminate() == 0
    assert not await redis.exists(keys.LOADS)


@pytest.mark.parametrize("names", [["LOADS", "STARTS"]])
async def test_what_it_keeps_in_redis_expires(gateway: LiveGateway, redis: Redis, names: list[str]) -> None:
    await publish(redis, a=WorkerLoad())
    await redis.expire(keys.LOADS, 60)
    [begun] = await start(gateway)
    assert await speak(gateway, begun.json()["session_id"]) == "ok"
    assert all([0 < await redis.ttl(getattr(keys, name)) <= 60 for name in names])
