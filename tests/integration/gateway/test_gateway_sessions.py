"""Starting, looking at, ending, pinning and erasing sessions: one test per promise."""

import asyncio
import json
import re
from pathlib import Path

import pytest
from redis.asyncio import Redis

from gateway.edge import licence
from shared import keys
from shared.contract.session import new_session_id, partition_of
from shared.settings import Settings
from tests.integration.conftest import test_settings
from tests.integration.live_gateway import LiveGateway, answer
from tests.integration.worker_double import WorkerDouble, tone

LICENCE = {"X-CF-License-Key": "cfg-lnnt-0001"}


@pytest.mark.parametrize(("body", "elcor"), [(None, False), ({}, False), ({"elcor": True, "sample_rate": 8000}, True)])
async def test_start_answers_id_state_and_elcor(gateway: LiveGateway, body: object, elcor: bool) -> None:
    async with gateway.http() as client:
        response = await client.post("/session/start", json=body) if body is not None else None
        response = response or await client.post("/session/start")
    started = response.json()
    assert response.status_code == 200
    assert started == {
        "session_id": started["session_id"],
        "state": "running",
        "elcor": elcor,
        "facts": False,
        "words": False,
        "language": "",
    }


async def test_the_id_begins_with_its_partition_and_has_128_random_bits(gateway: LiveGateway) -> None:
    ids = {await gateway.start_session() for _ in range(20)}
    assert len(ids) == 20
    assert all(re.fullmatch(r"[0-3]-[0-9a-f]{32}", session_id) for session_id in ids)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"sample_rate": 7999}, "sample_rate"),
        ({"sample_rate": 48001}, "sample_rate"),
        ({"elcor": "perhaps"}, "elcor"),
        ({"sample_rate": "fast", "language": "de"}, "sample_rate"),
        ({"facts": "perhaps"}, "facts"),
        ([], "body"),
    ],
)
async def test_start_refuses_what_it_does_not_understand(gateway: LiveGateway, body: object, named: str) -> None:
    async with gateway.http() as client:
        response = await client.post("/session/start", json=body)
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert named in response.json()["detail"]


async def test_fields_that_are_not_known_are_ignored_and_named(gateway: LiveGateway) -> None:
    async with gateway.http() as client:
        response = await client.post("/session/start", json={"elcor": True, "samplerate": 8000, "x" * 500: {"a": 1}})
        view = (await client.get(f"/session/{response.json()['session_id']}")).json()
    assert response.status_code == 200
    assert response.json()["elcor"] is True
    assert response.json()["warnings"] == [
        "samplerate is unknown and was ignored. Known fields: elcor, facts, sample_rate, words, language.",
        f"{'x' * 100} is unknown and was ignored. Known fields: elcor, facts, sample_rate, words, language.",
    ]
    assert view["sample_rate"] == 16_000


@pytest.mark.parametrize("body", [b"{", b"elcor=true"])
async def test_a_body_that_is_no_json_is_told_what_to_send(gateway: LiveGateway, body: bytes) -> None:
    async with gateway.http() as client:
        response = await client.post("/session/start", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 422
    assert "Send a JSON object" in response.json()["detail"]


async def test_start_leaves_record_presence_partition_and_news(gateway: LiveGateway, redis: Redis) -> None:
    async with redis.pubsub() as news:
        await news.subscribe(keys.SESSIONS_CHANNEL)
        await news.get_message(timeout=60)
        session_id = await gateway.start_session()
        message = await news.get_message(timeout=60)
    partition = partition_of(session_id)
    assert partition is not None and message is not None
    assert json.loads(message["data"]) | {"at": 0} == {"type": "started", "session_id": session_id, "at": 0}
    now = (await redis.time())[0]
    assert 80 < await redis.zscore(keys.presence(partition), session_id) - now < 92
    assert await redis.zscore(keys.PARTITIONS, str(partition)) is not None
    assert await redis.ttl(keys.session(partition, session_id)) > 86_400


async def test_get_tells_the_same_and_more(gateway: LiveGateway) -> None:
    session_id = await gateway.start_session(elcor=True, sample_rate=8000)
    async with gateway.audio(session_id) as link:
        await link.send(bytes(8000))
        await answer(link)
    async with gateway.http() as client:
        view = (await client.get(f"/session/{session_id}")).json()
    assert view.pop("started_at") > 1.7e9
    assert view == {
        "session_id": session_id,
        "state": "running",
        "elcor": True,
        "facts": False,
        "words": False,
        "language": "",
        "sample_rate": 8000,
        "link_id": None,
        "ended_at": None,
        "audio_seconds": 0.5,
        "lag_seconds": 0.5,
        "pinned": False,
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("DELETE", "/end"),
        ("DELETE", ""),
        ("GET", "/stream"),
        ("GET", "/history"),
        ("GET", "/export"),
        ("POST", "/pin"),
        ("POST", "/corrections"),
    ],
)
@pytest.mark.parametrize("session_id", ["1-" + "0f" * 16, "not-an-id", "99999-" + "0" * 32])
async def test_unknown_sessions_get_404_in_words(gateway: LiveGateway, method: str, path: str, session_id: str) -> None:
    body = {"event_id": "1-1", "affect": "calm"} if path == "/corrections" else None
    async with gateway.http() as client:
        response = await client.request(method, f"/session/{session_id}{path}", json=body)
    assert response.status_code == 404
    assert "no such session" in response.json()["detail"]


