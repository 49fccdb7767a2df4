"""Every key has an expiry or a length limit: complete sessions, and what is left when their time is over."""

import asyncio
import re
import time
from collections.abc import Callable
from typing import Final

import pytest
from redis.asyncio import Redis

from bench.many_sessions import measure
from shared import keys
from shared.contract.session import new_session_id
from shared.settings import Settings
from testkit.live_worker import LiveWorker, Speaker, until_leased
from tests.integration.live_gateway import LiveGateway, answer
from tests.integration.whole_redis import let_pass, noise, pieces, traces

BOUNDED: Final = {
    r"linnet:\{fleet\}:workers": "swept by the workers",
    r"linnet:\{fleet\}:partitions": "one entry a partition",
    r"linnet:\{fleet\}:rewrites": "rounded times, taken off when due",
    r"linnet:arq": "one job a partition",
    r"linnet:\{fleet\}:troubles": "one field a code of a service event",
    r"linnet:\{p\d+\}:(epoch|handed-over)": "one integer a partition",
    r"linnet:\{p\d+\}:hearing": "the chunk ids of one step a partition",
}
"""What may be there without an expiry."""
EXPIRING: Final = (
    r"linnet:\{fleet\}:(model|loads|starts)",
    r"linnet:\{p\d+\}:(lease|pcm|pcm-anew|erasing|pcm-flow|cursor|presence)",
    r"linnet:arq:health-check",
    r"arq:(job|in-progress|retry):partition-\d+-\d+",
)
"""What may be there beside, for a while."""


async def check_every_key(redis: Redis) -> None:
    for key in [key.decode() async for key in redis.scan_iter(count=1000)]:
        if any(re.fullmatch(name, key) for name in BOUNDED):
            continue
        assert any(re.fullmatch(name, key) for name in EXPIRING), f"{key} is none of the named keys"
        assert await redis.pttl(key) != -1, f"{key} never expires"


async def until(done: Callable[[set[str]], bool], redis: Redis, needles: list[bytes], seconds: float = 40) -> None:
    give_up = time.monotonic() + seconds
    while not done(found := await traces(redis, needles)):
        assert time.monotonic() < give_up, found
        await asyncio.sleep(0.2)


async def speak(gateway: LiveGateway, session_id: str, pcm: bytes) -> None:
    async with gateway.audio(session_id) as link:
        for begin in range(0, len(pcm), 3200):
            await link.send(pcm[begin : begin + 3200])
            assert (await answer(link))["ok"]


async def call(gateway: LiveGateway, method: str, path: str, body: object = None) -> None:
    async with gateway.http() as client:
        response = await client.request(
            method, f"/session/{path}", json=body, headers={"X-CF-License-Key": "CFG-LNNT-1"}
        )
        assert response.status_code in (200, 201), response.text


@pytest.fixture
def short(settings: Settings) -> Settings:
    return settings.model_copy(update={"mock": True, "idle_ttl": 1.0, "retention": 0.0})


async def test_of_a_finished_life_nothing_is_left_after_its_retention(redis: Redis, short: Settings) -> None:
    former = Speaker(redis, 11)  # from when there were more partitions
    with LiveGateway(short) as gateway:
        lives = {}
        await former.start()
        for name in ("ended", "idle", "erased", "pinned"):
            lives[name] = await gateway.start_session()
            await speak(gateway, lives[name], noise(4))
        await former.say(noise(1))
        with LiveWorker(short):  # none is idle for too long before there is one
            await call(gateway, "POST", f"{lives['pinned']}/pin")
            for name in ("ended", "pinned"):
                await call(gateway, "DELETE", f"{lives[name]}/end")
            await former.end()
            await call(gateway, "DELETE", lives["erased"])
            for name in ("ended", "idle", "pinned"):
                async with gateway.events(lives[name], last_event_id="0-0") as events:
                    stored = await events.stored(2 if name == "idle" else 3)
                    if name == "ended":
                        correction = {"event_id": stored[0]["id"], "affect": "warm"}
                        await call(gateway, "POST", f"{lives[name]}/corrections", correction)
                    if name != "idle":
                        assert stored[-1]["event"] == "session-ended"
            # The reader above kept the idle one alive for a little longer.
            idle = Speaker(redis, int(lives["idle"].partition("-")[0]))
            idle.events_key = keys.events(int(lives["idle"].partition("-")[0]), lives["idle"])
            assert (await idle.until_ended())[-1].kind == "session-ended"
            await until(lambda found: not found, redis, pieces(noise(4)))
    passing = [lives[name].encode() for name in ("ended", "idle")] + [former.session_id.encode()]
    for key in await traces(redis, passing):
        assert 0 < await redis.ttl(key) <= 60, key
    pinned = [int(lives["pinned"].partition("-")[0]), lives["pinned"]]
    await let_pass(redis, 61)
    assert not await traces(redis, passing)
    kept = {keys.session(*pinned), keys.events(*pinned), keys.pinned(pinned[0])}  # type: ignore[arg-type]
    assert await traces(redis, [lives["pinned"].encode()]) == kept
    assert {await redis.ttl(key) for key in kept} == {-1}
    await redis.delete(*kept)
    await let_pass(redis, short.running_expiry)
    assert not await traces(redis, [session_id.encode() for session_id in lives.values()])
    await check_every_key(redis)


