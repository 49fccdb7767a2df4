"""Audio by POST: same results as a socket for the same frames, with the same sentences and the same bytes."""

import asyncio
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from shared import keys
from tests.integration.conftest import test_settings
from tests.integration.live_gateway import LiveGateway, answer, subscribed
from tests.integration.session_client import spoken
from tests.integration.worker_double import WorkerDouble

SECOND = 32_000
REPLACED = 409


class Sender:
    """Posts frames of one session, as a page does where no WebSocket gets through."""

    def __init__(self, client: httpx.AsyncClient, session_id: str) -> None:
        self.client = client
        self.session_id = session_id
        self.sender = ""

    async def post(self, pcm: bytes, offset: object | None = None, **more: str) -> httpx.Response:
        query = ({} if offset is None else {"offset": str(offset)}) | more
        return await self.client.post(f"/session/{self.session_id}/audio", params=query, content=pcm)

    async def go_on(self, pcm: bytes, offset: int | None = None) -> dict[str, Any]:
        """The answer, once the frame is taken by the same sender as before."""
        response = await self.post(pcm, offset, **({"sender": self.sender} if self.sender else {}))
        assert response.status_code == 200, response.text
        told: dict[str, Any] = response.json()
        self.sender = told["sender"]
        return told


async def stored(redis: Redis, session_id: str) -> list[tuple[int, bytes]]:
    chunks = await WorkerDouble(redis, session_id).chunks()
    return [(int(fields[b"o"]), fields[b"d"]) for fields in chunks if b"d" in fields]


