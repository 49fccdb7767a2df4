"""Invalid entries, checkpoints and records: they cost their session little and other sessions nothing."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgpack
import numpy as np
import pytest
from redis.asyncio import Redis

from classifier_worker.pipeline.inference import Inference
from classifier_worker.speech.mock_backend import MockBackend
from shared import keys
from shared.contract.stored_event import StoredEvent
from shared.settings import Settings
from testkit.live_worker import Speaker
from tests.integration.worker.leased_partition import leased_partition

PARTITION = 1
NOISE = (np.random.default_rng(3).standard_normal(160_000) * 3000).astype("<i2").tobytes()
TONES = ["tone-event"]


@asynccontextmanager
async def working(redis: Redis, settings: Settings, epoch: int) -> AsyncIterator[None]:
    async with leased_partition(redis, settings, PARTITION, epoch, Inference(MockBackend(settings))):
        yield


async def started(redis: Redis) -> Speaker:
    speaker = Speaker(redis, PARTITION)
    await speaker.start()
    return speaker


async def say(speaker: Speaker, seconds: int) -> None:
    for begin in range(0, seconds * 32_000, 3200):
        await speaker.say(NOISE[begin : begin + 3200])


def codes(events: list[StoredEvent]) -> list[str]:
    return [json.loads(e.data)["code"] if e.kind == "service-event" else e.kind for e in events]


async def test_entries_that_cannot_be_read(redis: Redis, settings: Settings) -> None:
    speaker, other = await started(redis), await started(redis)
    key, sid = keys.pcm(PARTITION), speaker.session_id
    await say(speaker, 3)
    malformed: list[dict[str, object]] = [
        {"s": sid, "o": 48_000, "d": b"odd"},
        {"s": sid, "o": "-5", "d": b"ab"},
        {"s": sid, "o": "9" * 30, "d": b"ab"},
        {"s": sid, "o": "0", "d": bytes(200_000)},
        {"s": sid},
        {"x": "no session at all"},
        {"s": b"\xff\xfe", "o": "0", "d": b"ab"},
        {"s": "1-" + "0" * 32, "o": "0", "d": b"ab"},
    ]
    for fields in malformed:
        await redis.xadd(key, fields)  # type: ignore[arg-type]
    await say(speaker, 3)
    await say(other, 3)
    async with working(redis, settings, 1):
        for one in (speaker, other):
            await one.end()
        events = await speaker.until_ended()
        assert codes(await other.until_ended()) == ["tone-event", "session-ended"]
    assert codes(events) == [*TONES, *["entry-unreadable"] * 5, *TONES * 3, "session-ended"]
    assert len({event.id for event in events}) == len(events)
    assert await redis.xlen(key) == 0
    assert await redis.hgetall(keys.TROUBLES) == {b"entry-unreadable": b"5"}  # type: ignore[misc]


@pytest.mark.parametrize(
    "checkpoint", [b"\xc1 no msgpack", msgpack.packb({"version": 99}), msgpack.packb([1, 2]), msgpack.packb({"a": 1})]
)
async def test_a_checkpoint_that_cannot_be_read(redis: Redis, settings: Settings, checkpoint: bytes) -> None:
    speaker = await started(redis)
    async with working(redis, settings, 1):
        await say(speaker, 5)
        before = await speaker.until(lambda events: len(events) == 3)
        assert codes(before) == TONES * 3
    await redis.set(keys.checkpoint(PARTITION, speaker.session_id), checkpoint)
    async with working(redis, settings, 2):
        await say(speaker, 4)
        await speaker.end()
        events = await speaker.until_ended()
    assert events[:3] == before
    assert codes(events[3:])[0] == "listening-afresh"
    assert json.loads(events[3].data)["timestamp"] == 5.0
    later = [json.loads(event.data) for event in events[4:] if event.kind == "tone-event"]
    assert [tone["seq"] for tone in later] == list(range(4, 4 + len(later)))
    assert len(later) >= 2
    assert later[-1]["timestamp"] == 9.0, "the session's clock goes on"


async def test_a_record_that_cannot_be_read(redis: Redis, settings: Settings) -> None:
    speaker, other = await started(redis), await started(redis)
    async with working(redis, settings, 1):
        await say(speaker, 4)
        await speaker.until(lambda events: len(events) == 2)
    await redis.hset(speaker.record_key, "sample_rate", "fast")  # type: ignore[misc]
    for epoch in (2, 3):  # it is said once, whoever comes
        async with working(redis, settings, epoch):
            await say(speaker, 1)
            await say(other, 3)
            await speaker.until(lambda events: codes(events)[2:] == ["record-unreadable"])
            await other.until(bool)
    async with working(redis, settings, 4):
        await speaker.end()
        events = await speaker.until_ended()
        await other.end()
        assert (await other.until_ended())[-1].kind == "session-ended"
    assert codes(events) == [*TONES * 2, "record-unreadable", "session-ended"]


async def test_a_record_of_another_kind_is_as_good_as_none(redis: Redis, settings: Settings) -> None:
    speaker, other = await started(redis), await started(redis)
    await say(speaker, 4)
    await say(other, 4)
    await redis.delete(speaker.record_key)
    await redis.set(speaker.record_key, "no hash")
    async with working(redis, settings, 1):
        await other.end()
        assert codes(await other.until_ended()) == [*TONES * 2, "session-ended"]
    assert await redis.xlen(keys.pcm(PARTITION)) == 0