async def test_without_any_worker_an_abandoned_session_goes_with_its_audio(redis: Redis, short: Settings) -> None:
    with LiveGateway(short) as gateway:
        abandoned = await gateway.start_session()
        await speak(gateway, abandoned, noise(4))
    needles = [abandoned.encode(), *pieces(noise(4))]
    found = await traces(redis, needles)
    partition = int(abandoned.partition("-")[0])
    assert found == {keys.session(partition, abandoned), keys.pcm(partition), keys.presence(partition)}
    for key in found:
        assert 0 < await redis.ttl(key) <= short.running_expiry
    await let_pass(redis, short.running_expiry + 1)
    assert not await traces(redis, needles)
    await check_every_key(redis)


async def test_presence_of_sessions_that_nobody_swept_does_not_pile_up(redis: Redis, settings: Settings) -> None:
    one = settings.model_copy(update={"partitions": 1})
    long_ago = time.time() - one.running_expiry - 1
    await redis.zadd(keys.presence(0), {new_session_id(0): long_ago for _ in range(100)})
    with LiveGateway(one) as gateway:
        session_id = await gateway.start_session()
    assert await redis.zrange(keys.presence(0), 0, -1) == [session_id.encode()]


async def test_audio_that_nobody_goes_on_with_is_gone_after_its_time(redis: Redis, short: Settings) -> None:
    """Whether others speak on the partition or not, also when the worker that heard it is gone, and also of sessions
    whose records expired while no worker was there."""
    brief = short.model_copy(update={"audio_ttl": 8.0})
    once, first_part, then, talk = noise(2.5, seed=1), noise(2.5, seed=2), noise(0.1, seed=6), noise(6, seed=3)
    alone, beside, talking, forgotten = (Speaker(redis, partition) for partition in (1, 2, 2, 3))
    for speaker in (alone, beside, talking, forgotten):
        await speaker.start()
    await forgotten.say(noise(1, seed=4))
    await redis.delete(forgotten.record_key)
    checkpoint = keys.checkpoint(2, beside.session_id)
    with LiveWorker(brief) as first:
        await until_leased(redis, 1)
        for begin in range(0, 80_000, 3200):
            await alone.say(once[begin : begin + 3200])
        assert await traces(redis, pieces(once))
        await until_leased(redis, 2)
        for begin in range(0, 80_000, 3200):
            await beside.say(first_part[begin : begin + 3200])
        give_up = time.monotonic() + 40
        while await traces(redis, pieces(first_part)) != {checkpoint}:
            assert time.monotonic() < give_up, "the pausing session holds the others' chunks back"
            await talking.say(noise(0.1, seed=3))
            await asyncio.sleep(0.1)
        # What it says now is in no checkpoint, and the others' progress must not trim it away.
        await beside.say(then)
        for begin in range(0, 192_000, 3200):
            await talking.say(talk[begin : begin + 3200])
        await talking.until(lambda events: len(events) >= 4)
        first.kill()
    assert await beside.events() == []
    with LiveWorker(brief):
        said = [once, first_part, talk, noise(1, seed=4)]
        await until(lambda found: not found, redis, [piece for pcm in said for piece in pieces(pcm)])
        assert await redis.exists(checkpoint)
        for speaker, samples in ((alone, 40_000), (beside, 41_600)):
            (tone,) = await speaker.until(bool)
            assert tone.id.sample == samples, "the pause ends the utterance, and what was said of it is classified"


async def test_many_short_sessions_leave_no_keys() -> None:
    found = await measure(sessions=200, at_once=8)
    assert [row.sessions for row in found] == [0, 20, 50, 100, 150, 200, 200]
    assert found[-2].session_keys > 200
    assert found[-1].session_keys == 0
    # By name, not by number: a partition's keys appear with its first session, arq's come and go.
    named = (*BOUNDED, *EXPIRING)
    assert not {key for key in found[-1].other_keys if not any(re.fullmatch(name, key) for name in named)}
