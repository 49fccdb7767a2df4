"""Sessions through a real worker and a real Redis, with the mock backend."""

import asyncio
import json
import time

import numpy as np
import pytest
from redis.asyncio import Redis

from classifier_worker.upkeep.idle_sessions import end_idle_sessions
from shared import keys
from shared.contract.tone_event import ToneEvent
from shared.settings import Settings
from shared.store.links import AWAY, OneServer
from testkit.live_worker import LiveWorker, Speaker, until_leased
from testkit.redis_server import RedisServer


@pytest.fixture
def mock(settings: Settings) -> Settings:
    return settings.model_copy(update={"mock": True})


def noise(seconds: float, rate: int = 16_000) -> bytes:
    draw = np.random.default_rng(7)
    return (draw.standard_normal(round(seconds * rate)) * 3000).astype("<i2").tobytes()


async def say(speaker: Speaker, seconds: float) -> None:
    pcm = noise(seconds, speaker.sample_rate)
    frame = speaker.sample_rate // 10 * 2
    for begin in range(0, len(pcm), frame):
        await speaker.say(pcm[begin : begin + frame])


async def test_audio_becomes_tone_events_and_the_end_is_the_last(redis: Redis, mock: Settings) -> None:
    speakers = [Speaker(redis, partition, rate) for partition, rate in ((0, 16000), (0, 48000), (3, 8000))]
    with LiveWorker(mock):
        for speaker in speakers:
            await speaker.start()
            await say(speaker, 8)
            await speaker.end()
        for speaker in speakers:
            events = await speaker.until_ended()
            tones = [ToneEvent.from_json(event.data) for event in events if event.kind == "tone-event"]
            assert [tone.seq for tone in tones] == [1, 2, 3, 4, 5, 6]
            assert {tone.session_id for tone in tones} == {speaker.session_id}
            assert json.loads(events[-1].data)["reason"] == "client"
        assert await redis.xlen(keys.pcm(0)) == 0, "what was classified is no longer kept"


async def test_nothing_follows_the_end_that_a_worker_reads_late(redis: Redis, mock: Settings) -> None:
    """The mock's clock of a session without audio stops at the end marker, and not when it is read."""
    speaker = Speaker(redis, 1)
    await speaker.start_without_audio(seconds_ago=5)
    await speaker.end()
    await asyncio.sleep(2.5)  # longer than it takes the mock to invent another event
    with LiveWorker(mock):
        await speaker.until(lambda events: any(event.kind == "session-ended" for event in events))
        await asyncio.sleep(0.5)
    kinds = [event.kind for event in await speaker.events()]
    assert set(kinds[:-1]) == {"tone-event"}
    assert kinds[-1] == "session-ended"


async def test_tone_channel_carries_exactly_the_stored_data(redis: Redis, mock: Settings) -> None:
    speaker = Speaker(redis, 2)
    await speaker.start()
    async with redis.pubsub() as firehose:
        await firehose.psubscribe("linnet:tone:*")
        with LiveWorker(mock):
            await say(speaker, 6)
            await speaker.end()
            events = await speaker.until_ended()
        heard = []
        while (message := await firehose.get_message(timeout=0.5)) is not None:
            if message["type"] == "pmessage":
                heard.append((message["channel"].decode(), message["data"].decode()))
    stored = [event.data for event in events if event.kind == "tone-event"]
    assert heard == [(keys.tone_channel(speaker.session_id), data) for data in stored]


async def test_samples_in_another_format_are_told_live_and_leave_no_trace(redis: Redis, mock: Settings) -> None:
    speaker = Speaker(redis, 2)
    await speaker.start()
    floats = (np.frombuffer(noise(0.2), "<i2") / 32_768).astype("<f4").tobytes()
    async with redis.pubsub() as listening:
        await listening.subscribe(keys.status_channel(speaker.session_id))
        with LiveWorker(mock):
            await until_leased(redis, 2)
            told: dict[str, object] = {}
            async with asyncio.timeout(60):
                while "format" not in told:
                    await speaker.say(floats)
                    message = await listening.get_message(ignore_subscribe_messages=True, timeout=0.05)
                    told = json.loads(message["data"]) if message is not None else told
            await speaker.end()
            events = await speaker.until_ended()
    assert told["format"] == "float32"
    assert "16-bit" in str(told["detail"])
    assert not [event for event in events if "float32" in event.data]


async def test_status_is_live_and_says_silence_and_listening(redis: Redis, mock: Settings) -> None:
    speaker = Speaker(redis, 2)
    await speaker.start()
    async with redis.pubsub() as listening:
        await listening.subscribe(keys.status_channel(speaker.session_id))
        with LiveWorker(mock):
            await until_leased(redis, 2)
            told: list[str] = []
            for pcm, state in ((bytes(3200), "silence"), (noise(0.1), "listening"), (bytes(3200), "silence")):
                async with asyncio.timeout(60):
                    while [one for one in told if one != "behind"][-1:] != [state]:
                        await speaker.say(pcm)
                        message = await listening.get_message(ignore_subscribe_messages=True, timeout=0.05)
                        if message is not None:
                            told.append(json.loads(message["data"])["state"])
            await speaker.end()
            await speaker.until_ended()
    assert [state for state in told if state != "behind"] == ["silence", "listening", "silence"]
    assert not await redis.keys(f"*status*{speaker.session_id}*"), "never stored"


