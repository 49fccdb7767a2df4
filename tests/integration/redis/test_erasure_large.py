"""Erasing from a stream too large for one step: nothing of the erased session is left, and others are not affected."""

import asyncio
import random
from collections.abc import Iterable, Iterator

import pytest
from redis.asyncio import Redis

from classifier_worker.upkeep.aof_rewriter import FileRewrite
from classifier_worker.upkeep.erased_audio import Erased
from shared import keys
from shared.erasure.stream_copy import _COPY_PAGE, _DELETE_PAGE
from shared.erasure.take_off import erase_audio
from shared.settings import Settings
from shared.store.links import OneServer
from testkit.live_worker import LiveWorker, Speaker, until_leased
from testkit.redis_server import RedisServer
from tests.integration.conftest import test_settings
from tests.integration.live_gateway import LiveGateway
from tests.integration.whole_redis import in_files, noise, pieces, traces

PARTITION = 1
PCM, COPY, ERASING = keys.of_audio(PARTITION)
FRAME = 320
"""Bytes: so few that Redis puts several frames into one block."""


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    for bound in (
        "shared.erasure.take_off.MOST_BYTES",
        "gateway.api.erase.MOST_BYTES",
        "shared.erasure.stream_copy.STEP_BYTES",
    ):
        monkeypatch.setattr(bound, 30_000)


@pytest.fixture
def fast(settings: Settings) -> Settings:
    return settings.model_copy(update={"mock": True, "rewrite_delay": 0.3})


async def started(redis: Redis, count: int) -> list[Speaker]:
    speakers = [Speaker(redis, PARTITION) for _ in range(count)]
    for speaker in speakers:
        await speaker.start()
    return speakers


async def say_in_turn(speakers: list[Speaker], seconds: float) -> None:
    """So that the sessions' chunks share blocks. The n-th speaker says noise(seconds, n)."""
    for begin in range(0, round(seconds * 32_000), FRAME):
        for seed, speaker in enumerate(speakers):
            await speaker.say(noise(seconds, seed)[begin : begin + FRAME])


async def ids(redis: Redis) -> list[bytes]:
    return [entry_id for entry_id, _ in await redis.xrange(PCM)]


@pytest.fixture
def with_file() -> Iterator[RedisServer]:
    with RedisServer(appendonly=True) as server:
        yield server


async def test_nothing_of_it_is_in_memory_nor_soon_in_the_file(with_file: RedisServer) -> None:
    """No worker is alive, so the audio of both waits on the stream."""
    settings = test_settings(with_file.url, rewrite_delay=0.3)
    redis = Redis.from_url(with_file.url)
    doomed, other = await started(redis, 2)
    await say_in_turn([doomed, other], 2)
    needles = [doomed.session_id.encode(), *pieces(noise(2, 0), FRAME)]
    kept = await other.chunks()
    tombstone = keys.tombstone(PARTITION, doomed.session_id)
    with LiveGateway(settings) as gateway:
        async with gateway.http() as client:
            for _ in range(2):  # the second one finds nothing left to do
                assert (await client.delete(f"/session/{doomed.session_id}")).status_code == 200
                assert await traces(redis, needles) == {tombstone}
    assert await ids(redis) == kept
    await redis.delete(tombstone)  # it names the session, and may
    rewrite = FileRewrite()
    async with asyncio.timeout(20):
        while in_files(with_file.directory, needles):
            await rewrite.tick(OneServer(redis))
            await asyncio.sleep(0.2)
    assert in_files(with_file.directory, pieces(noise(2, 1), FRAME)), "the other session is in it as before"
    await redis.aclose()


