"""A read-only link: it gives a listener what it needs, under a separate id, and nothing else."""

import asyncio
import json
import time

import httpx
import pytest
from redis.asyncio import Redis

from shared import keys
from shared.settings import Settings
from testkit.live_worker import LiveWorker, until_leased
from tests.integration.conftest import test_settings
from tests.integration.live_gateway import LiveGateway, answer, subscribed
from tests.integration.whole_redis import traces
from tests.integration.worker_double import WorkerDouble


async def call(gateway: LiveGateway, method: str, path: str, **more: object) -> httpx.Response:
    async with gateway.http() as client:
        return await client.request(method, f"/session/{path}", **more)  # type: ignore[arg-type]


async def shared(gateway: LiveGateway, session_id: str) -> str:
    response = await call(gateway, "POST", f"{session_id}/link")
    assert response.status_code == 201, response.text
    assert response.json().keys() == {"link_id"}
    link_id: str = response.json()["link_id"]
    return link_id


@pytest.fixture
async def session_id(gateway: LiveGateway) -> str:
    return await gateway.start_session()


@pytest.fixture
async def link_id(gateway: LiveGateway, session_id: str) -> str:
    return await shared(gateway, session_id)


@pytest.fixture
def worker(redis: Redis, session_id: str) -> WorkerDouble:
    return WorkerDouble(redis, session_id)


async def test_there_is_one_link_until_it_is_revoked(gateway: LiveGateway, session_id: str, link_id: str) -> None:
    assert link_id.startswith(session_id.partition("-")[0] + "-r")
    assert await shared(gateway, session_id) == link_id
    assert (await call(gateway, "GET", session_id)).json()["link_id"] == link_id
    for _ in range(2):
        revoked = await call(gateway, "DELETE", f"{session_id}/link")
        assert (revoked.status_code, revoked.json()) == (200, {"session_id": session_id, "link_id": None})
    assert (await call(gateway, "GET", session_id)).json()["link_id"] is None
    assert (await call(gateway, "GET", link_id)).status_code == 404
    assert await shared(gateway, session_id) != link_id
    assert (await call(gateway, "GET", link_id)).status_code == 404


async def test_many_who_share_at_once_get_the_same_link(gateway: LiveGateway, session_id: str) -> None:
    assert len(set(await asyncio.gather(*(shared(gateway, session_id) for _ in range(20))))) == 1


FORMS = ("json", "jsonl", "csv", "vtt", "srt", "md")


async def test_nothing_that_the_link_yields_holds_the_sessions_id(
    gateway: LiveGateway, session_id: str, link_id: str, worker: WorkerDouble
) -> None:
    await worker.tones(1, 3)
    trouble = json.dumps({"code": "slow", "detail": f"{session_id} took long.", "timestamp": 3.0})
    await worker.commit("48000-2", "service-event", trouble)
    correction = {"event_id": "16000-1", "affect": "sad", "note": f"of {session_id}"}
    assert (await call(gateway, "POST", f"{session_id}/corrections", json=correction)).status_code == 201
    said = b""
    async with gateway.events(link_id, "0-0") as events:
        blocks = [await events.block() for _ in range(5)]  # a heartbeat, then what is replayed
        await subscribed(worker.redis, keys.status_channel(session_id))
        await worker.status("listening")
        await worker.tones(4, 5)
        blocks += [await events.block() for _ in range(3)]
        await worker.finish(6)
        blocks += [json.dumps(fields) for fields in await events.rest()]
        said += repr(events.answer.headers.raw).encode() + "\n\n".join(map(str, blocks)).encode()
    assert said.count(link_id.encode()) == 6
    assert b"session-ended" in said and b"event: status" in said
    paths = ["", "/history", *(f"/export?format={form}" for form in FORMS), "/stream?last_event_id=96000-9"]
    paths += ["/stream?last_event_id=x", "/history?limit=0", "/export?format=xml"]
    for path in paths:
        response = await call(gateway, "GET", link_id + path)
        said += repr(response.headers.raw).encode() + response.content
        if path.startswith("/export?format=json") or path == "/history":
            assert link_id.encode() in response.content
        if path.startswith("/export") and response.status_code == 200:
            assert f'filename="linnet-session-{link_id}.' in response.headers["content-disposition"]
    assert session_id.encode() not in said
    assert session_id.partition("-")[2].encode() not in said


