"""The event stream: live and replayed, without duplicates or silent losses."""

import asyncio
import json
import socket

import pytest
from redis import Redis as BlockingRedis
from redis.asyncio import Redis

from gateway.events.durable_stream import forwards, read_beyond
from shared import keys
from shared.contract.event_id import EventId
from shared.settings import Settings
from testkit.redis_server import RedisServer
from tests.integration.answering_proxy import AnsweringProxy
from tests.integration.conftest import test_settings
from tests.integration.live_gateway import LiveGateway, answer, renewed, subscribed
from tests.integration.worker_double import WorkerDouble, tone


@pytest.fixture
async def session_id(gateway: LiveGateway) -> str:
    return await gateway.start_session()


@pytest.fixture
def worker(redis: Redis, session_id: str) -> WorkerDouble:
    return WorkerDouble(redis, session_id)


async def test_the_first_byte_comes_at_once_and_names_no_cache(gateway: LiveGateway, session_id: str) -> None:
    async with gateway.events(session_id) as events:
        assert await events.block() == ": heartbeat"
        headers = events.answer.headers
    assert headers["content-type"].startswith("text/event-stream")
    assert headers["cache-control"] == "no-cache"
    assert headers["x-accel-buffering"] == "no"


async def test_a_quiet_stream_has_heartbeats(redis_url: str) -> None:
    with LiveGateway(test_settings(redis_url, heartbeat_interval=0.3)) as gateway:
        async with gateway.events(await gateway.start_session()) as events:
            blocks = [await events.block() for _ in range(4)]
    assert blocks == [": heartbeat", "id: 0-0", ": heartbeat", ": heartbeat"]


async def test_a_new_stream_names_the_tail_and_brings_only_what_follows(
    gateway: LiveGateway, session_id: str, worker: WorkerDouble
) -> None:
    await worker.tones(1, 3)
    async with gateway.events(session_id) as events:
        assert await events.fields() == {"id": "48000-1"}
        await worker.tones(4, 5)
        assert [fields["id"] for fields in await events.stored(2)] == ["64000-1", "80000-1"]


async def test_an_event_reads_exactly_like_its_pub_sub_message(
    gateway: LiveGateway, session_id: str, worker: WorkerDouble, redis: Redis
) -> None:
    async with gateway.events(session_id) as events, redis.pubsub() as firehose:
        await events.fields()
        await firehose.psubscribe("linnet:tone:*")
        await firehose.get_message(timeout=5)
        await worker.tones(1, 1)
        message = await firehose.get_message(timeout=5)
        [event] = await events.stored(1)
    assert message is not None
    assert event == {"id": "16000-1", "event": "tone-event", "data": message["data"].decode()}
    assert message["channel"].decode() == keys.tone_channel(session_id)


@pytest.mark.parametrize("how", ["header", "last_event_id", "lastEventId", "Last-Event-ID", "both"])
async def test_a_reconnect_gets_what_it_missed_in_order_and_nothing_twice(
    gateway: LiveGateway, session_id: str, worker: WorkerDouble, how: str
) -> None:
    ids = await worker.tones(1, 20)
    header = ids[4] if how in ("header", "both") else None
    query = {} if how == "header" else {"last_event_id": ids[9]} if how == "both" else {how: ids[4]}
    async with gateway.events(session_id, header, params=query) as events:
        missed = await events.stored(15)
        more = await worker.tones(21, 25)
        live = await events.stored(5)
    assert [fields["id"] for fields in missed] == ids[5:]
    assert [fields["id"] for fields in live] == more


async def test_a_replay_longer_than_a_page(gateway: LiveGateway, session_id: str, worker: WorkerDouble) -> None:
    async with worker.redis.pipeline() as pipe:
        for second in range(1, 1301):
            pipe.xadd(worker.place.events, {"event": "tone-event", "data": "{}"}, id=f"{second * 16000}-1")
        await pipe.execute()
    async with gateway.events(session_id, "0-0") as events:
        replayed = [fields["id"] for fields in await events.stored(1300)]
        await worker.tones(1301, 1301)
        [live] = await events.stored(1)
    assert replayed == [f"{second * 16000}-1" for second in range(1, 1301)]
    assert live["id"] == f"{1301 * 16000}-1"
    assert [len(page) async for page in forwards(worker.redis, worker.place)] == [500, 500, 301]


async def test_nothing_is_lost_or_doubled_while_events_pour_in(
    gateway: LiveGateway, session_id: str, worker: WorkerDouble
) -> None:
    """Clients come, go and resume all the time; each has every event exactly once."""

    async def client() -> list[str]:
        got: list[str] = []
        last = "0-0"
        while len(got) < 200:
            async with gateway.events(session_id, last) as events:
                got += [fields["id"] for fields in await events.stored(min(17, 200 - len(got)))]
            last = got[-1]
        return got

    clients = [asyncio.create_task(client()) for _ in range(4)]
    ids = []
    for second in range(1, 201):
        ids += await worker.tones(second, second, notice=second % 3 > 0)
        await asyncio.sleep(0.005)
    for got in await asyncio.gather(*clients):
        assert got == ids


