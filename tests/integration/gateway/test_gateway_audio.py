"""The audio socket: answers, refusals, offsets, takeovers, backlog."""

import asyncio

import pytest
from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from shared import keys
from shared.settings import Settings
from tests.integration.conftest import test_settings
from tests.integration.live_gateway import LiveGateway, answer, renewed, subscribed
from tests.integration.worker_double import WorkerDouble

SECOND = 32_000


async def closing_words(link: ClientConnection) -> tuple[str, str, int | None]:
    """The error, its detail and the close code."""
    words = await answer(link)
    assert words["ok"] is False
    with pytest.raises(ConnectionClosed):
        await asyncio.wait_for(link.recv(), 10)
    return words["error"], words["detail"], link.close_code


async def test_one_answer_per_frame_in_order_after_redis_has_it(gateway: LiveGateway, redis: Redis) -> None:
    session_id = await gateway.start_session()
    worker = WorkerDouble(redis, session_id)
    sizes = [2, 3200, 640, SECOND, 320] * 10
    async with gateway.audio(session_id) as link:
        for size in sizes:
            await link.send(bytes(size))
        for count, size in enumerate(sizes, 1):
            assert await answer(link) == {"ok": True, "bytes": size}
            assert len(await worker.chunks()) >= count
    chunks = await worker.chunks()
    assert [len(fields[b"d"]) for fields in chunks] == sizes
    assert [int(fields[b"o"]) for fields in chunks] == [sum(sizes[:i]) // 2 for i in range(len(sizes))]


async def test_pcm_is_stored_as_it_came(gateway: LiveGateway, redis: Redis) -> None:
    session_id = await gateway.start_session()
    pcm = bytes(range(256)) * 4
    async with gateway.audio(session_id) as link:
        await link.send(pcm)
        await answer(link)
    [chunk] = await WorkerDouble(redis, session_id).chunks()
    assert chunk[b"d"] == pcm


async def test_a_first_frame_that_is_no_pcm_is_refused_by_its_name(gateway: LiveGateway, redis: Redis) -> None:
    session_id = await gateway.start_session()
    async with gateway.audio(session_id) as link:
        await link.send(bytes.fromhex("1a45dfa3") + bytes(101))
        error, detail, code = await closing_words(link)
    assert (error, code) == ("not_pcm", 4003)
    assert "WebM" in detail
    assert await WorkerDouble(redis, session_id).chunks() == []


@pytest.mark.parametrize(
    ("frame", "error", "code"),
    [
        (b"", "bad_frame", 4003),
        (b"\0", "bad_frame", 4003),
        (bytes(3201), "bad_frame", 4003),
        (bytes(SECOND + 2), "frame_too_long", 4008),
        (bytes(3_000_000), "frame_too_long", 4008),
        ("hello", "text_not_allowed", 4011),
        ("", "text_not_allowed", 4011),
    ],
)
async def test_a_wrong_frame_is_refused_in_words_behind_the_answers_before_it(
    gateway: LiveGateway, redis: Redis, frame: bytes | str, error: str, code: int
) -> None:
    session_id = await gateway.start_session()
    async with gateway.audio(session_id) as link, gateway.audio(await gateway.start_session()) as other:
        await link.send(bytes(3200))
        await link.send(frame)
        assert await answer(link) == {"ok": True, "bytes": 3200}
        told, detail, closed_with = await closing_words(link)
        await other.send(bytes(320))
        assert await answer(other) == {"ok": True, "bytes": 320}  # other sessions never notice
    assert (told, closed_with) == (error, code)
    assert detail.endswith(".")
    assert len(await WorkerDouble(redis, session_id).chunks()) == 1


async def test_the_longest_frame_follows_the_sample_rate(gateway: LiveGateway) -> None:
    session_id = await gateway.start_session(sample_rate=8000)
    async with gateway.audio(session_id) as link:
        await link.send(bytes(16_000))
        assert await answer(link) == {"ok": True, "bytes": 16_000}
        await link.send(bytes(16_002))
        assert (await closing_words(link))[0] == "frame_too_long"


@pytest.mark.parametrize("session_id", ["1-" + "0f" * 16, "nonsense"])
async def test_an_unknown_session_is_told_so_after_accept(gateway: LiveGateway, session_id: str) -> None:
    async with gateway.audio(session_id) as link:
        assert (await closing_words(link))[::2] == ("unknown_session", 4004)


async def test_a_session_that_ended_takes_no_more(gateway: LiveGateway) -> None:
    session_id = await gateway.start_session()
    async with gateway.audio(session_id) as link, gateway.http() as client:
        await client.delete(f"/session/{session_id}/end")
        await link.send(bytes(320))
        assert (await closing_words(link))[::2] == ("session_ended", 4010)
    async with gateway.audio(session_id) as link:
        assert (await closing_words(link))[::2] == ("session_ended", 4010)


async def test_a_newer_socket_closes_the_older_one_on_any_gateway(
    gateway: LiveGateway, settings: Settings, redis: Redis
) -> None:
    session_id = await gateway.start_session()
    with LiveGateway(settings) as second:
        async with gateway.audio(session_id) as older:
            await older.send(bytes(320))
            await answer(older)
            await subscribed(redis, keys.socket_channel(session_id))
            async with second.audio(session_id) as newer:
                await newer.send(bytes(640))
                assert await answer(newer) == {"ok": True, "bytes": 640}
                assert (await closing_words(older))[::2] == ("superseded", 4009)
                await newer.send(bytes(320))
                assert await answer(newer) == {"ok": True, "bytes": 320}


async def test_the_late_word_of_an_earlier_takeover_closes_nothing(gateway: LiveGateway, redis: Redis) -> None:
    """Pub/sub and scripts come on different links: a busy gateway may hear of a socket after its successor's start."""
    session_id = await gateway.start_session()
    async with redis.pubsub() as listening:
        await listening.subscribe(keys.socket_channel(session_id))
        for turn in range(2):
            async with gateway.audio(session_id) as link:
                if turn:
                    while (notice := await listening.get_message(timeout=1)) is None or notice["type"] != "message":
                        pass
                    await redis.publish(keys.socket_channel(session_id), notice["data"])
                    await asyncio.sleep(0.2)
                await link.send(bytes(320))
                assert await answer(link) == {"ok": True, "bytes": 320}


@pytest.mark.parametrize("offset", ["-1", "1.5", "abc", "", "9" * 20, "%D9%A1"])
async def test_an_offset_that_is_none_is_refused_in_words(gateway: LiveGateway, offset: str) -> None:
    async with gateway.audio(await gateway.start_session(), f"?offset={offset}") as link:
        error, detail, code = await closing_words(link)
    assert (error, code) == ("bad_offset", 4003)
    assert "samples" in detail


async def test_an_offset_says_where_the_next_frames_go(gateway: LiveGateway, redis: Redis) -> None:
    session_id = await gateway.start_session()
    worker = WorkerDouble(redis, session_id)
    async with gateway.audio(session_id, "?offset=0") as link:
        assert await answer(link) == {"ok": True, "next_offset": 0}
        await link.send(bytes(3200))
        await answer(link)
    async with gateway.audio(session_id, "?offset=800") as link:  # overlap: what is there is not stored again
        assert await answer(link) == {"ok": True, "next_offset": 1600}
        await link.send(bytes(3200))
        await answer(link)
    async with gateway.audio(session_id, "?offset=5000") as link:  # a hole
        assert await answer(link) == {"ok": True, "next_offset": 2400}
        await link.send(bytes(200))
        await answer(link)
    async with gateway.audio(session_id) as link:  # goes on where it stands
        await link.send(bytes(2))
        await answer(link)
    assert [int(fields[b"o"]) for fields in await worker.chunks()] == [0, 1600, 5000, 5100]


async def test_answers_are_held_back_while_the_worker_lags(redis_url: str, redis: Redis) -> None:
    with LiveGateway(test_settings(redis_url, backlog_seconds=2.0)) as gateway:
        session_id = await gateway.start_session()
        worker = WorkerDouble(redis, session_id)
        async with gateway.audio(session_id) as link:
            for _ in range(40):
                await link.send(bytes(SECOND))
            assert [await answer(link) for _ in range(2)] == [{"ok": True, "bytes": SECOND}] * 2
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(link.recv(), 0.4)
            assert len(await worker.chunks()) <= 2 + 16  # the rest waits outside
            await worker.classify(16_000)
            held = await answer(link)
            assert held == {"ok": True, "bytes": SECOND, "lag_seconds": 2.0}
            await worker.classify(40 * 16_000)
            for _ in range(37):
                assert (await answer(link))["bytes"] == SECOND
        assert len(await worker.chunks()) == 40


async def test_a_socket_whose_answers_are_held_back_can_still_be_taken_over(redis_url: str, redis: Redis) -> None:
    with LiveGateway(test_settings(redis_url, backlog_seconds=1.0)) as gateway:
        session_id = await gateway.start_session()
        worker = WorkerDouble(redis, session_id)
        async with gateway.audio(session_id) as older:
            for _ in range(3):
                await older.send(bytes(SECOND))
            await answer(older)
            while len(await worker.chunks()) < 3:
                await asyncio.sleep(0.01)
            async with gateway.audio(session_id) as newer:
                assert [(await answer(older))["bytes"] for _ in range(2)] == [SECOND] * 2
                assert (await closing_words(older))[::2] == ("superseded", 4009)
                await newer.send(bytes(2))


async def test_a_page_behind_a_proxy_counts_as_this_host(gateway: LiveGateway) -> None:
    session_id = await gateway.start_session()
    headers = {"Origin": "http://localhost:8521", "X-Forwarded-Host": "localhost:8521"}
    async with gateway.audio(session_id, additional_headers=headers) as link:
        await link.send(bytes(2))
        assert (await answer(link))["ok"]


async def test_an_open_socket_keeps_its_session_alive(redis_url: str, redis: Redis) -> None:
    with LiveGateway(test_settings(redis_url, idle_ttl=3.0)) as gateway:
        session_id = await gateway.start_session()
        place = WorkerDouble(redis, session_id).place
        before = await redis.zscore(place.presence, session_id)
        assert before is not None
        async with gateway.audio(session_id):
            await renewed(redis, place, before + 0.9)
