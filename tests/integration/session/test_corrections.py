"""A correction reaches the worker in order with the audio, and the caller learns the result."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest
from redis.asyncio import Redis

from gateway.api.corrections import calls as corrections
from gateway.api.corrections.calls import ENDED, WAITING
from shared import keys
from shared.contract.correction import BeginWith, Correct, Outcome, TakeBack, Verdict, parse_request
from shared.settings import Settings
from testkit.live_worker import LiveWorker
from tests.integration.live_gateway import LiveGateway
from tests.integration.worker.test_worker_sessions import noise
from tests.integration.worker_double import WorkerDouble

TOKEN = {"X-Voice-Profile": "k" * 32}


@pytest.fixture
async def client(gateway: LiveGateway) -> AsyncIterator[httpx.AsyncClient]:
    async with gateway.http() as client:
        yield client


@pytest.fixture
async def worker(gateway: LiveGateway, redis: Redis) -> WorkerDouble:
    """Of a session with one reading."""
    double = WorkerDouble(redis, await gateway.start_session())
    await double.tones(1, 1)
    return double


async def requests(worker: WorkerDouble) -> list[Any]:
    return [parse_request(fields[b"c"]) for fields in await worker.chunks() if b"c" in fields]


async def answers(worker: WorkerDouble, outcome: Outcome, affect: str | None = "warm", *, after: int = 0) -> None:
    """Commits the verdict once `after` requests and one more are on the stream."""
    while len(await requests(worker)) <= after:
        await asyncio.sleep(0.01)
    verdict = Verdict.model_validate(
        {
            "event_id": "16000-1",
            "affect": affect,
            "speaker_id": "speaker_a",
            "outcome": outcome,
            "detail": "So.",
            "timestamp": 2.0,
        }
    )
    await worker.commit(f"32000-{after + 1}", "correction", verdict.model_dump_json())


def path(worker: WorkerDouble) -> str:
    return f"/session/{worker.session_id}/corrections"


WARM = {"event_id": "16000-1", "affect": "warm"}


@pytest.mark.parametrize("outcome", ["accepted", "refused", "not_said"])
async def test_the_answer_is_what_the_worker_said(
    client: httpx.AsyncClient, worker: WorkerDouble, outcome: Outcome
) -> None:
    task = asyncio.create_task(answers(worker, outcome))
    response = await client.post(path(worker), json=WARM)
    await task
    assert response.status_code == 201
    assert (response.json()["outcome"], response.json()["detail"], response.json()["kept"]) == (outcome, "So.", False)
    [request] = await requests(worker)
    assert isinstance(request, Correct)
    assert (request.affect, request.speaker_id, request.scores) == ("warm", "speaker_a", {"calm": 0.8})


async def test_the_same_correction_goes_to_the_worker_once_and_a_changed_one_again(
    client: httpx.AsyncClient, worker: WorkerDouble
) -> None:
    task = asyncio.create_task(answers(worker, "accepted"))
    first = await client.post(path(worker), json=WARM)
    await task
    again = await client.post(path(worker), json=WARM)
    assert again.json() == first.json()
    assert len(await requests(worker)) == 1
    task = asyncio.create_task(answers(worker, "refused", "sad", after=1))
    changed = await client.post(path(worker), json=WARM | {"affect": "sad"})
    await task
    assert changed.json()["outcome"] == "refused"
    assert [request.affect for request in await requests(worker)] == ["warm", "sad"]


async def test_while_the_worker_is_behind_the_correction_waits(
    client: httpx.AsyncClient, worker: WorkerDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corrections, "WAIT_SECONDS", 0.1)
    response = await client.post(path(worker), json=WARM)
    assert (response.status_code, response.json()["outcome"], response.json()["detail"]) == (201, "waiting", WAITING)
    await answers(worker, "accepted")
    assert (await client.post(path(worker), json=WARM)).json()["outcome"] == "accepted"


async def test_nothing_follows_the_end_of_a_session(client: httpx.AsyncClient, worker: WorkerDouble) -> None:
    await client.delete(f"/session/{worker.session_id}/end")
    await worker.finish(3)
    response = await client.post(path(worker), json=WARM)
    assert (response.json()["outcome"], response.json()["detail"]) == ("ended", ENDED)
    assert [b"e" in fields for fields in await worker.chunks()] == [True]


async def test_one_call_takes_a_correction_back(client: httpx.AsyncClient, worker: WorkerDouble) -> None:
    assert (await client.delete(f"{path(worker)}/16000-1")).status_code == 404
    task = asyncio.create_task(answers(worker, "accepted"))
    await client.post(path(worker), json=WARM | {"note": "Remarkable words"})
    await task
    task = asyncio.create_task(answers(worker, "taken_back", None, after=1))
    response = await client.delete(f"{path(worker)}/16000-1")
    await task
    assert response.json() == {"event_id": "16000-1", "outcome": "taken_back", "detail": "So."}
    assert (await requests(worker))[1] == TakeBack(event_id="16000-1")
    exported = (await client.get(f"/session/{worker.session_id}/export?format=jsonl")).text
    assert "Remarkable" not in exported
    assert await worker.redis.llen(worker.place.corrections) == 0  # type: ignore[misc]
    assert (await client.delete(f"{path(worker)}/16000-1")).status_code == 404


async def kept(client: httpx.AsyncClient) -> int:
    return int((await client.get("/voice-profile", headers=TOKEN)).json()["corrections"])


async def test_what_is_kept_begins_a_later_session_and_can_be_erased(
    client: httpx.AsyncClient, worker: WorkerDouble, redis: Redis
) -> None:
    task = asyncio.create_task(answers(worker, "accepted"))
    first = await client.post(path(worker), json=WARM | {"keep": True, "note": "Remarkable words"}, headers=TOKEN)
    await task
    assert first.json()["kept"]
    again = await client.post(path(worker), json=WARM | {"keep": True, "note": "Remarkable words"}, headers=TOKEN)
    assert again.json() == first.json()
    assert await kept(client) == 1
    [key] = [name async for name in redis.scan_iter("*voice-profile:*")]
    stored = b"".join(await redis.lrange(key, 0, -1))  # type: ignore[misc]
    assert 80 * 86_400 < await redis.ttl(key) <= 90 * 86_400
    for secret in (TOKEN["X-Voice-Profile"], worker.session_id, "Remarkable"):
        assert secret.encode() not in key + stored

    started = (await client.post("/session/start", headers=TOKEN)).json()["session_id"]
    later = WorkerDouble(redis, started)
    [request] = await requests(later)
    assert isinstance(request, BeginWith)
    assert [(example.affect, example.scores) for example in request.examples] == [("warm", {"calm": 0.8})]
    plain = WorkerDouble(redis, (await client.post("/session/start")).json()["session_id"])
    assert await requests(plain) == []

    assert (await client.delete("/voice-profile", headers=TOKEN)).status_code == 200
    assert await kept(client) == 0
    assert [name async for name in redis.scan_iter("*voice-profile*")] == []


async def test_what_is_refused_or_taken_back_is_not_kept(client: httpx.AsyncClient, worker: WorkerDouble) -> None:
    task = asyncio.create_task(answers(worker, "refused"))
    refused = await client.post(path(worker), json=WARM | {"keep": True}, headers=TOKEN)
    await task
    assert (refused.json()["kept"], await kept(client)) == (False, 0)
    task = asyncio.create_task(answers(worker, "accepted", "sad", after=1))
    await client.post(path(worker), json=WARM | {"affect": "sad", "keep": True}, headers=TOKEN)
    await task
    assert await kept(client) == 1
    task = asyncio.create_task(answers(worker, "taken_back", None, after=2))
    await client.delete(f"{path(worker)}/16000-1", headers=TOKEN)
    await task
    assert await kept(client) == 0


@pytest.mark.parametrize(("headers", "word"), [({}, "X-Voice-Profile"), ({"X-Voice-Profile": "short"}, "22 to 64")])
async def test_nothing_is_kept_without_a_good_token(
    client: httpx.AsyncClient, worker: WorkerDouble, headers: dict[str, str], word: str
) -> None:
    response = await client.post(path(worker), json=WARM | {"keep": True}, headers=headers)
    assert response.status_code == 422
    assert word in response.json()["detail"]
    assert await requests(worker) == []


async def test_readings_change_and_a_killed_worker_changes_no_byte(
    gateway: LiveGateway, settings: Settings, redis: Redis
) -> None:
    mock = settings.model_copy(update={"mock": True, "partitions": 1, "reliability_floor": 0.0})
    session_id = await gateway.start_session()
    place = WorkerDouble(redis, session_id).place
    async with gateway.audio(session_id) as link, gateway.http() as client:
        with LiveWorker(mock):
            await _say(link, noise(4.0))
            event_id = await _first_event(redis, place.events)
            response = await client.post(
                f"/session/{session_id}/corrections", json={"event_id": event_id, "affect": "sad"}
            )
            assert response.json()["outcome"] == "accepted", response.text
            await _say(link, noise(3.0))
        # Killed: what it had not committed is heard again, by another one.
        await _say(link, noise(3.0))
        with LiveWorker(mock):
            await client.delete(f"/session/{session_id}/end")
            while b"session-ended" not in [fields[b"event"] for _, fields in await redis.xrange(place.events)]:
                await asyncio.sleep(0.05)
    events = [(fields[b"event"], orjson.loads(fields[b"data"])) for _, fields in await redis.xrange(place.events)]
    assert [data["outcome"] for kind, data in events if kind == b"correction"] == ["accepted"]
    tones = [data for kind, data in events if kind == b"tone-event"]
    assert [data["seq"] for data in tones] == list(range(1, len(tones) + 1))
    assert await redis.exists(keys.checkpoint(place.partition, session_id)) == 0


async def _say(link: Any, pcm: bytes) -> None:
    for at in range(0, len(pcm), 3200):
        await link.send(pcm[at : at + 3200])
        assert orjson.loads(await link.recv())["ok"]


async def _first_event(redis: Redis, name: str) -> str:
    while True:
        for entry_id, fields in await redis.xrange(name):
            if fields[b"event"] == b"tone-event":
                return str(entry_id.decode())
        await asyncio.sleep(0.05)