async def test_a_lost_notice_delays_but_loses_nothing(
    gateway: LiveGateway, session_id: str, worker: WorkerDouble
) -> None:
    async with gateway.events(session_id) as events:
        await events.fields()
        await asyncio.sleep(0.2)
        await worker.tones(1, 2, notice=False)
        assert [fields["id"] for fields in await events.stored(2)] == ["16000-1", "32000-1"]


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


async def as_after_a_power_cut(worker: WorkerDouble, kept: int, others: int = 0) -> None:
    """The first `kept` events are what the store has left, and `others` of other contents follow in their places."""
    entries = await worker.redis.xrange(worker.place.events)
    async with worker.redis.pipeline(transaction=True) as pipe:
        pipe.delete(worker.place.events)
        for entry_id, fields in entries[:kept]:
            pipe.xadd(worker.place.events, fields, id=entry_id)
        for second in range(kept + 1, kept + others + 1):
            data = tone(worker.session_id, float(second), affect="sad")
            pipe.xadd(worker.place.events, {"event": "tone-event", "data": data}, id=f"{second * 16000}-1")
        await pipe.execute()


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


async def test_events_that_are_lost_and_come_again_are_not_sent_again(
    gateway: LiveGateway, settings: Settings, session_id: str, worker: WorkerDouble
) -> None:
    """As after a failover: the audio is there, and a worker computes them again."""
    async with gateway.events(session_id) as events:
        await events.fields()
        await worker.tones(1, 5)
        await events.stored(5)
        await as_after_a_power_cut(worker, 3)
        await asyncio.sleep(4 * settings.reread_interval)  # the gateway has seen meanwhile that they are missing
        await worker.tones(4, 6)
        after = await events.fields()
    assert after is not None
    assert after["id"] == "96000-1"


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


@pytest.mark.parametrize("given", ["abc", "1", "1-", "-1", "1-1-1", "٣-1", "9" * 30 + "-1"])
async def test_a_malformed_id_gets_422_in_words(gateway: LiveGateway, session_id: str, given: str) -> None:
    async with gateway.http() as client:
        response = await client.get(f"/session/{session_id}/stream", params={"last_event_id": given})
    assert response.status_code == 422
    assert "not an event id" in response.json()["detail"]


async def test_after_session_ended_the_stream_closes_and_reconnecting_gets_204(
    gateway: LiveGateway, session_id: str, worker: WorkerDouble
) -> None:
    async with gateway.events(session_id) as events:
        await events.fields()
        [first] = await worker.tones(1, 1)
        last = await worker.finish(2)
        assert [fields["id"] for fields in await events.rest()] == [first, last]
    async with gateway.http() as client:
        for given in (last, "99999999-1"):
            response = await client.get(f"/session/{session_id}/stream", headers={"Last-Event-ID": given})
            assert response.status_code == 204
    async with gateway.events(session_id, first) as events:  # missed only the end
        assert [fields["event"] for fields in await events.rest()] == ["session-ended"]
    async with gateway.events(session_id) as events:  # came too late for anything
        assert await events.rest() == [{"id": last}]


async def test_live_status_has_no_id_and_greets_newcomers(
    gateway: LiveGateway, session_id: str, worker: WorkerDouble
) -> None:
    async with gateway.events(session_id) as first:
        await first.fields()
        await subscribed(worker.redis, keys.status_channel(session_id))
        await worker.status("listening")
        await worker.status("behind")
        states = [json.loads((await first.fields() or {})["data"])["state"] for _ in range(2)]
        assert states == ["listening", "behind"]
        async with gateway.events(session_id) as second:
            assert await second.fields() == {"id": "0-0"}
            status = await second.fields()
    assert status is not None and status["event"] == "status" and "id" not in status
    assert json.loads(status["data"])["state"] == "behind"


async def test_two_gateways_serve_one_session(
    gateway: LiveGateway, settings: Settings, session_id: str, worker: WorkerDouble
) -> None:
    with LiveGateway(settings) as second:
        async with gateway.events(session_id) as here, second.events(session_id) as there:
            await here.fields()
            await there.fields()
            async with second.audio(session_id) as link:
                await link.send(bytes(320))
                assert (await answer(link))["ok"]
            ids = await worker.tones(1, 5)
            assert [fields["id"] for fields in await here.stored(5)] == ids
            first_two = await there.stored(2)
        async with gateway.events(session_id, first_two[-1]["id"]) as moved:  # the other gateway goes on
            assert [fields["id"] for fields in await moved.stored(3)] == ids[2:]


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


async def test_only_get_opens_a_stream(gateway: LiveGateway, session_id: str) -> None:
    async with gateway.http() as client:
        assert (await client.request("POST", f"/session/{session_id}/stream")).status_code == 405
        head = await client.request("HEAD", f"/session/{session_id}/stream")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"].startswith("text/event-stream")