async def test_the_link_reads_as_the_session_does(
    gateway: LiveGateway, session_id: str, link_id: str, worker: WorkerDouble
) -> None:
    await worker.tones(1, 20)
    for path in ("/history?limit=7", "/export?format=jsonl", "/export?format=vtt", "/export?format=csv"):
        own = (await call(gateway, "GET", session_id + path)).text
        assert (await call(gateway, "GET", link_id + path)).text == own.replace(session_id, link_id)
    assert (await call(gateway, "GET", f"{session_id}/export")).text.count(link_id) == 0
    own_view = (await call(gateway, "GET", session_id)).json()
    view = (await call(gateway, "GET", link_id)).json()
    assert own_view.keys() - view.keys() == {"sample_rate", "pinned", "link_id"}
    assert view == {name: own_view[name] for name in view} | {"session_id": link_id}


async def test_listeners_by_either_id_get_the_same_events_and_resume_with_the_same_ids(
    gateway: LiveGateway, session_id: str, link_id: str, worker: WorkerDouble
) -> None:
    async with gateway.events(session_id) as own, gateway.events(link_id) as linked:
        for events in (own, linked):
            await events.fields()
        ids = await worker.tones(1, 30)
        mine, theirs = await own.stored(30), await linked.stored(30)
    assert [fields["id"] for fields in theirs] == ids
    assert theirs == [{**fields, "data": fields["data"].replace(session_id, link_id)} for fields in mine]
    assert [json.loads(fields["data"])["session_id"] for fields in theirs] == [link_id] * 30
    async with gateway.events(link_id, ids[24]) as events:
        assert [fields["id"] for fields in await events.stored(5)] == ids[25:]
    end = await worker.finish(31)
    assert (await call(gateway, "GET", f"{link_id}/stream", headers={"Last-Event-ID": end})).status_code == 204


CHANGES = (
    ("DELETE", "/end", None),
    ("DELETE", "", None),
    ("POST", "/pin", None),
    ("POST", "/link", None),
    ("DELETE", "/link", None),
    ("POST", "/corrections", {"event_id": "16000-1", "affect": "sad"}),
)


async def test_no_call_that_changes_something_knows_the_link(
    gateway: LiveGateway, session_id: str, link_id: str, worker: WorkerDouble
) -> None:
    await worker.tones(1, 1)
    unknown = link_id.partition("-r")[0] + "-" + "0" * 32
    headers = {"X-CF-License-Key": "CFG-LNNT-1"}
    before = (await call(gateway, "GET", session_id)).json()
    for method, path, body in CHANGES:
        refused = await call(gateway, method, link_id + path, json=body, headers=headers)
        never_was = await call(gateway, method, unknown + path, json=body, headers=headers)
        assert refused.status_code == 404
        assert refused.content == never_was.content
        assert refused.headers.keys() == never_was.headers.keys()
    assert (await call(gateway, "GET", session_id)).json() == before
    assert (await call(gateway, "GET", f"{session_id}/export?format=jsonl")).text.count("correction") == 0


async def test_no_audio_goes_by_the_link(gateway: LiveGateway, link_id: str) -> None:
    async with gateway.audio(link_id) as socket:
        assert (await answer(socket))["error"] == "unknown_session"
        await socket.wait_closed()
    assert socket.close_code == 4004


async def test_revoking_ends_the_links_streams_on_every_gateway_at_once_and_no_other(
    redis_url: str, redis: Redis
) -> None:
    settings = test_settings(redis_url, reread_interval=60.0)  # at once: not when everything is read again
    with LiveGateway(settings) as gateway, LiveGateway(settings) as second:
        session_id = await gateway.start_session()
        link_id = await shared(gateway, session_id)
        worker = WorkerDouble(redis, session_id)
        async with (
            gateway.events(link_id) as here,
            second.events(link_id) as there,
            second.events(session_id) as own,
        ):
            for events in (here, there, own):
                await events.fields()
            await worker.tones(1, 1)
            for events in (here, there, own):
                await events.stored(1)
            assert (await call(gateway, "DELETE", f"{session_id}/link")).status_code == 200
            assert await here.rest() == []
            assert await there.rest() == []
            await worker.tones(2, 2)
            assert [fields["id"] for fields in await own.stored(1)] == ["32000-1"]
        for path in ("", "/stream", "/history", "/export"):
            assert (await call(second, "GET", link_id + path)).status_code == 404


