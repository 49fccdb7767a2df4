"""What a gateway sends to Redis again, and what a client sends it again, is stored once and without holes."""

import asyncio
import contextlib
import random
import time
from collections.abc import Iterator, Sequence
from itertools import pairwise

import pytest
from redis.asyncio import Redis
from websockets.exceptions import ConnectionClosed

from gateway.audio.ingest import Frame, Ingest, NotStored, Stored
from gateway.metrics import Metrics
from gateway.session.session_keys import Place
from shared import keys
from shared.contract.pcm_stream import APPEND, ATTACH
from shared.contract.session import Session, new_session_id
from shared.store.links import AWAY
from shared.store.lua import Argument
from shared.store.open import open_links
from testkit.live_worker import LiveWorker, until_leased
from testkit.redis_server import RedisServer
from tests.integration.conftest import test_settings
from tests.integration.live_gateway import LiveGateway, answer
from tests.integration.session_client import spoken
from tests.integration.worker_double import WorkerDouble

SECOND = 32_000
FULL = ("maxmemory", "1", "0")
WITHOUT_REPLICAS = ("min-replicas-to-write", "1", "0")


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with RedisServer() as server:
        yield server


def consecutive(chunks: Sequence[dict[bytes, bytes]], begin: int = 0) -> bool:
    """Each begins where the last one ended, and holds what was said there."""
    for chunk in chunks:
        end = begin + len(chunk[b"d"]) // 2
        if int(chunk[b"o"]) != begin or chunk[b"d"] != spoken(begin, end):
            return False
        begin = end
    return True


class Fickle:
    """A link to a Redis that takes some commands of a pipeline and, for a moment, others not."""

    def __init__(self, redis: Redis, trouble: tuple[str, str, str], troubled: list[set[int]]) -> None:
        self._redis = redis
        self._name, self._on, self._off = trouble
        self._troubled = troubled
        """For each of the pipelines to come the places of those that are refused."""

    async def run(self, commands: Sequence[tuple[Argument, ...]]) -> list[object]:
        troubled = self._troubled.pop(0) if self._troubled else set()
        answers: list[object] = []
        for place, command in enumerate(commands):
            await self._redis.config_set(self._name, self._on if place in troubled else self._off)
            try:
                answers.append(await self._redis.execute_command(*command))  # type: ignore[no-untyped-call]
            except AWAY as error:
                answers.append(error)
        await self._redis.config_set(self._name, self._off)
        # As the real one: Redis has run what follows the refusal all the same.
        for found in answers:
            if isinstance(found, Exception):
                raise found
        return answers

    async def close(self) -> None:
        pass


