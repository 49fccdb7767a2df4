"""The event stream: what it says at once, to everyone and at the end."""

import json

import pytest
from redis.asyncio import Redis

from shared import keys
from shared.settings import Settings
from tests.integration.conftest import test_settings
from tests.integration.live_gateway import LiveGateway, answer, subscribed
from tests.integration.worker_double import WorkerDouble


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
        await firehose.get_message(timeout=60)
        await worker.tones(1, 1)
        message = await firehose.get_message(timeout=60)
        [event] = await events.stored(1)
    assert message is not None
    assert event == {"id": "16000-1", "event": "tone-event", "data": message["data"].decode()}
    assert message["channel"].decode() == keys.tone_channel(session_id)


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


async def test_only_get_opens_a_stream(gateway: LiveGateway, session_id: str) -> None:
    async with gateway.http() as client:
        assert (await client.request("POST", f"/session/{session_id}/stream")).status_code == 405
        head = await client.request("HEAD", f"/session/{session_id}/stream")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"].startswith("text/event-stream")
