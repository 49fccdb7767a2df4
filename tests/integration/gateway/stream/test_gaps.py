"""The event stream tells of events that the store no longer has."""

import json

import pytest
from redis import Redis as BlockingRedis
from redis.asyncio import Redis

from gateway.events.durable_stream import read_beyond
from shared.contract.event_id import EventId
from shared.settings import Settings
from testkit.redis_server import RedisServer
from tests.integration.answering_proxy import AnsweringProxy
from tests.integration.gateway.stream.power_cut import as_after_a_power_cut
from tests.integration.live_gateway import LiveGateway
from tests.integration.worker_double import WorkerDouble


async def test_what_the_bound_cut_off_is_announced_as_a_gap_without_id(
    gateway: LiveGateway, session_id: str, worker: WorkerDouble, redis: Redis
) -> None:
    ids = await worker.tones(1, 10)
    await redis.xtrim(worker.place.events, minid="96000-1", approximate=False)
    await redis.hset(worker.place.record, "events_after", ids[4])  # type: ignore[misc]
    async with gateway.events(session_id, ids[1]) as events:
        gap = await events.fields()
        rest = await events.stored(5)
    assert gap is not None and gap["event"] == "gap" and "id" not in gap
    data = json.loads(gap["data"])
    assert (data["from"], data["to"]) == (ids[1], ids[4])
    assert "no longer available" in data["detail"]
    assert [fields["id"] for fields in rest] == ids[5:]
    async with gateway.events(session_id, ids[4]) as events:  # had everything that is gone
        assert (await events.stored(1))[0]["id"] == ids[5]


async def test_a_live_listener_is_told_of_what_was_cut_off_before_it_was_read(
    gateway: LiveGateway, session_id: str, worker: WorkerDouble
) -> None:
    async with gateway.events(session_id) as events:
        await events.fields()
        await worker.tones(1, 1)
        await events.stored(1)
        async with worker.redis.pipeline(transaction=True) as pipe:
            pipe.xadd(worker.place.events, {"event": "tone-event", "data": "{}"}, id="80000-1")
            pipe.xtrim(worker.place.events, maxlen=1, approximate=False)
            pipe.hset(worker.place.record, "events_after", "64000-1")
            await pipe.execute()
        gap = await events.fields()
        assert gap is not None
        assert gap["event"] == "gap"
        assert (json.loads(gap["data"])["from"], json.loads(gap["data"])["to"]) == ("16000-1", "64000-1")
        assert (await events.stored(1))[0]["id"] == "80000-1"


async def test_an_id_beyond_the_tail_is_a_gap_too_and_the_stream_goes_on(
    gateway: LiveGateway, session_id: str, worker: WorkerDouble
) -> None:
    await worker.tones(1, 2)
    async with gateway.events(session_id, "99999999-1") as events:
        gap = await events.fields()
        assert gap is not None and gap["event"] == "gap"
        await worker.tones(3, 3)
        assert (await events.stored(1))[0]["id"] == "48000-1"


@pytest.mark.parametrize("others", [0, 1, 3])
async def test_a_listener_is_told_when_the_store_has_lost_what_it_was_sent(
    settings: Settings, session_id: str, worker: WorkerDouble, others: int
) -> None:
    brief = settings.model_copy(update={"lease_ttl": 1.0})
    with LiveGateway(brief) as gateway:
        await told_of_a_loss(gateway, session_id, worker, others)


async def told_of_a_loss(gateway: LiveGateway, session_id: str, worker: WorkerDouble, others: int) -> None:
    async with gateway.events(session_id) as events:
        await events.fields()
        await worker.tones(1, 5)
        sent = await events.stored(5)
        await as_after_a_power_cut(worker, 3, others)
        gap = await events.fields()
        assert gap is not None
        assert gap["event"] == "gap"
        assert "id" not in gap
        assert json.loads(gap["data"])["from"] == "48000-1"
        assert json.loads(gap["data"])["to"] == "80000-1"
        assert await events.fields() == {"id": "48000-1"}, "where the client resumes if it is cut off now"
        await worker.tones(4 + others, 6)
        after = await events.stored(3)
    ids = [f"{second * 16000}-1" for second in (4, 5, 6)]
    assert [block["id"] for block in after] == ids
    assert [json.loads(block["data"])["affect"] for block in after] == ["sad"] * others + ["calm"] * (3 - others)
    assert [block["id"] for block in sent[3:]] == ids[:2], "the same ids as before: the gap says that they are others"
    async with gateway.events(session_id, ids[1]) as events:  # a client that was away meanwhile
        gap = await events.fields()
        assert gap is not None
        assert gap["event"] == "gap"
        assert json.loads(gap["data"])["from"] == "48000-1"
        assert await events.stored(3) == after


async def test_an_id_that_the_stream_has_no_longer_is_a_gap(
    gateway: LiveGateway, session_id: str, worker: WorkerDouble
) -> None:
    await worker.tones(1, 3)
    await worker.tones(5, 5)
    async with gateway.events(session_id, "64000-1") as events:
        gap = await events.fields()
        assert gap is not None
        assert gap["event"] == "gap"
        assert (json.loads(gap["data"])["from"], json.loads(gap["data"])["to"]) == ("48000-1", "64000-1")
        assert await events.fields() == {"id": "48000-1"}
        assert [block["id"] for block in await events.stored(1)] == ["80000-1"]


async def test_a_read_never_misses_what_is_cut_meanwhile(
    redis_server: RedisServer, redis: Redis, gateway: LiveGateway, session_id: str, worker: WorkerDouble
) -> None:
    await worker.tones(1, 5)

    def cut() -> None:
        with BlockingRedis(port=redis_server.port) as client:
            client.hset(worker.place.record, "events_after", "64000-1")
            client.xtrim(worker.place.events, maxlen=1, approximate=False)

    with AnsweringProxy(redis_server.port) as proxy:
        proxy.before("XRANGE", cut)
        async with Redis.from_url(proxy.url) as reader:
            [page] = await read_beyond(reader, [(worker.place, EventId(32000, 1))])
    found = [str(event.id) for event in page.events]
    assert (str(page.lost_until), found) in [("64000-1", ["80000-1"]), ("0-0", ["48000-1", "64000-1", "80000-1"])]