async def test_ending_puts_one_marker_behind_the_audio(gateway: LiveGateway, redis: Redis) -> None:
    session_id = await gateway.start_session()
    worker = WorkerDouble(redis, session_id)
    async with gateway.audio(session_id) as link, gateway.http() as client:
        await link.send(bytes(3200))
        await answer(link)
        for _ in range(2):  # ending again changes nothing
            response = await client.delete(f"/session/{session_id}/end")
            assert response.status_code == 200
            assert response.json() == {"session_id": session_id, "state": "stopped"}
        assert (await client.get(f"/session/{session_id}")).json()["state"] == "stopped"
    chunks = await worker.chunks()
    assert [fields.get(b"e") for fields in chunks] == [None, b"client"]
    assert await redis.zscore(worker.place.presence, session_id) is None


@pytest.mark.parametrize("key", [None, "", "CFG-LNNT-", "cfg-lnnt-", "CFG-OTHR-1", "X CFG-LNNT-1"])
async def test_pinning_without_a_licence_gets_402(gateway: LiveGateway, key: str | None) -> None:
    session_id = await gateway.start_session()
    async with gateway.http() as client:
        headers = {} if key is None else {"X-CF-License-Key": key}
        response = await client.post(f"/session/{session_id}/pin", headers=headers)
        assert response.status_code == 402
        assert "X-CF-License-Key" in response.json()["detail"]
        assert "CFG-LNNT" not in response.json()["detail"], "it would teach what is enough"
        assert (await client.get(f"/session/{session_id}")).json()["pinned"] is False


async def test_pinning_an_unknown_session_gets_404_with_or_without_licence(gateway: LiveGateway) -> None:
    async with gateway.http() as client:
        for headers in ({}, LICENCE):
            response = await client.post(f"/session/{new_session_id(0)}/pin", headers=headers)
            assert response.status_code == 404


async def test_a_pinned_session_has_no_expiry_and_keeps_none(gateway: LiveGateway, redis: Redis) -> None:
    session_id = await gateway.start_session()
    worker = WorkerDouble(redis, session_id)
    await worker.tones(1, 1)
    await redis.expire(worker.place.events, 100)
    async with gateway.http() as client, gateway.events(session_id):
        response = await client.post(f"/session/{session_id}/pin", headers=LICENCE)
        assert response.status_code == 200
        assert response.json()["pinned"] is True
        await asyncio.sleep(0.8)  # a renewal of presence has come by
    assert await redis.ttl(worker.place.record) == -1
    assert await redis.ttl(worker.place.events) == -1


async def test_the_server_may_hold_the_licence(redis_url: str) -> None:
    with LiveGateway(test_settings(redis_url, license_key="cfg-lnnt-x")) as gateway:
        session_id = await gateway.start_session()
        async with gateway.http() as client:
            assert (await client.post(f"/session/{session_id}/pin")).status_code == 200


async def test_a_wrong_key_in_the_request_is_not_outvoted_by_the_server(redis_url: str) -> None:
    with LiveGateway(test_settings(redis_url, license_key="cfg-lnnt-x")) as gateway:
        session_id = await gateway.start_session()
        async with gateway.http() as client:
            response = await client.post(f"/session/{session_id}/pin", headers={"X-CF-License-Key": "WRONG"})
    assert response.status_code == 402


async def test_with_a_public_key_a_licence_has_to_be_signed(redis_url: str, tmp_path: Path) -> None:
    signed, told = licence.make("clinic", tmp_path / "signing.pem").splitlines()
    public_key = told.partition("LINNET_LICENSE_PUBLIC_KEY=")[2].partition(";")[0]
    with LiveGateway(test_settings(redis_url, license_public_key=public_key)) as gateway:
        session_id = await gateway.start_session()
        async with gateway.http() as client:
            for key, status in ((LICENCE["X-CF-License-Key"], 402), (signed.lower(), 200)):
                response = await client.post(f"/session/{session_id}/pin", headers={"X-CF-License-Key": key})
                assert response.status_code == status


async def test_no_more_sessions_are_pinned_than_may_be(redis_url: str, redis: Redis) -> None:
    with LiveGateway(test_settings(redis_url, pinned_sessions=2)) as gateway:
        sessions = [await gateway.start_session() for _ in range(4)]
        async with gateway.http() as client:

            async def pin(session_id: str) -> int:
                return (await client.post(f"/session/{session_id}/pin", headers=LICENCE)).status_code

            assert [await pin(session_id) for session_id in sessions[:3]] == [200, 200, 409]
            assert await pin(sessions[0]) == 200, "it is pinned already"
            refused = await client.post(f"/session/{sessions[2]}/pin", headers=LICENCE)
            assert "LINNET_PINNED_SESSIONS" in refused.json()["detail"]
            await client.delete(f"/session/{sessions[1]}")
            assert [await pin(sessions[2]), await pin(sessions[3])] == [200, 409]
            for session_id in sessions:
                await client.delete(f"/session/{session_id}")
    assert await redis.keys("*:pinned") == []