async def test_no_event_reaches_a_revoked_link_whose_notice_was_lost(
    gateway: LiveGateway, session_id: str, link_id: str, worker: WorkerDouble, redis: Redis
) -> None:
    async with gateway.events(link_id) as events:
        await events.fields()
        await worker.tones(1, 1)
        await events.stored(1)
        await redis.hdel(worker.place.record, "link")  # type: ignore[misc]  # redis-py: Awaitable | int
        await worker.tones(2, 2)
        assert await events.rest() == []
    # The record decides, not the link's own key, which is still there.
    assert await redis.exists(keys.link(worker.place.partition, link_id))
    assert (await call(gateway, "GET", link_id)).status_code == 404


async def test_who_only_reads_does_not_keep_the_session_from_ending(redis_url: str, redis: Redis) -> None:
    with LiveGateway(test_settings(redis_url, idle_ttl=3.0)) as gateway:
        session_id = await gateway.start_session()
        place = WorkerDouble(redis, session_id).place
        before = await redis.zscore(place.presence, session_id)
        async with gateway.events(await shared(gateway, session_id)):
            await asyncio.sleep(1.2)
            assert await redis.zscore(place.presence, session_id) == before


async def test_the_link_expires_with_the_session(redis: Redis, settings: Settings) -> None:
    """Running, renewed by presence, pinned, ended by a worker."""
    quick = settings.model_copy(update={"mock": True, "retention": 0.0})
    with LiveGateway(quick) as gateway, LiveWorker(quick):
        session_id, pinned_id = await gateway.start_session(), await gateway.start_session()
        for one in (session_id, pinned_id):
            await until_leased(redis, WorkerDouble(redis, one).place.partition)
        for one in (session_id, pinned_id):
            place = WorkerDouble(redis, one).place
            key = keys.link(place.partition, await shared(gateway, one))
            for shortened in (place.record, key):
                await redis.expire(shortened, 50)
            async with gateway.events(one) as events:
                await events.fields()
                await until_ttl(redis, key, at_least=quick.running_expiry - 60)
                if one == pinned_id:
                    await call(gateway, "POST", f"{one}/pin", headers={"X-CF-License-Key": "CFG-LNNT-1"})
                    assert await redis.ttl(key) == -1
                await call(gateway, "DELETE", f"{one}/end")
                assert (await events.rest())[-1]["event"] == "session-ended"
            assert abs(await redis.pttl(key) - await redis.pttl(place.record)) < 2000
            assert (await redis.ttl(key) == -1) is (one == pinned_id)
        later = await shared(gateway, pinned_id)
        assert await redis.ttl(keys.link(WorkerDouble(redis, pinned_id).place.partition, later)) == -1
    assert await redis.ttl(keys.link(WorkerDouble(redis, session_id).place.partition, later)) == -2


async def until_ttl(redis: Redis, key: str, at_least: float) -> None:
    give_up = time.monotonic() + 60
    while await redis.ttl(key) < at_least:
        assert time.monotonic() < give_up, await redis.ttl(key)
        await asyncio.sleep(0.05)


async def test_erasing_the_session_kills_the_link(
    gateway: LiveGateway, session_id: str, link_id: str, worker: WorkerDouble, redis: Redis
) -> None:
    async with gateway.events(link_id) as events:
        await events.fields()
        await call(gateway, "DELETE", session_id)
        assert await events.rest() == []
    for method, path in (("GET", link_id), ("POST", f"{session_id}/link"), ("DELETE", f"{session_id}/link")):
        assert (await call(gateway, method, path)).status_code == 404
    assert await traces(redis, [session_id.encode(), link_id.encode()]) == {worker.place.tombstone}


async def test_a_crowd_of_readers_takes_no_place_from_the_sessions_own(redis_url: str) -> None:
    with LiveGateway(test_settings(redis_url, streams_per_session=1)) as gateway:
        session_id = await gateway.start_session()
        link_id = await shared(gateway, session_id)
        async with gateway.events(link_id) as crowd, gateway.events(session_id) as own:
            await crowd.fields()
            await own.fields()
            assert (await call(gateway, "GET", f"{link_id}/stream")).status_code == 429