class Traffic:
    """What goes on on the stream meanwhile, until `done`."""

    def __init__(self, redis: Redis, draw: random.Random, doomed: set[bytes], sent: list[bytes]) -> None:
        self.redis, self.draw, self.doomed = redis, draw, doomed
        self.sent = sent
        """Entry ids, in order."""
        self.read: list[bytes] = []
        self.aside: set[bytes] = set()
        self.done = asyncio.Event()

    async def send(self, speakers: list[Speaker]) -> None:
        while not self.done.is_set():
            await self.draw.choice(speakers).say(noise(0.01, self.draw.randrange(1000, 2000)))
            self.sent.append((await self.redis.xrevrange(PCM, count=1))[0][0])

    async def read_on(self) -> None:
        after: bytes | str = "0-0"
        answer = None
        while answer or not self.done.is_set():
            answer = await self.redis.xread({PCM: after}, count=self.draw.randrange(1, 20), block=50)
            for _, entries in answer:
                self.read += [entry_id for entry_id, _ in entries]
                after = self.read[-1]

    async def commit(self) -> None:
        """Trims and sets aside as commits do."""
        while not self.done.is_set():
            await asyncio.sleep(self.draw.random() / 50)
            if self.read and self.draw.random() < 0.5:
                await self.redis.xtrim(PCM, minid=self.read[len(self.read) // 2].decode(), approximate=False)
            if (one := self.draw.choice(self.sent)) not in self.doomed:
                self.aside.add(one)
                async with self.redis.pipeline(transaction=True) as pipe:
                    pipe.xdel(PCM, one)
                    pipe.xdel(COPY, one)
                    await pipe.execute()

    def innocent(self, entry_ids: Iterable[bytes]) -> list[bytes]:
        return [entry_id for entry_id in entry_ids if entry_id not in self.doomed | self.aside]


@pytest.mark.parametrize("seed", range(3))
async def test_senders_readers_and_commits_go_on_meanwhile(redis: Redis, seed: int) -> None:
    draw = random.Random(seed)
    doomed, others = await started(redis, 6), await started(redis, 4)
    await say_in_turn([*doomed, *others], 0.5)
    gone = {entry_id for speaker in doomed for entry_id in await speaker.chunks()}
    traffic = Traffic(redis, draw, gone, await ids(redis))

    async def erase(speaker: Speaker) -> None:
        await asyncio.sleep(draw.random() / 10)
        await asyncio.gather(*(erase_audio(redis, PARTITION, speaker.session_id) for _ in range(2)))
        assert not await speaker.chunks()

    tasks = [asyncio.create_task(work) for work in (traffic.send(others), traffic.read_on(), traffic.commit())]
    await asyncio.gather(*(erase(speaker) for speaker in doomed))
    traffic.done.set()
    await asyncio.gather(*tasks)
    left = await ids(redis)
    assert left == traffic.innocent(left), "nothing that was deleted came back"
    assert left == traffic.innocent(traffic.sent)[-len(left) :], "nothing was lost, doubled or moved"
    assert len(left) > 50
    assert traffic.innocent(traffic.read) == traffic.innocent(traffic.sent), "nor for who read meanwhile"
    assert not await redis.exists(COPY, ERASING)
    mine = {keys.presence(PARTITION), *(speaker.record_key for speaker in doomed)}
    needles = [text for seed in range(6) for text in pieces(noise(0.5, seed), FRAME)]
    needles += [speaker.session_id.encode() for speaker in doomed]
    assert await traces(redis, needles) <= mine


async def test_the_worker_reads_on_and_commits_the_others(redis: Redis, fast: Settings) -> None:
    doomed, other = await started(redis, 2)
    with LiveWorker(fast), LiveGateway(fast) as gateway:
        await until_leased(redis, PARTITION)
        for second in range(4):
            await say_in_turn([doomed, other], 1)
            if second == 1:
                async with gateway.http() as client:
                    assert (await client.delete(f"/session/{doomed.session_id}")).status_code == 200
                doomed = (await started(redis, 1))[0]
        await other.end()
        events = await other.until_ended()
    assert [event.id.sample for event in events if event.kind == "tone-event"] == [48_000, 64_000]


@pytest.mark.parametrize("steps", [0, 1, 1000], ids=["before it began", "while chunks go", "while it copies"])
async def test_what_a_dying_gateway_had_begun_the_worker_finishes(redis: Redis, fast: Settings, steps: int) -> None:
    doomed, other = await started(redis, 2)
    await say_in_turn([doomed, other], 1)
    needles = [doomed.session_id.encode(), *pieces(noise(1, 0), FRAME)]
    await redis.hset(ERASING, doomed.session_id, "marked")  # type: ignore[misc]
    names, after = keys.of_audio(PARTITION), b"-"
    while steps > 0 and after:
        answer = await _DELETE_PAGE.run(redis, names, [doomed.session_id, after, 30_000])
        assert isinstance(answer, bytes)
        after, steps = answer, steps - 1
    if not after:
        assert await _COPY_PAGE.run(redis, names, [doomed.session_id, 30_000]) == 1
    await redis.delete(*keys.of_session(PARTITION, doomed.session_id))
    await redis.zrem(keys.presence(PARTITION), doomed.session_id)
    assert PCM in await traces(redis, needles)
    erased = Erased(OneServer(redis), redis, PARTITION, fast.rewrite_delay)
    assert await erased.look([]) == []
    assert await traces(redis, needles) == set()
    assert await ids(redis) == await other.chunks()
    assert len(await other.chunks()) == 100
    assert await redis.zcard(keys.REWRITES) == 1, "nor in the file"


async def test_chunks_deleted_by_somebody_who_knows_of_no_copy_do_not_come_back(redis: Redis) -> None:
    doomed, other = await started(redis, 2)
    await say_in_turn([doomed, other], 1)
    await redis.hset(ERASING, doomed.session_id, "off")  # type: ignore[misc]
    assert await _COPY_PAGE.run(redis, keys.of_audio(PARTITION), [doomed.session_id, 30_000]) == 1
    (first, *rest) = await other.chunks()
    await redis.xdel(PCM, first)
    await erase_audio(redis, PARTITION, doomed.session_id)
    assert await ids(redis) == rest
    assert not await redis.exists(COPY, ERASING)


async def test_a_stream_of_the_erased_alone_is_empty_and_goes_on(redis: Redis) -> None:
    (doomed,) = await started(redis, 1)
    await say_in_turn([doomed], 1)
    await redis.expire(PCM, 1000)
    last = (await ids(redis))[-1]
    await erase_audio(redis, PARTITION, doomed.session_id)
    assert await redis.xlen(PCM) == 0
    assert (await redis.xinfo_stream(PCM))["last-generated-id"] == last
    assert 900 < await redis.ttl(PCM) <= 1000
    assert not await redis.exists(COPY, ERASING)
    assert await traces(redis, pieces(noise(1, 0), FRAME)) == set()


async def test_it_works_when_memory_is_full(redis: Redis) -> None:
    doomed, other = await started(redis, 2)
    await say_in_turn([doomed, other], 1)
    kept = await other.chunks()
    await redis.config_set("maxmemory", 1)
    try:
        await erase_audio(redis, PARTITION, doomed.session_id)
    finally:
        await redis.config_set("maxmemory", 0)
    assert await ids(redis) == kept
    assert await traces(redis, pieces(noise(1, 0), FRAME)) == set()
