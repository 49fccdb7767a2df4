"""Listeners that stall, leave or stay."""

import asyncio
import json
import socket

import pytest
from redis.asyncio import Redis

from shared import keys
from tests.integration.conftest import test_settings
from tests.integration.live_gateway import LiveGateway, renewed, subscribed
from tests.integration.worker_double import WorkerDouble, tone


async def test_a_stalled_client_is_cut_off_resumes_and_delays_nobody(redis_url: str, redis: Redis) -> None:
    with LiveGateway(test_settings(redis_url, listener_queue=8)) as gateway:
        session_id = await gateway.start_session()
        worker = WorkerDouble(redis, session_id)
        stalled = socket.create_connection(("127.0.0.1", gateway.port))
        stalled.sendall(f"GET /session/{session_id}/stream HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        async with gateway.events(session_id) as events:
            await events.fields()
            await subscribed(redis, keys.stored_channel(session_id))
            long = json.loads(tone(session_id, 1.0)) | {"label": "x" * 100_000}
            count = 0
            while not gateway.services.metrics.listeners_cut_off._value.get():
                count += 1
                assert count < 2000, "never cut off"
                await worker.commit(f"{count * 16000}-1", "tone-event", json.dumps(long))
                await events.stored(1)  # the other listener has each event, stalled client or not
        stalled.settimeout(30)
        text = b""
        while chunk := await asyncio.to_thread(stalled.recv, 65536):
            text += chunk
            if text.endswith(b"0\r\n\r\n"):
                break  # the response ended in order
        stalled.close()
        seen = [line[4:].strip().decode() for line in text.splitlines() if line.startswith(b"id: ")]
        assert seen[1:] == [f"{n * 16000}-1" for n in range(1, len(seen))]
        assert len(seen) - 1 < count
        async with gateway.events(session_id, seen[-1]) as events:
            missed = await events.stored(count - len(seen) + 1)
        assert missed[-1]["id"] == f"{count * 16000}-1"


async def test_nothing_stays_behind_when_the_last_listener_leaves(
    gateway: LiveGateway, session_id: str, redis: Redis
) -> None:
    async with gateway.events(session_id) as events:
        await events.fields()
        await subscribed(redis, keys.stored_channel(session_id))
    for _ in range(100):
        if [count for _, count in await redis.pubsub_numsub(keys.stored_channel(session_id))] == [0]:
            break
        await asyncio.sleep(0.1)
    else:
        pytest.fail("still subscribed")
    broadcast = gateway.services.broadcast
    assert not broadcast._audiences and not broadcast._unread
    assert not gateway.services.presence._present


async def test_an_open_stream_keeps_its_session_alive(redis_url: str, redis: Redis) -> None:
    with LiveGateway(test_settings(redis_url, idle_ttl=3.0)) as gateway:
        session_id = await gateway.start_session()
        place = WorkerDouble(redis, session_id).place
        before = await redis.zscore(place.presence, session_id)
        assert before is not None
        async with gateway.events(session_id):
            await renewed(redis, place, before + 0.9)