async def append(redis: Redis, place: Place, offset: int, pcm: bytes) -> list[object]:
    args: list[Argument] = ["t", place.session_id, offset, offset + len(pcm) // 2, pcm]
    found = await APPEND.run(redis, [place.record, place.pcm, place.pcm_flow], args)
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("seed", range(5))
async def test_frames_in_any_order_are_stored_once_and_in_line(redis: Redis, seed: int) -> None:
    draw = random.Random(seed)
    place = Place(0, new_session_id(0))
    await redis.hset(place.record, mapping=dict(Session(started_at=time.time()).to_hash()))  # type: ignore[misc]
    begin = reached = received = 0
    stretches: list[tuple[int, int]] = []
    for turn in range(300):
        if turn % 60 == 0:
            begin = reached = max(0, received + draw.choice([-900, -1, 0, 0, 400]))
            await ATTACH.run(redis, [place.record], ["t", "-", begin])
        offset = max(0, reached + draw.randrange(-600, 200))
        end = offset + draw.randrange(1, 500)
        told = await append(redis, place, offset, spoken(offset, end))
        if offset > reached:
            assert told == [b"ahead"]
            continue
        if end > received:
            stretches.append((max(offset, received), end))
        received, reached = max(received, end), max(reached, end)
        assert told == [b"ok", b"0", sum(2 * (end - begin) + 100 for begin, end in stretches), b"%d" % received]
    chunks = await WorkerDouble(redis, place.session_id).chunks()
    assert [(int(chunk[b"o"]), chunk[b"d"]) for chunk in chunks] == [(one[0], spoken(*one)) for one in stretches]
    assert all(before[1] <= after[0] for before, after in pairwise(stretches))


@pytest.mark.parametrize("trouble", [FULL, WITHOUT_REPLICAS], ids=lambda trouble: str(trouble[0]))
@pytest.mark.parametrize("troubled", [[{0}], [{2}], [{0, 3}, {1}], [{1}, {0, 1, 2, 3, 4, 5}, {4}]], ids=str)
async def test_a_pipeline_of_which_redis_takes_a_part_leaves_no_hole(
    server: RedisServer, trouble: tuple[str, str, str], troubled: list[set[int]]
) -> None:
    settings = test_settings(server.url, redis_timeout=10.0)
    place = Place(0, new_session_id(0))
    # With the parser of the real links, which knows what is only a passing trouble.
    async with open_links(settings) as links:
        redis = links.of(0)
        await redis.hset(place.record, mapping=dict(Session(started_at=time.time()).to_hash()))  # type: ignore[misc]
        await ATTACH.run(redis, [place.record], ["t", "-", 0])
        ingest = Ingest(settings, links, Metrics())
        ingest._link = lambda _: Fickle(redis, trouble, list(troubled))  # type: ignore[method-assign, assignment, return-value]
        answers: list[Stored | NotStored] = []
        for begin in range(0, 6_000, 1_000):
            end = begin + 1_000
            ingest.append(Frame(place, "t", begin, end, spoken(begin, end), lambda _, one: answers.append(one)))
        running = asyncio.create_task(ingest.run())
        async with asyncio.timeout(60):
            while len(answers) < 6:
                await asyncio.sleep(0.01)
        running.cancel()
        chunks = await WorkerDouble(redis, place.session_id).chunks()
        flow = await redis.hget(place.pcm_flow, "in")  # type: ignore[misc]
    assert all(isinstance(one, Stored) for one in answers)
    assert consecutive(chunks)
    assert len(chunks) == 6
    assert int(flow) == 6 * 2_100, "what is sent again counts once"


async def test_memory_that_flips_while_pipelines_run_leaves_no_hole_and_nothing_twice(server: RedisServer) -> None:
    draw = random.Random(4)
    settings = test_settings(server.url, partitions=1, redis_timeout=5.0, backlog_seconds=10_000)

    async def flip(redis: Redis) -> None:
        while True:
            await redis.config_set("maxmemory", 1)
            await asyncio.sleep(draw.uniform(0, 0.003))
            await redis.config_set("maxmemory", 0)
            await asyncio.sleep(draw.uniform(0, 0.02))

    with LiveGateway(settings) as gateway:
        async with Redis.from_url(server.url) as redis, Redis.from_url(server.url) as other:
            session_id = await gateway.start_session()
            flipping = asyncio.create_task(flip(other))
            acknowledged = sockets = 0
            until = time.monotonic() + 4
            while time.monotonic() < until or sockets <= 3 or acknowledged <= 5 * SECOND:
                assert time.monotonic() < until + 60, "nothing gets through"
                with contextlib.suppress(ConnectionClosed):
                    async with gateway.audio(session_id, f"?offset={acknowledged}") as link:
                        sockets += (await answer(link))["ok"]
                        place = acknowledged
                        for size in range(1_600, 1_640):
                            await link.send(spoken(place, place + size))
                            place += size
                        while acknowledged < place and (told := await answer(link))["ok"]:
                            acknowledged += told["bytes"] // 2
            flipping.cancel()
            await asyncio.gather(flipping, return_exceptions=True)
            chunks = await WorkerDouble(redis, session_id).chunks()
    assert sockets > 3
    assert consecutive(chunks)
    assert sum(len(chunk[b"d"]) for chunk in chunks) >= 2 * acknowledged > 10 * SECOND


async def test_a_frame_whose_predecessor_redis_has_forgotten_is_not_stored_and_the_client_comes_back(
    gateway: LiveGateway, redis: Redis
) -> None:
    """A replica that takes over may lack the last frame that was acknowledged."""
    session_id = await gateway.start_session()
    worker = WorkerDouble(redis, session_id)
    async with gateway.audio(session_id) as link:
        for begin in (0, 100):
            await link.send(spoken(begin, begin + 100))
            assert (await answer(link))["ok"]
        await redis.hset(worker.place.record, mapping={"received": 100, "socket_end": 100})  # type: ignore[misc]
        [*_, (last, _)] = await redis.xrange(worker.place.pcm)
        await redis.xdel(worker.place.pcm, last)
        await link.send(spoken(200, 300))
        told = await answer(link)
        assert told["error"] == "store_unavailable"
        assert "next_offset" in told["detail"]
    assert len(await worker.chunks()) == 1
    async with gateway.audio(session_id, "?offset=200") as link:
        assert (await answer(link))["next_offset"] == 100
    async with gateway.audio(session_id, "?offset=100") as link:
        await answer(link)
        await link.send(spoken(100, 300))
        assert (await answer(link))["ok"]
    assert consecutive(await worker.chunks())


async def test_a_session_begun_before_sockets_had_an_end_goes_on(gateway: LiveGateway, redis: Redis) -> None:
    session_id = await gateway.start_session()
    worker = WorkerDouble(redis, session_id)
    await redis.hset(worker.place.record, mapping={"received": 500, "socket": "of an older gateway"})  # type: ignore[misc]
    await redis.hdel(worker.place.record, "socket_end")  # type: ignore[misc]
    async with gateway.audio(session_id) as link:
        await link.send(spoken(500, 700))
        assert await answer(link) == {"ok": True, "bytes": 400}
    async with gateway.audio(session_id, "?offset=600") as link:
        await answer(link)
        await link.send(spoken(600, 900))
        assert await answer(link) == {"ok": True, "bytes": 600}
    assert consecutive(await worker.chunks(), 500)


async def test_audio_sent_again_and_again_takes_no_memory_and_costs_others_nothing(server: RedisServer) -> None:
    settings = test_settings(server.url, partitions=1, partition_backlog_mb=1.0, redis_timeout=5.0)
    settings = settings.model_copy(update={"mock": True})
    async with Redis.from_url(server.url) as redis:
        with LiveGateway(settings) as gateway, LiveWorker(settings):
            await until_leased(redis, 0)
            insistent, innocent = await gateway.start_session(), await gateway.start_session()
            async with gateway.audio(insistent, f"?offset={55 * 16_000}") as link:
                await answer(link)
                await link.send(bytes(2))
                assert (await answer(link))["ok"]
            done = asyncio.Event()

            async def insist() -> int:
                sent = 0
                for _ in range(6):
                    async with gateway.audio(insistent, "?offset=0") as link:
                        await answer(link)
                        for _ in range(50):
                            await link.send(bytes(SECOND))
                            assert (await answer(link))["bytes"] == SECOND
                            sent += SECOND
                done.set()
                return sent

            async def speak() -> tuple[int, int]:
                frames = most = 0
                async with gateway.audio(innocent) as link:
                    while not done.is_set() or frames % 10 or frames < 30:
                        await link.send(b"\x00\x20\x00\xe0" * 800)
                        assert await answer(link) == {"ok": True, "bytes": 3_200}
                        frames += 1
                        most = max(most, int(await redis.memory_usage(keys.pcm(0)) or 0))
                        await asyncio.sleep(0.02)
                return frames, most

            sent, (frames, most) = await asyncio.gather(insist(), speak())
            assert sent > 9_000_000
            async with gateway.http() as client:
                looked = (await client.get(f"/session/{innocent}")).json()
            flow = int(await redis.hget(keys.pcm_flow(0), "in"))
    assert flow == 102 + frames * 3_300, "nothing that is there is put on the stream again"
    assert most < 1_000_000
    assert looked["audio_seconds"] == frames / 10


async def test_on_a_full_partition_a_session_that_lags_waits_whatever_it_sends(redis_url: str, redis: Redis) -> None:
    with LiveGateway(test_settings(redis_url, partitions=1, partition_backlog_mb=0.3)) as gateway:
        again, filling, followed = [await gateway.start_session() for _ in range(3)]
        for session_id, seconds in ((again, 3), (followed, 1)):
            async with gateway.audio(session_id) as link:
                for _ in range(seconds):
                    await link.send(bytes(SECOND))
                    assert (await answer(link))["ok"]
        async with gateway.audio(again, "?offset=0") as link, gateway.audio(followed, "?offset=0") as other:
            for socket in (link, other):
                await answer(socket)
                await socket.send(bytes(3_200))
                assert await answer(socket) == {"ok": True, "bytes": 3_200}
            async with gateway.audio(filling) as third:
                for _ in range(6):
                    await third.send(bytes(SECOND))
                while len(await WorkerDouble(redis, filling).chunks()) < 6:
                    await asyncio.sleep(0.01)
            await link.send(bytes(3_200))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(link.recv(), 0.4)
            await other.send(bytes(3_200))  # the worker keeps up with this one, so that it adds nothing
            assert await answer(other) == {"ok": True, "bytes": 3_200}
            await WorkerDouble(redis, again).classify(2 * 16_000)
            assert await answer(link) == {"ok": True, "bytes": 3_200, "lag_seconds": 1.0}