async def test_the_same_bytes_are_stored_as_over_the_socket(gateway: LiveGateway, redis: Redis) -> None:
    posted, sent = await gateway.start_session(), await gateway.start_session()
    frames = [spoken(0, 1), spoken(1, 1601), spoken(1601, 17_601), spoken(17_601, 18_000)]
    async with gateway.http() as client, gateway.audio(sent) as link:
        sender, at = Sender(client, posted), 0
        for pcm in frames:
            at += len(pcm) // 2
            told = await sender.go_on(pcm, at - len(pcm) // 2)
            assert told == {"ok": True, "bytes": len(pcm), "next_offset": at, "sender": sender.sender}
            await link.send(pcm)
            await answer(link)
        assert (await client.get(f"/session/{posted}")).json()["audio_seconds"] == 18_000 / 16_000
    assert await stored(redis, posted) == await stored(redis, sent) != []
    records = [await redis.hgetall(WorkerDouble(redis, one).place.record) for one in (posted, sent)]  # type: ignore[misc]
    theirs = [{name for name, value in record.items() if value == records[0][name]} for record in records]
    assert {b"received", b"socket_end", b"sockets", b"state"} <= theirs[1]


async def test_what_is_sent_again_is_stored_once_and_a_hole_stays_one(gateway: LiveGateway, redis: Redis) -> None:
    session_id = await gateway.start_session()
    async with gateway.http() as client:
        sender = Sender(client, session_id)
        assert (await sender.go_on(spoken(0, 1600), 0))["next_offset"] == 1600
        assert (await sender.go_on(spoken(0, 1600), 0))["next_offset"] == 1600  # its answer was lost
        assert (await sender.go_on(spoken(800, 2400), 800))["next_offset"] == 2400  # overlap
        out_of_order = await sender.post(spoken(5000, 5100), 5000, sender=sender.sender)
        assert (out_of_order.status_code, out_of_order.json()["reason"]) == (409, "out_of_order")
        sender.sender = ""
        assert (await sender.go_on(spoken(5000, 5100), 5000))["next_offset"] == 5100  # a hole on purpose
        assert (await sender.go_on(spoken(5100, 5200)))["next_offset"] == 5200  # goes on where it stands
    assert await stored(redis, session_id) == [
        (0, spoken(0, 1600)),
        (1600, spoken(1600, 2400)),
        (5000, spoken(5000, 5100)),
        (5100, spoken(5100, 5200)),
    ]


@pytest.mark.parametrize(
    ("pcm", "query", "status", "reason"),
    [
        (b"", {}, 422, "bad_frame"),
        (bytes(3201), {}, 422, "bad_frame"),
        (bytes.fromhex("1a45dfa3") + bytes(100), {}, 422, "not_pcm"),
        (bytes(SECOND + 2), {}, 413, "frame_too_long"),
        (bytes(96_002), {}, 413, "frame_too_long"),
        (bytes(3_000_000), {}, 413, None),
        (bytes(320), {"offset": "-1"}, 422, "bad_offset"),
        (bytes(320), {"offset": "1.5"}, 422, "bad_offset"),
        (bytes(320), {"offset": "9" * 12}, 422, "bad_offset"),
        (bytes(320), {"sender": "me"}, 422, "bad_sender"),
    ],
)
async def test_a_wrong_frame_is_refused_in_the_words_of_the_socket(
    gateway: LiveGateway, redis: Redis, pcm: bytes, query: dict[str, str], status: int, reason: str | None
) -> None:
    session_id = await gateway.start_session()
    async with gateway.http() as client:
        refused = await client.post(f"/session/{session_id}/audio", params=query, content=pcm)
    assert (refused.status_code, refused.json().get("reason")) == (status, reason)
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["detail"].endswith(".")
    assert await stored(redis, session_id) == []


async def test_an_odd_session_is_refused_and_stores_nothing(gateway: LiveGateway, redis: Redis) -> None:
    async with gateway.http() as client:
        for unknown in ("1-" + "0f" * 16, "nonsense"):
            refused = await Sender(client, unknown).post(bytes(320), 0)
            assert (refused.status_code, refused.json()["reason"]) == (404, "unknown_session")

        ended, erased = Sender(client, await gateway.start_session()), Sender(client, await gateway.start_session())
        for sender in (ended, erased):
            await sender.go_on(spoken(0, 1600), 0)
        await client.delete(f"/session/{ended.session_id}/end")
        await client.delete(f"/session/{erased.session_id}")
        for query in ({}, {"sender": ended.sender}):
            refused = await ended.post(bytes(320), 1600, **query)
            assert (refused.status_code, refused.json()["reason"]) == (410, "session_ended")
        for query in ({}, {"sender": erased.sender}):
            refused = await erased.post(bytes(320), 1600, **query)
            assert (refused.status_code, refused.json()["reason"]) == (404, "unknown_session")
    assert [offset for offset, _ in await stored(redis, ended.session_id)] == [0]
    assert await stored(redis, erased.session_id) == []


async def test_a_link_that_may_only_read_cannot_speak(gateway: LiveGateway) -> None:
    session_id = await gateway.start_session()
    async with gateway.http() as client:
        link_id = (await client.post(f"/session/{session_id}/link")).json()["link_id"]
        assert (await Sender(client, link_id).post(bytes(320), 0)).status_code == 404


async def test_the_newer_of_two_senders_has_the_session(gateway: LiveGateway, redis: Redis) -> None:
    session_id = await gateway.start_session()
    async with gateway.http() as client:
        older, newer = Sender(client, session_id), Sender(client, session_id)
        await older.go_on(spoken(0, 1600), 0)
        await newer.go_on(spoken(1600, 3200), 1600)
        refused = await older.post(spoken(1600, 3200), 1600, sender=older.sender)
        assert (refused.status_code, refused.json()["reason"]) == (REPLACED, "superseded")
        async with gateway.audio(session_id) as link:
            await link.send(spoken(3200, 3300))
            await answer(link)
            refused = await newer.post(bytes(320), 3300, sender=newer.sender)
            assert (refused.status_code, refused.json()["reason"]) == (REPLACED, "superseded")
            await subscribed(redis, keys.socket_channel(session_id))
            await newer.post(spoken(3300, 3400), 3300)  # without its sender: takes over, as a new socket does
            assert (await answer(link))["error"] == "superseded"
    assert [offset for offset, _ in await stored(redis, session_id)] == [0, 1600, 3200, 3300]


async def test_an_answer_is_held_back_while_the_worker_lags(redis_url: str, redis: Redis) -> None:
    with LiveGateway(test_settings(redis_url, backlog_seconds=1.0)) as gateway:
        session_id = await gateway.start_session()
        async with gateway.http() as client:
            sender = Sender(client, session_id)
            await sender.go_on(bytes(SECOND), 0)
            held = asyncio.create_task(sender.go_on(bytes(SECOND), 16_000))
            await asyncio.sleep(0.5)
            assert not held.done()
            await WorkerDouble(redis, session_id).classify(20_000)
            assert (await held)["lag_seconds"] == 0.75
            waiting = asyncio.create_task(sender.post(bytes(SECOND), 32_000, sender=sender.sender))
            await asyncio.sleep(0.5)
            await client.delete(f"/session/{session_id}")
            assert (await waiting).status_code in {200, 404}  # stored before, or told that it is erased


async def test_a_foreign_page_cannot_post(gateway: LiveGateway, redis: Redis) -> None:
    session_id = await gateway.start_session()
    async with gateway.http() as client:
        refused = await client.post(
            f"/session/{session_id}/audio", content=bytes(320), headers={"Origin": "https://evil.example"}
        )
    assert refused.status_code == 403
    assert await stored(redis, session_id) == []


async def test_a_stream_that_is_read_once_ends_behind_what_is_there(gateway: LiveGateway, redis: Redis) -> None:
    session_id = await gateway.start_session()
    worker = WorkerDouble(redis, session_id)
    ids = await worker.tones(1, 3)
    async with gateway.http() as client:

        async def read(after: str, status: int = 200) -> list[str]:
            told = await client.get(f"/session/{session_id}/stream", params={"once": "true", "last_event_id": after})
            assert told.status_code == status
            return [line[4:] for line in told.text.splitlines() if line.startswith("id: ")]

        assert await read("0-0") == ids
        assert await read(ids[0]) == ids[1:]
        assert await read(ids[2]) == []
        lost = await client.get(f"/session/{session_id}/stream?once=true&last_event_id=90000-1")
        assert "event: gap" in lost.text
        end = await worker.finish(4)
        assert await read(ids[2]) == [end]
        assert await read(end, 204) == []
        await client.delete(f"/session/{session_id}")
        assert (await client.get(f"/session/{session_id}/stream?once=true")).status_code == 404