async def test_one_client_pins_only_so_many_sessions_a_minute(redis_url: str) -> None:
    limited = test_settings(redis_url, pins_per_minute=2, unlimited_clients="")
    with LiveGateway(limited) as gateway:
        sessions = [await gateway.start_session() for _ in range(3)]
        async with gateway.http() as client:
            said = [await client.post(f"/session/{each}/pin", headers=LICENCE) for each in sessions]
    assert [answer.status_code for answer in said] == [200, 200, 429]
    assert int(said[-1].headers["Retry-After"]) > 0


async def test_erasing_leaves_nothing_but_the_tombstone(gateway: LiveGateway, redis: Redis) -> None:
    session_id, other = await gateway.start_session(), await gateway.start_session()
    worker = WorkerDouble(redis, session_id)
    [event_id] = await worker.tones(1, 1)
    for each in (session_id, other):
        async with gateway.audio(each) as link:
            for _ in range(3):
                await link.send(bytes(3200))
                await answer(link)
    async with gateway.http() as client:
        correction = {"event_id": event_id, "affect": "sad"}
        assert (await client.post(f"/session/{session_id}/corrections", json=correction)).status_code == 201
        response = await client.delete(f"/session/{session_id}")
        assert response.status_code == 200
        assert (await client.get(f"/session/{session_id}")).status_code == 404
        again = await client.delete(f"/session/{session_id}")  # the first answer may have been lost
        assert again.status_code == 200
    assert await traces(redis, session_id) == [worker.place.tombstone]
    assert await redis.ttl(worker.place.tombstone) > 3600
    assert len(await WorkerDouble(redis, other).chunks()) == 3


async def traces(redis: Redis, session_id: str) -> list[str]:
    """Every key that has the session's id in its name or anywhere in its value."""
    found = []
    async for key in redis.scan_iter():
        kind = (await redis.type(key)).decode()
        value: object
        if kind == "stream":
            value = await redis.xrange(key)
        elif kind == "hash":
            value = await redis.hgetall(key)  # type: ignore[misc]
        elif kind == "zset":
            value = await redis.zrange(key, 0, -1)
        elif kind == "list":
            value = await redis.lrange(key, 0, -1)  # type: ignore[misc]
        else:
            value = await redis.get(key)
        if session_id.encode() in key or session_id in repr(value):
            found.append(key.decode())
    return found


async def test_erasing_ends_streams_and_closes_sockets_on_every_gateway(
    gateway: LiveGateway, settings: Settings, redis: Redis
) -> None:
    session_id = await gateway.start_session()
    with LiveGateway(settings) as second:
        async with second.events(session_id) as events, second.audio(session_id) as link, gateway.http() as client:
            await events.fields()
            await link.send(bytes(320))
            await answer(link)
            await client.delete(f"/session/{session_id}")
            assert await events.rest() == []
            assert (await answer(link))["error"] == "unknown_session"
            await link.wait_closed()
            assert link.close_code == 4004


async def test_correcting_an_event(gateway: LiveGateway, redis: Redis) -> None:
    session_id = await gateway.start_session()
    worker = WorkerDouble(redis, session_id)
    await worker.commit("16000-1", "tone-event", tone(session_id, 1.0))
    async with gateway.http() as client:
        body = {"event_id": "16000-1", "affect": "warm", "note": "She smiled."}
        response = await client.post(f"/session/{session_id}/corrections", json=body)
    assert response.status_code == 201
    assert response.json().pop("corrected_at") > 1.7e9
    assert body.items() <= response.json().items()
    assert await redis.ttl(worker.place.corrections) > 3600


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"event_id": "99-1", "affect": "warm"}, 404, "no event 99-1"),
        ({"event_id": "32000-1", "affect": "warm"}, 422, "audio-gap"),
        ({"event_id": "abc", "affect": "warm"}, 422, "not an event id"),
        ({"event_id": "16000-1", "affect": "grumpy"}, 422, "affect"),
        ({"event_id": "16000-1", "affect": "warm", "note": "x" * 2001}, 422, "note"),
        ({"event_id": "16000-1", "affect": "warm", "remark": ""}, 422, "remark"),
        ({"affect": "warm"}, 422, "event_id"),
    ],
)
async def test_corrections_that_make_no_sense(
    gateway: LiveGateway, redis: Redis, body: object, status: int, words: str
) -> None:
    session_id = await gateway.start_session()
    worker = WorkerDouble(redis, session_id)
    await worker.tones(1, 1)
    await worker.commit("32000-1", "audio-gap", '{"from":1.0,"to":2.0,"from_sample":16000,"to_sample":32000}')
    async with gateway.http() as client:
        response = await client.post(f"/session/{session_id}/corrections", json=body)
    assert response.status_code == status
    assert words in response.json()["detail"]
