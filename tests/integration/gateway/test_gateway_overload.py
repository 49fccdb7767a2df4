"""Overload: bounded per session and per partition, reported truthfully, and without effect on others."""

import asyncio
import json
import time

import pytest
from redis.asyncio import Redis

from gateway.audio.behind import Behind
from gateway.metrics import Metrics
from gateway.session.session_keys import place_of
from shared import keys
from shared.settings import Settings
from shared.store.open import open_links
from tests.integration.conftest import test_settings
from tests.integration.deaf_client import DeafClient
from tests.integration.gateway.test_gateway_audio import closing_words
from tests.integration.live_gateway import LiveGateway, answer
from tests.integration.worker_double import WorkerDouble

SECOND = 32_000


async def test_a_new_socket_brings_no_new_window_while_the_worker_lags(redis_url: str, redis: Redis) -> None:
    with LiveGateway(test_settings(redis_url, backlog_seconds=1.0)) as gateway:
        session_id = await gateway.start_session()
        worker = WorkerDouble(redis, session_id)
        async with gateway.audio(session_id, close_timeout=0.1) as link:
            for _ in range(3):
                await link.send(bytes(SECOND))
            while len(await worker.chunks()) < 3:
                await asyncio.sleep(0.01)
        for _ in range(3):
            async with gateway.audio(session_id, f"?offset={3 * SECOND // 2}", close_timeout=0.1) as link:
                assert await answer(link) == {"ok": True, "next_offset": 3 * SECOND // 2}
                await link.send(bytes(SECOND))
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(link.recv(), 0.4)
        assert len(await worker.chunks()) == 3
        async with gateway.audio(session_id) as link:
            await link.send(bytes(SECOND))
            await worker.classify(3 * 16_000)
            assert await answer(link) == {"ok": True, "bytes": SECOND}


async def test_a_full_partition_slows_those_down_that_lag_and_nobody_else(redis_url: str, redis: Redis) -> None:
    with LiveGateway(test_settings(redis_url, partitions=1, partition_backlog_mb=0.3)) as gateway:
        lagging, live = await gateway.start_session(), await gateway.start_session()
        worker = WorkerDouble(redis, lagging)
        async with gateway.audio(lagging) as first, gateway.audio(live) as second:
            for _ in range(14):
                await first.send(bytes(SECOND))
            # 0.3 MB are nine seconds and a bit; the session's own bound of 30 s is far away.
            assert [await answer(first) for _ in range(9)] == [{"ok": True, "bytes": SECOND}] * 9
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(first.recv(), 0.4)
            await second.send(bytes(SECOND))
            assert await answer(second) == {"ok": True, "bytes": SECOND}
            await redis.xtrim(keys.pcm(0), maxlen=2)
            oldest = (await redis.xrange(keys.pcm(0), count=1))[0][1]
            await redis.hset(keys.pcm_flow(0), "out", oldest[b"b"].decode())  # type: ignore[misc]  # as a commit does
            assert await answer(first) == {"ok": True, "bytes": SECOND, "lag_seconds": 10.0}
            for _ in range(4):
                assert (await answer(first))["ok"]
        assert len(await worker.chunks()) == 1


async def test_without_any_progress_the_socket_is_closed_in_words_and_nothing_is_lost(
    redis_url: str, redis: Redis
) -> None:
    with LiveGateway(test_settings(redis_url, backlog_seconds=1.0, hold_seconds=0.6)) as gateway:
        session_id = await gateway.start_session()
        async with gateway.audio(session_id) as link:
            for _ in range(3):
                await link.send(bytes(SECOND))
            assert await answer(link) == {"ok": True, "bytes": SECOND}
            assert await answer(link) == {"ok": True, "bytes": SECOND, "lag_seconds": 2.0}
            assert await answer(link) == {"ok": True, "bytes": SECOND, "lag_seconds": 3.0}
            assert (await closing_words(link))[::2] == ("not_classified", 1013)
        async with gateway.http() as client:
            session = (await client.get(f"/session/{session_id}")).json()
        assert (session["audio_seconds"], session["lag_seconds"]) == (3.0, 3.0)
        async with gateway.audio(session_id, "?offset=48000") as link:
            assert await answer(link) == {"ok": True, "next_offset": 48_000}
            assert (await closing_words(link))[::2] == ("not_classified", 1013)


async def test_progress_keeps_a_slow_session_open(redis_url: str, redis: Redis) -> None:
    with LiveGateway(test_settings(redis_url, backlog_seconds=1.0, hold_seconds=3.0)) as gateway:
        session_id = await gateway.start_session()
        worker = WorkerDouble(redis, session_id)
        async with gateway.audio(session_id) as link:
            for _ in range(5):
                await link.send(bytes(SECOND))
            assert await answer(link) == {"ok": True, "bytes": SECOND}
            for step in range(1, 9):
                await worker.classify(step * 8_000)
                await asyncio.sleep(0.5)
            for _ in range(4):
                assert (await answer(link))["lag_seconds"] <= 1.0


async def test_the_event_stream_says_behind_while_no_worker_lives(gateway: LiveGateway, redis: Redis) -> None:
    session_id = await gateway.start_session()
    worker = WorkerDouble(redis, session_id)
    async with gateway.events(session_id) as events, gateway.audio(session_id) as link:
        await worker.classify(8_000)
        for _ in range(5):  # only after the last is it behind: a round of telling may come at any time
            await link.send(bytes(SECOND))
            await answer(link)
        while (told := await events.fields()) is not None and told.get("event") != "status":
            pass
        assert told is not None
        assert json.loads(told["data"]) == {"state": "behind", "audio_seconds": 0.5, "lag_seconds": 4.5}
        assert "id" not in told


async def test_what_has_caught_up_is_not_called_behind_late(
    gateway: LiveGateway, settings: Settings, redis: Redis
) -> None:
    places = [place_of(await gateway.start_session()) for _ in range(2)]
    late, behind = places
    for place, classified in ((late, 5 * 16_000), (behind, 16_000)):
        await redis.hset(place.record, mapping={"received": 6 * 16_000, "classified": classified})  # type: ignore[misc]
    async with redis.pubsub() as listening, open_links(settings) as links:
        await listening.subscribe(*(keys.status_channel(place.session_id) for place in places))
        telling = Behind(links, Metrics())
        for place in places:
            telling.note(place, 6.0)  # as frames found it before the worker caught up
        await telling.tell()
        messages = [await listening.get_message(timeout=1.0) for _ in range(4)]
    told = [message["channel"].decode() for message in messages if message and message["type"] == "message"]
    assert told == [keys.status_channel(behind.session_id)]


@pytest.mark.parametrize(("seconds", "may"), [(0, True), (59, True), (70, False), (10**6, False)])
async def test_an_offset_beyond_the_sessions_age_is_refused_in_words(
    gateway: LiveGateway, seconds: int, may: bool
) -> None:
    async with gateway.audio(await gateway.start_session(), f"?offset={seconds * 16_000}") as link:
        if may:
            assert await answer(link) == {"ok": True, "next_offset": 0}
        else:
            error, detail, code = await closing_words(link)
            assert (error, code) == ("bad_offset", 4003)
            assert "further ahead" in detail


async def test_a_client_that_was_away_for_long_may_skip_that_time(gateway: LiveGateway, redis: Redis) -> None:
    session_id = await gateway.start_session()
    worker = WorkerDouble(redis, session_id)
    await redis.hset(place_of(session_id).record, "started_at", str(time.time() - 3600))  # type: ignore[misc]
    async with gateway.audio(session_id, f"?offset={3590 * 16_000}") as link:
        assert await answer(link) == {"ok": True, "next_offset": 0}
        await link.send(bytes(320))
        await worker.classify(3590 * 16_000)  # a hole takes a worker no time
        assert (await answer(link))["ok"]
    [chunk] = await worker.chunks()
    assert int(chunk[b"o"]) == 3590 * 16_000


@pytest.mark.parametrize(
    ("pcm", "most"),
    # Tiny frames: the answers fill the buffers. Large ones: the backlog bound does it.
    [(bytes(2), 200_000), (bytes(SECOND), 1000)],
)
async def test_a_client_that_never_reads_is_stopped_and_costs_others_nothing(
    gateway: LiveGateway, redis: Redis, pcm: bytes, most: int
) -> None:
    gateway.answers_fit_into(16_384)
    deaf_id, other_id = await gateway.start_session(), await gateway.start_session()
    deaf = DeafClient(gateway.port, deaf_id)
    try:
        async with gateway.audio(other_id) as link:
            flood = asyncio.create_task(asyncio.to_thread(deaf.send_until_it_blocks, pcm, most))
            while not flood.done():
                await link.send(bytes(3200))
                assert (await answer(link))["bytes"] == 3200
                await WorkerDouble(redis, other_id).classify(10**9)
                await asyncio.sleep(0.02)
            assert flood.result() < most
        stored = await WorkerDouble(redis, deaf_id).chunks()
        assert len(stored) * len(pcm) <= 47 * SECOND
        async with gateway.audio(deaf_id, close_timeout=0.1) as newer, gateway.http() as client:
            assert (await client.delete(f"/session/{deaf_id}")).status_code == 200
            assert (await closing_words(newer))[::2] == ("unknown_session", 4004)
    finally:
        deaf.close()
