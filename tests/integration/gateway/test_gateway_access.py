"""Access to a gateway: API keys, foreign pages, limits, and the headers of every answer."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from redis.asyncio import Redis
from websockets.exceptions import ConnectionClosed, InvalidStatus

from gateway.edge.api_keys import hash_of
from testkit.redis_server import free_port
from tests.integration.conftest import test_settings as settings_with
from tests.integration.live_gateway import LiveGateway, answer
from tests.integration.worker_double import WorkerDouble

STRANGER = {"X-Forwarded-For": "198.51.100.7"}
"""As a proxy on this machine, which is trusted, speaks for a client elsewhere. This machine itself has no limits."""


ORIGINS = [(None, True), ("https://elsewhere.example", True), ("https://evil.example", False), ("null", False)]
"""Of whom a gateway gets calls, and whether they may."""


@pytest.fixture
def keys_file(tmp_path: Path) -> Path:
    file = tmp_path / "keys"
    file.write_text(f"school:{hash_of('of the school')}\n")
    return file


@pytest.fixture
def locked(redis_url: str, keys_file: Path) -> Iterator[LiveGateway]:
    """A gateway with one key in its settings and one in a file."""
    listed = f"clinic:{hash_of('of the clinic')}"
    with LiveGateway(settings_with(redis_url, api_keys=listed, api_keys_file=keys_file)) as gateway:
        yield gateway


@pytest.fixture
def narrow(redis_url: str) -> Iterator[LiveGateway]:
    """A gateway with low limits."""
    limits = {
        "requests_per_minute": 12,
        "starts_per_minute": 2,
        "sockets_per_client": 1,
        "streams_per_client": 1,
        "streams_per_session": 2,
        "corrections_per_minute": 1,
        "frames_per_second": 50,
    }
    with LiveGateway(settings_with(redis_url, **limits)) as gateway:
        yield gateway


async def start(gateway: LiveGateway, headers: dict[str, str] | None = None) -> httpx.Response:
    async with gateway.http() as client:
        return await client.post("/session/start", headers=headers)


def assert_too_many(response: httpx.Response) -> None:
    assert response.status_code == 429
    assert response.headers["content-type"] == "application/problem+json"
    assert int(response.headers["retry-after"]) >= 1
    assert "Too many" in response.json()["detail"]


# API keys


async def test_sessions_are_started_with_a_key_and_used_without(locked: LiveGateway) -> None:
    for headers in (
        {"Authorization": "Bearer of the clinic"},
        {"authorization": "bearer of the school"},
        {"X-API-Key": "of the clinic"},
    ):
        response = await start(locked, headers)
        assert response.status_code == 200
    async with locked.http() as client:
        path = f"/session/{response.json()['session_id']}"
        assert (await client.get(path)).status_code == 200
        assert (await client.delete(path)).status_code == 200
        counted = (await client.get("/metrics")).text
    assert 'linnet_api_key_uses_total{key="clinic"} 2.0' in counted
    assert 'linnet_api_key_uses_total{key="school"} 1.0' in counted


@pytest.mark.parametrize(
    ("headers", "word"),
    [
        ({}, "Authorization: Bearer"),
        ({"Authorization": "Basic b2Y6aXQ="}, "Authorization: Bearer"),
        ({"Authorization": "Bearer of the clinics"}, "not valid"),
        ({"Authorization": f"Bearer {hash_of('of the clinic')}"}, "not valid"),
        ({"X-API-Key": "of the"}, "not valid"),
    ],
)
async def test_without_a_valid_key_no_session(locked: LiveGateway, headers: dict[str, str], word: str) -> None:
    response = await start(locked, headers)
    assert response.status_code == 401
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["www-authenticate"].startswith('Bearer realm="linnet"')
    assert word in response.json()["detail"]


async def test_a_key_is_revoked_and_added_without_a_restart(locked: LiveGateway, keys_file: Path) -> None:
    school, library = {"X-API-Key": "of the school"}, {"X-API-Key": "of the library"}
    assert (await start(locked, school)).status_code == 200
    keys_file.write_text(f"library:{hash_of('of the library')}\n")
    assert (await start(locked, school)).status_code == 401
    assert (await start(locked, library)).status_code == 200


async def test_the_openapi_document_names_both_ways_to_send_a_key(gateway: LiveGateway) -> None:
    async with gateway.http() as client:
        document = (await client.get("/openapi.json")).json()
    asked = document["paths"]["/session/start"]["post"]["security"]
    assert {name for way in asked for name in way} == set(document["components"]["securitySchemes"])
    assert {} in asked  # a deployment without keys asks for none
    assert {scheme["type"] for scheme in document["components"]["securitySchemes"].values()} == {"http", "apiKey"}


# Foreign pages


@pytest.mark.parametrize(("origin", "may"), ORIGINS)
async def test_a_foreign_page_starts_nothing_not_even_blindly(
    gateway: LiveGateway, origin: str | None, may: bool
) -> None:
    """A browser sends a POST without a body unasked: CORS only keeps the page from reading the answer."""
    response = await start(gateway, {} if origin is None else {"Origin": origin})
    assert response.status_code == (200 if may else 403)
    allowed = origin if may and origin else None
    assert response.headers.get("access-control-allow-origin") == allowed
    if not may:
        assert "LINNET_ALLOWED_ORIGINS" in response.json()["detail"]


async def test_the_own_page_may_by_address_and_nobody_by_a_name_of_his_own(gateway: LiveGateway) -> None:
    assert (await start(gateway, {"Origin": gateway.url})).status_code == 200
    assert (await start(gateway, {"Origin": "https://evil.example", "Host": "evil.example"})).status_code == 403


@pytest.fixture
def open_to_all(redis_url: str) -> Iterator[LiveGateway]:
    """A gateway that listens on every address."""
    with LiveGateway(settings_with(redis_url, host="0.0.0.0")) as gateway:
        yield gateway


LOCAL_PAGE = {"Origin": "http://localhost:3000"}


async def test_a_page_under_development_on_this_machine_may_while_only_this_machine_listens(
    gateway: LiveGateway, open_to_all: LiveGateway
) -> None:
    answered = await start(gateway, LOCAL_PAGE)
    assert answered.status_code == 200
    assert answered.headers["access-control-allow-origin"] == "http://localhost:3000"
    refused = await start(open_to_all, LOCAL_PAGE)
    assert refused.status_code == 403
    assert "access-control-allow-origin" not in refused.headers


async def test_nor_may_it_from_another_machine_through_a_proxy_on_this_one(gateway: LiveGateway) -> None:
    assert (await start(gateway, LOCAL_PAGE | STRANGER)).status_code == 403


async def test_a_proxy_that_passes_no_host_on_is_named_in_the_refusal(open_to_all: LiveGateway) -> None:
    refused = await start(open_to_all, {"Origin": "http://nas.local:8731", "Host": "127.0.0.1:8721"})
    assert refused.status_code == 403
    detail = refused.json()["detail"]
    assert "proxy_set_header Host $http_host" in detail
    assert "nas.local:8731" in detail and "127.0.0.1:8721" in detail
    assert (await start(open_to_all, {"Origin": "http://nas.local", "Host": "nas.local"})).status_code == 200


async def test_preflights_are_answered_for_allowed_origins_only(gateway: LiveGateway) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    async with gateway.http() as client:
        good = await client.options("/session/start", headers={"Origin": "https://elsewhere.example", **asked})
        bad = await client.options("/session/start", headers={"Origin": "https://evil.example", **asked})
    assert (good.status_code, bad.status_code) == (200, 400)
    assert "authorization" in good.headers["access-control-allow-headers"].lower()
    assert "access-control-allow-credentials" not in good.headers
    assert "access-control-allow-origin" not in bad.headers


@pytest.mark.parametrize(("origin", "may"), ORIGINS)
async def test_a_foreign_page_opens_no_socket(gateway: LiveGateway, origin: str | None, may: bool) -> None:
    session_id = await gateway.start_session()
    if may:
        async with gateway.audio(session_id, origin=origin) as link:
            await link.send(bytes(2))
            assert (await answer(link))["ok"]
    else:
        with pytest.raises(InvalidStatus) as refused:
            async with gateway.audio(session_id, origin=origin):
                pass
        assert refused.value.response.status_code == 403
        assert b"LINNET_ALLOWED_ORIGINS" in (refused.value.response.body or b"")


# Limits


async def test_starts_of_one_client_are_limited_and_of_others_not(narrow: LiveGateway) -> None:
    for _ in range(2):
        assert (await start(narrow, STRANGER)).status_code == 200
    assert_too_many(await start(narrow, STRANGER))
    assert (await start(narrow, {"X-Forwarded-For": "198.51.100.8"})).status_code == 200
    for _ in range(3):
        assert (await start(narrow)).status_code == 200  # this machine


async def test_calls_of_one_client_are_limited_handshakes_too(narrow: LiveGateway) -> None:
    session_id = await narrow.start_session()
    async with narrow.http() as client:
        statuses = [(await client.get("/health", headers=STRANGER)).status_code for _ in range(13)]
        assert statuses == [200] * 12 + [429]
        assert_too_many(await client.get("/health", headers=STRANGER))
        assert 'linnet_refused_total{reason="limit"} 2.0' in (await client.get("/metrics")).text
    with pytest.raises(InvalidStatus) as refused:
        async with narrow.audio(session_id, additional_headers=STRANGER):
            pass
    assert refused.value.response.status_code == 429
    assert "retry-after" in refused.value.response.headers


async def test_event_streams_are_limited_per_client_and_per_session(narrow: LiveGateway) -> None:
    session_id, other = await narrow.start_session(), await narrow.start_session()
    async with narrow.http() as client, narrow.events(session_id):
        async with client.stream("GET", f"/session/{session_id}/stream", headers=STRANGER) as first:
            assert first.status_code == 200
            assert_too_many(await client.get(f"/session/{other}/stream", headers=STRANGER))
            assert_too_many(await client.get(f"/session/{session_id}/stream"))
        give_up = time.monotonic() + 60
        while True:  # the gateway learns that the client left when it looks
            async with client.stream("GET", f"/session/{other}/stream", headers=STRANGER) as again:
                if again.status_code == 200:
                    return
            assert time.monotonic() < give_up
            await asyncio.sleep(0.1)


async def test_a_socket_too_many_is_told_so_and_may_come_back(narrow: LiveGateway) -> None:
    session_id, other = await narrow.start_session(), await narrow.start_session()
    async with narrow.audio(session_id, additional_headers=STRANGER) as first:
        await first.send(bytes(320))
        assert (await answer(first))["ok"]
        async with narrow.audio(other, additional_headers=STRANGER) as second:
            told = await answer(second)
            assert (told["ok"], told["error"]) == (False, "too_many_sockets")
            with pytest.raises(ConnectionClosed):
                await second.recv()
            assert second.close_code == 1013


async def test_corrections_of_a_session_are_limited(narrow: LiveGateway, redis: Redis) -> None:
    session_id = await narrow.start_session()
    [event_id] = await WorkerDouble(redis, session_id).tones(1, 1)
    async with narrow.http() as client:
        wish = {"event_id": event_id, "affect": "warm"}
        path = f"/session/{session_id}/corrections"
        assert (await client.post(path, json=wish)).status_code == 201
        assert_too_many(await client.post(path, json=wish))


async def test_a_socket_with_tiny_frames_is_slowed_and_loses_nothing(narrow: LiveGateway) -> None:
    session_id = await narrow.start_session()
    async with narrow.audio(session_id) as link:
        for number in range(60):
            await link.send(number.to_bytes(2, "little"))
        assert [await answer(link) for _ in range(60)] == [{"ok": True, "bytes": 2}] * 60


# Headers


async def test_every_answer_tells_browsers_to_do_nothing_with_it(gateway: LiveGateway) -> None:
    session_id = await gateway.start_session()
    async with gateway.http() as client:
        answers = [
            await client.get("/health"),
            await client.get(f"/session/{session_id}/export"),
            await client.get("/nothing/there"),
            await client.post("/session/start", content=b"x" * 100_000),
            await client.post("/session/start", headers={"Origin": "https://evil.example"}),
        ]
        async with gateway.events(session_id) as events:
            answers.append(events.answer)
    for response in answers:
        assert response.headers["content-security-policy"].startswith("default-src 'none'")
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"
        assert response.headers["cross-origin-resource-policy"] == "same-origin"
    assert [response.headers["cache-control"] for response in answers] == ["no-store"] * 5 + ["no-cache"]


async def test_an_unforeseen_error_has_them_too(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError("unforeseen")

    monkeypatch.setattr("gateway.api.sessions.reader_of", fail)
    with LiveGateway(settings_with(redis_url, gateway_port=free_port())) as gateway:
        session_id = await gateway.start_session()
        async with gateway.http() as client:
            response = await client.get(f"/session/{session_id}")
    assert response.status_code == 500
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["cache-control"] == "no-store"