async def test_a_session_that_fell_silent_does_not_hold_the_partition_back(redis: Redis, mock: Settings) -> None:
    """Its needed audio goes into its checkpoint once the others went on for 10 s, so that the stream can be trimmed."""
    silent, talking = Speaker(redis, 1), Speaker(redis, 1)
    await silent.start()
    await talking.start()
    with LiveWorker(mock):
        await say(silent, 4.5)
        give_up = time.monotonic() + 40
        while True:
            await say(talking, 0.5)
            await asyncio.sleep(0.25)
            oldest = await redis.xrange(keys.pcm(1), count=1)
            if not oldest or oldest[0][1][b"s"].decode() != silent.session_id:
                break
            assert time.monotonic() < give_up, "the silent session still holds its chunks"
        first = await silent.events()
    with LiveWorker(mock):
        await say(silent, 3)
        await silent.end()
        events = await silent.until_ended()
    assert events[: len(first)] == first
    undisturbed = Speaker(redis, 0)
    await undisturbed.start()
    with LiveWorker(mock):
        await say(undisturbed, 4.5)
        await say(undisturbed, 3)
        await undisturbed.end()
        expected = await undisturbed.until_ended()
    assert [(e.id, e.kind) for e in events] == [(e.id, e.kind) for e in expected]


async def test_sessions_that_dribble_do_not_hold_the_partition_back(redis: Redis, mock: Settings) -> None:
    settings = mock.model_copy(update={"audio_ttl": 12.0})  # what stalls for 6 s lets the chunks go
    new, again, neighbour = (Speaker(redis, 1) for _ in range(3))
    checkpoints: dict[Speaker, set[bytes]] = {new: set(), again: set()}
    with LiveWorker(settings):
        await until_leased(redis, 1)
        for speaker in (new, again, neighbour):
            await speaker.start()
            await say(speaker, 2.5)
        first = (await neighbour.chunks())[0]
        give_up, dribbles = time.monotonic() + 30, 0
        while first in await neighbour.chunks():
            assert time.monotonic() < give_up, "what the neighbour said is still on the stream"
            await new.say(b"\x01\x20")
            await again.say_again(b"\x01\x20", offset=0)
            await neighbour.say(noise(0.25))
            await asyncio.sleep(0.25)
            dribbles += 1
            for speaker, seen in checkpoints.items():
                seen.add(await redis.get(keys.checkpoint(1, speaker.session_id)) or b"")
        assert dribbles > 4
        for speaker, seen in checkpoints.items():
            seen.add(await redis.get(keys.checkpoint(1, speaker.session_id)) or b"")
            assert len([one for one in seen if len(one) > 50_000]) == 1, "not one with audio for every dribble"
        for speaker in (new, again, neighbour):
            await speaker.end()
            await speaker.until_ended()


async def test_idle_sessions_end_by_themselves(redis: Redis, mock: Settings) -> None:
    idle, present = Speaker(redis, 1), Speaker(redis, 1)
    for speaker in (idle, present):
        await speaker.start()
        await say(speaker, 1)
    await redis.zadd(keys.presence(1), {idle.session_id: time.time() - 1})
    assert await end_idle_sessions(OneServer(redis), mock) == 1
    with LiveWorker(mock):
        (ended,) = [event for event in await idle.until_ended() if event.kind == "session-ended"]
    assert json.loads(ended.data)["reason"] == "idle"
    assert await redis.hget(present.record_key, "state") == b"running"  # type: ignore[misc]


async def test_former_partitions_are_worked_on_until_they_are_empty(redis: Redis, mock: Settings) -> None:
    """The number of partitions may change for new sessions; those on higher ones go on."""
    speaker = Speaker(redis, 11)
    await speaker.start()
    with LiveWorker(mock):
        await say(speaker, 4)
        await speaker.end()
        assert (await speaker.until_ended())[-1].kind == "session-ended"
    await end_idle_sessions(OneServer(redis), mock)
    assert await redis.zscore(keys.PARTITIONS, "11") is None


async def test_a_restart_of_redis_costs_nothing(mock: Settings) -> None:
    with RedisServer(appendonly=True) as server:
        settings = mock.model_copy(update={"redis_url": server.url})
        redis = Redis.from_url(server.url)
        speaker = Speaker(redis, 2)
        await speaker.start()
        with LiveWorker(settings):
            await say(speaker, 4)
            server.kill()
            await asyncio.sleep(1)
            server.start()
            for _ in range(20):
                try:
                    await redis.ping()
                    break
                except AWAY:
                    await asyncio.sleep(0.1)
            await say(speaker, 4)
            await speaker.end()
            events = await speaker.until_ended()
        await redis.aclose()
    tones = [json.loads(event.data)["seq"] for event in events if event.kind == "tone-event"]
    assert tones == [1, 2, 3, 4, 5, 6]
