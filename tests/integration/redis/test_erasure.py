"""DELETE /session/{id}: nothing of it is left in any key, in the worker, or in the server's files."""

import asyncio
import json
import time
from collections.abc import Callable

import pytest
from redis.asyncio import Redis

from classifier_worker.upkeep.aof_rewriter import FileRewrite
from gateway.api.erase import ERASE
from shared import keys
from shared.erasure.aof_schedule import note_deletion
from shared.erasure.take_off import erase_audio
from shared.settings import Settings
from shared.store.links import OneServer
from shared.store.lua import Argument
from testkit.live_worker import LiveWorker, Speaker, until_leased
from testkit.redis_server import RedisServer
from tests.integration.conftest import test_settings
from tests.integration.live_gateway import LiveGateway
from tests.integration.whole_redis import in_files, let_pass, noise, pieces, traces

PARTITION = 1
EVENT_WORDS = (b"event_type", b"subtext")
SPOKEN = b"call them on Tuesday"
"""What the mock writes down of the third second."""


async def until(done: Callable[[], bool], words: str, seconds: float = 30) -> None:
    give_up = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < give_up, words
        await asyncio.sleep(0.1)


async def say_both(speakers: dict[Speaker, bytes], frame: int) -> None:
    """Frame by frame in turn, so that their chunks share the stream's blocks."""
    longest = max(map(len, speakers.values()))
    for begin in range(0, longest, frame):
        for speaker, pcm in speakers.items():
            if pcm[begin : begin + frame]:
                await speaker.say(pcm[begin : begin + frame])


async def erase(gateway: LiveGateway, session_id: str) -> None:
    async with gateway.http() as client:
        answer = await client.delete(f"/session/{session_id}")
        assert answer.status_code == 200, answer.text


async def test_nothing_is_left_in_any_key_and_a_late_worker_writes_nothing(redis: Redis, settings: Settings) -> None:
    frame = 320  # so short that Redis puts several into one block
    slow = settings.model_copy(update={"mock": True, "lease_ttl": 20.0})
    doomed, other = Speaker(redis, PARTITION), Speaker(redis, PARTITION)
    mine = noise(6, seed=1)
    needles = [doomed.session_id.encode(), *pieces(mine, frame)]
    with LiveGateway(slow) as gateway, LiveWorker(slow) as worker:
        await doomed.start()
        await other.start()
        await until_leased(redis, PARTITION)
        await say_both({doomed: mine[:128_000], other: noise(4, seed=2)}, frame)
        [*_, last] = await doomed.until(lambda events: len(events) >= 2)
        async with gateway.http() as client:
            correction = {"event_id": str(last.id), "affect": "sad", "note": "Remarkable words"}
            await client.post(f"/session/{doomed.session_id}/corrections", json=correction)
        worker.freeze()  # with the session in its memory, in the middle of whatever it does
        await say_both({doomed: mine[128_000:], other: noise(2, seed=3)}, frame)
        needles.append(b"Remarkable words")
        assert len(await traces(redis, needles)) >= 4
        await erase(gateway, doomed.session_id)
        tombstone = keys.tombstone(PARTITION, doomed.session_id)
        assert await traces(redis, needles) == {tombstone}
        assert await redis.get(tombstone) == b""
        worker.wake()
        await other.end()
        events = await other.until_ended()
        assert await traces(redis, needles) == {tombstone}
    tones = [json.loads(event.data) for event in events if event.kind == "tone-event"]
    assert [tone["seq"] for tone in tones] == [1, 2, 3, 4]
    assert {event.kind for event in events} == {"tone-event", "session-ended"}, "no chunk of the other one was lost"


async def half_erased(redis: Redis, settings: Settings) -> tuple[Speaker, Speaker, list[bytes]]:
    """As a gateway leaves a session when it dies before it has deleted the chunks of a very long stream."""
    doomed, other = Speaker(redis, PARTITION), Speaker(redis, PARTITION)
    pcm = noise(2, seed=1)
    await doomed.start()
    await other.start()
    await say_both({other: noise(2.5, seed=2), doomed: pcm}, 3200)
    redis_keys = [keys.presence(PARTITION), *keys.of_audio(PARTITION), keys.tombstone(PARTITION, doomed.session_id)]
    redis_keys += [keys.pinned(PARTITION), *keys.of_session(PARTITION, doomed.session_id)]
    args: list[Argument] = [doomed.session_id, 0, settings.running_expiry, keys.SESSIONS_CHANNEL, "{}"]
    assert await ERASE.run(redis, redis_keys, args) == -1
    needles = [doomed.session_id.encode(), *pieces(pcm, 3200)]
    assert keys.pcm(PARTITION) in await traces(redis, needles)
    return doomed, other, needles


async def test_chunks_that_a_dying_gateway_left_are_deleted_by_the_worker(redis: Redis, settings: Settings) -> None:
    doomed, other, needles = await half_erased(redis, settings)
    with LiveWorker(settings.model_copy(update={"mock": True})):
        give_up = time.monotonic() + 30
        while await traces(redis, needles) != {keys.tombstone(PARTITION, doomed.session_id)}:
            assert time.monotonic() < give_up
            await asyncio.sleep(0.2)
        assert await redis.xlen(keys.pcm(PARTITION)) > 0, "the other session still needs its chunks"
        await other.end()
        (tone, _) = await other.until_ended()
    assert tone.id.sample == 40_000


async def test_chunks_that_a_dying_gateway_left_are_deleted_when_the_caller_repeats(
    redis: Redis, settings: Settings
) -> None:
    doomed, _, needles = await half_erased(redis, settings)
    with LiveGateway(settings) as gateway:
        await erase(gateway, doomed.session_id)
    assert await traces(redis, needles) == {keys.tombstone(PARTITION, doomed.session_id)}


