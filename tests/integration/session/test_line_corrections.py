"""Correcting the text of a line: the line stays, its correction stands beside it, and goes with the session."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from gateway.api.corrections.stored import MOST
from shared.settings import Settings
from tests.integration.conftest import test_settings
from tests.integration.live_gateway import LiveGateway
from tests.integration.whole_redis import traces
from tests.integration.worker_double import WorkerDouble, tone, transcript

LINE = "48000-2"
SAID = "I red the book."
READ = {"event_id": LINE, "text": "I read the book."}


@pytest.fixture
def settings(redis_url: str) -> Settings:
    return test_settings(redis_url, words="base")


@pytest.fixture
async def client(gateway: LiveGateway) -> AsyncIterator[httpx.AsyncClient]:
    async with gateway.http() as client:
        yield client


@pytest.fixture
async def worker(gateway: LiveGateway, redis: Redis) -> WorkerDouble:
    """Of a session with one reading and one line."""
    double = WorkerDouble(redis, await gateway.start_session())
    await double.commit("48000-1", "tone-event", tone(double.session_id, 3.0, utterance_id="u1"))
    await double.commit(LINE, "transcript-event", transcript(double.session_id, "u1", SAID, 1.0, 2.5))
    return double


def path(worker: WorkerDouble) -> str:
    return f"/session/{worker.session_id}/corrections"


async def entry(client: httpx.AsyncClient, worker: WorkerDouble) -> Any:
    """The line in the JSON export."""
    export = (await client.get(f"/session/{worker.session_id}/export")).json()
    [found] = [entry for entry in export["events"] if entry["id"] == LINE]
    return found


async def test_the_original_stays_and_its_correction_stands_beside_it(
    client: httpx.AsyncClient, worker: WorkerDouble
) -> None:
    response = await client.post(path(worker), json=READ | {"text": "  I read the book. ", "note": "Homophone"})
    answer = response.json()
    assert response.status_code == 201
    assert (answer["event_id"], answer["text"], answer["note"]) == (LINE, "I read the book.", "Homophone")
    assert (answer["outcome"], answer["kept"]) == ("accepted", False)
    assert answer["detail"].endswith(".")
    found = await entry(client, worker)
    assert found["data"]["text"] == SAID
    assert found["correction"] == {name: answer[name] for name in ("event_id", "text", "note", "corrected_at")}


async def test_the_worker_is_not_told(client: httpx.AsyncClient, worker: WorkerDouble) -> None:
    assert (await client.post(path(worker), json=READ)).status_code == 201
    assert (await client.delete(f"{path(worker)}/{LINE}")).status_code == 200
    assert await worker.chunks() == []


async def test_correcting_again_replaces_the_text(
    client: httpx.AsyncClient, worker: WorkerDouble, redis: Redis
) -> None:
    for text in ("Zebra", "Quagga", "Quagga"):
        assert (await client.post(path(worker), json=READ | {"text": text})).status_code == 201
    assert (await entry(client, worker))["correction"]["text"] == "Quagga"
    assert await traces(redis, [b"Zebra"]) == set()
    assert await redis.llen(worker.place.corrections) == 1  # type: ignore[misc]


async def test_the_same_text_again_changes_nothing(client: httpx.AsyncClient, worker: WorkerDouble) -> None:
    first = (await client.post(path(worker), json=READ)).json()
    assert (await client.post(path(worker), json=READ)).json() == first


async def test_a_correction_can_be_undone(client: httpx.AsyncClient, worker: WorkerDouble, redis: Redis) -> None:
    await client.post(path(worker), json=READ)
    undone = await client.delete(f"{path(worker)}/{LINE}")
    assert (undone.status_code, undone.json()["outcome"]) == (200, "taken_back")
    assert "correction" not in await entry(client, worker)
    assert await traces(redis, [b"read the book"]) == set()
    assert (await client.delete(f"{path(worker)}/{LINE}")).status_code == 404


async def test_a_line_can_be_corrected_after_the_end_and_in_a_facts_only_session(
    client: httpx.AsyncClient, gateway: LiveGateway, redis: Redis
) -> None:
    worker = WorkerDouble(redis, await gateway.start_session(facts=True))
    await worker.commit(LINE, "transcript-event", transcript(worker.session_id, "u1", SAID, 1.0, 2.5))
    await client.delete(f"/session/{worker.session_id}/end")
    await worker.finish(4)
    assert (await client.post(path(worker), json=READ)).status_code == 201
    assert (await entry(client, worker))["correction"]["text"] == "I read the book."


async def test_it_is_erased_with_the_session(client: httpx.AsyncClient, worker: WorkerDouble, redis: Redis) -> None:
    await client.post(path(worker), json=READ | {"note": "Homophone"})
    words = [b"red the book", b"read the book", b"Homophone"]
    assert await traces(redis, words) == {worker.place.events, worker.place.corrections}
    assert (await client.delete(f"/session/{worker.session_id}")).status_code == 200
    assert await traces(redis, words) == set()


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (READ | {"event_id": "999-1"}, 404, "no event 999-1"),
        (READ | {"event_id": "48000-1"}, 422, "Send affect to correct a tone-event."),
        ({"event_id": LINE, "affect": "sad"}, 422, "Send text to correct the words of a transcript-event."),
        (READ | {"event_id": "line one"}, 422, "event_id: "),
        (READ | {"affect": "sad"}, 422, "either affect"),
        ({"event_id": LINE}, 422, "either affect"),
        ({"event_id": LINE, "text": None}, 422, "either affect"),
        (READ | {"keep": True}, 422, "Leave out keep"),
        (READ | {"text": ""}, 422, "text: Send the words"),
        (READ | {"text": " \u00a0\n"}, 422, "text: Send the words"),
        (READ | {"text": "x" * 2001}, 422, "text: Send at most 2000 characters."),
        (READ | {"text": "one\ntwo"}, 422, "text: Send one line"),
        (READ | {"text": "a\x00b"}, 422, "text: Send one line"),
        (READ | {"text": "a\u2028b"}, 422, "text: Send one line"),
        (READ | {"text": 7}, 422, "text: "),
        (READ | {"text": ["Quagga"]}, 422, "text: "),
        (READ | {"text": "Quagga", "note": "x" * 2001}, 422, "note: "),
    ],
)
async def test_what_does_not_fit_is_told_what_to_send(
    client: httpx.AsyncClient, worker: WorkerDouble, body: dict[str, object], status: int, said: str
) -> None:
    headers = {"X-Voice-Profile": "k" * 32}
    response = await client.post(path(worker), json=body, headers=headers)
    assert response.status_code == status
    detail = response.json()["detail"]
    assert said in detail and detail.endswith(".") and "Value error" not in detail
    assert "Quagga" not in response.text and "xxx" not in response.text
    assert "correction" not in await entry(client, worker)


async def test_2000_characters_of_any_script_fit(client: httpx.AsyncClient, worker: WorkerDouble) -> None:
    text = "語" * 2000
    assert (await client.post(path(worker), json=READ | {"text": f" {text} "})).status_code == 201
    assert (await entry(client, worker))["correction"]["text"] == text


async def test_a_full_list_still_lets_a_line_be_corrected_again(
    client: httpx.AsyncClient, worker: WorkerDouble, redis: Redis
) -> None:
    await client.post(path(worker), json=READ)
    other = '{"event_id":"1-1","affect":"sad","note":null,"corrected_at":1.0}'
    for _ in range(MOST // 1000):
        await redis.rpush(worker.place.corrections, *[other] * 1000)  # type: ignore[misc]
    await redis.rpop(worker.place.corrections)  # type: ignore[misc]
    assert (await client.post(path(worker), json=READ | {"text": "Quagga"})).status_code == 201
    assert (await entry(client, worker))["correction"]["text"] == "Quagga"
    await redis.rpush(worker.place.corrections, other)  # type: ignore[misc]
    full = await client.post(path(worker), json={"event_id": "48000-1", "affect": "sad"})
    assert full.status_code == 409