async def test_writing_the_stream_anew_keeps_ids_expiry_and_the_order_of_what_follows(redis: Redis) -> None:
    doomed, other = Speaker(redis, PARTITION), Speaker(redis, PARTITION)
    await doomed.start()
    await other.start()
    pcm = keys.pcm(PARTITION)
    await say_both({other: noise(0.2), doomed: noise(0.4)}, 3200)
    await redis.expire(pcm, 1000)
    before = await redis.xrange(pcm)
    await erase_audio(redis, PARTITION, doomed.session_id)
    assert await redis.xrange(pcm) == [entry for entry in before if entry[1][b"s"] == other.session_id.encode()]
    assert 990 < await redis.ttl(pcm) <= 1000
    assert (await redis.xinfo_stream(pcm))["last-generated-id"] == before[-1][0]
    await erase_audio(redis, PARTITION, other.session_id)
    assert await redis.xlen(pcm) == 0
    assert (await redis.xinfo_stream(pcm))["last-generated-id"] == before[-1][0]


async def test_the_append_only_file_forgets_soon_after(settings: Settings) -> None:
    """Also what expired: here at the end of a retention of nothing, which a minute later would be."""
    with RedisServer(appendonly=True) as server:
        quick = settings.model_copy(
            update={"redis_url": server.url, "mock": True, "words": "base", "rewrite_delay": 0.3, "retention": 0.0}
        )
        redis = Redis.from_url(server.url)
        await redis.config_set("rdbcompression", "no")
        doomed, ended = (Speaker(redis, PARTITION, words=True) for _ in range(2))
        with LiveGateway(quick) as gateway, LiveWorker(quick):
            for speaker, seed in ((doomed, 1), (ended, 2)):
                await speaker.start()
                await say_both({speaker: noise(8, seed)}, 3200)
                await speaker.until(lambda events: any(SPOKEN.decode() in event.data for event in events))
            needles = [doomed.session_id.encode(), *pieces(noise(8, 1), 3200)]
            assert in_files(server.directory, [SPOKEN])
            assert in_files(server.directory, needles)
            await erase(gateway, doomed.session_id)
            await redis.delete(keys.tombstone(PARTITION, doomed.session_id))  # it names the session, and may
            await until(lambda: not in_files(server.directory, needles), "the erased session is still on disk")

            needles = [ended.session_id.encode(), *pieces(noise(8, 2), 3200), *EVENT_WORDS, SPOKEN]
            await ended.end()
            await ended.until_ended()
            assert in_files(server.directory, needles)
            assert await redis.zcard(keys.REWRITES) == 2
            while await traces(redis, pieces(noise(8, 2), 3200)):
                await asyncio.sleep(0.2)  # the worker has yet to see that nobody needs the erased session's chunks
            await let_pass(redis, 61)
            await until(lambda: not in_files(server.directory, needles), "the ended session is still on disk")
            async with asyncio.timeout(20):  # it is noted as done just after
                while await redis.zcard(keys.REWRITES) > 1:
                    await asyncio.sleep(0.05)
        assert await redis.zcard(keys.REWRITES) == 1, "what remains is for the audio of ended sessions"
        await redis.aclose()


async def test_many_erasures_share_one_rewrite(redis: Redis) -> None:
    for _ in range(50):
        await note_deletion(redis, 20.0)
        await note_deletion(redis, 20.0, 86_400.0)
    assert await redis.zcard(keys.REWRITES) <= 4
    noted = [score for _, score in await redis.zrange(keys.REWRITES, 0, -1, withscores=True)]
    assert 19 < min(noted) - time.time() < 41


async def test_a_server_that_does_not_allow_it_is_complained_about_once(
    redis: Redis, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    await redis.acl_setuser("held", enabled=True, nopass=True, keys=["*"], commands=["+@all", "-bgrewriteaof"])
    await redis.config_set("appendonly", "yes")
    held = Redis.from_url(redis_url, username="held", password="x")
    rewrite = FileRewrite()
    try:
        for _ in range(2):
            await redis.zadd(keys.REWRITES, {"1.000": 1.0})
            while (await redis.info("persistence"))["aof_rewrite_in_progress"]:
                await asyncio.sleep(0.05)
            await rewrite.tick(OneServer(held))
            assert not await redis.exists(keys.REWRITES), "it must not pile up"
    finally:
        await redis.config_set("appendonly", "no")
        await redis.acl_deluser("held")
        await held.aclose()
    assert len([record for record in caplog.records if "BGREWRITEAOF" in record.message]) == 1


async def test_without_persistence_nothing_is_ever_on_disk() -> None:
    with RedisServer() as server:
        settings = test_settings(server.url, CF_VOICE_MOCK=True, rewrite_delay=0.3)
        redis = Redis.from_url(server.url)
        erased, ended = Speaker(redis, PARTITION), Speaker(redis, PARTITION)
        with LiveGateway(settings) as gateway, LiveWorker(settings):
            for speaker in (erased, ended):
                await speaker.start()
                await say_both({speaker: noise(4)}, 3200)
            await erase(gateway, erased.session_id)
            await ended.end()
            await ended.until_ended()
            give_up = time.monotonic() + 60
            while await redis.zcount(keys.REWRITES, "-inf", time.time() + 5):
                assert time.monotonic() < give_up
                await asyncio.sleep(0.1)
        await redis.aclose()
        server.stop()
        assert {path.name for path in server.directory.rglob("*") if path.is_file()} == {"server.log", "users.acl"}
