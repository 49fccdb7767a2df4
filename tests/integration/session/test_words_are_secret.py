"""What is said is treated as audio is: in no log, no metric and no error, and nowhere once the session is erased."""

import logging
import re

import httpx
import pytest
from redis.asyncio import Redis

from shared import keys
from shared.settings import Settings
from tests.integration.conftest import test_settings
from tests.integration.live_gateway import LiveGateway, subscribed
from tests.integration.whole_redis import traces
from tests.integration.worker_double import WorkerDouble, tone, transcript

SPOKEN = ("Platypus", "Quagga", "Numbat")
"""Of a stored line, of a partial transcript, and of a correction."""
FORMS = ("json", "jsonl", "csv", "vtt", "srt", "md")
CLIENTS = re.compile(r"httpx|httpcore|websockets\.client|asyncio|redis")
"""Loggers of this test's own clients."""


@pytest.fixture
def settings(redis_url: str) -> Settings:
    return test_settings(redis_url, words="base")


@pytest.fixture
def said_by_the_gateway(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    return caplog


async def use(gateway: LiveGateway, redis: Redis) -> tuple[WorkerDouble, list[str]]:
    """Hold a session with words and call everything that carries them. Returns the answers to what was refused."""
    worker = WorkerDouble(redis, await gateway.start_session())
    path, refused = f"/session/{worker.session_id}", []
    async with gateway.http() as client, gateway.events(worker.session_id) as events:
        await events.fields()
        await subscribed(redis, keys.words_channel(worker.session_id))
        await worker.speak("u1", "The Quagga sleeps")
        assert "Quagga" in str(await events.fields())
        await worker.commit("48000-1", "tone-event", tone(worker.session_id, 3.0, utterance_id="u1"))
        line = transcript(worker.session_id, "u1", "The Platypus sleeps.", 1.0, 2.5)
        await worker.commit("48000-2", "transcript-event", line)
        assert "Platypus" in str(await events.stored(2))
        right = {"event_id": "48000-2", "text": "The Numbat sleeps.", "note": "Numbat!"}
        assert (await client.post(f"{path}/corrections", json=right)).status_code == 201
        for form in FORMS:
            assert "Numbat" in (await client.get(f"{path}/export?format={form}")).text or form in ("vtt", "srt", "csv")
        wrong = [
            right | {"text": "The Numbat\nsleeps."},
            right | {"text": "Numbat " * 2000},
            right | {"text": {"Numbat": "sleeps"}},
            right | {"note": "Numbat " * 2000},
            right | {"note": ["Numbat"]},
            right | {"affect": "sad"},
            right | {"affect": "Numbat"},
            right | {"keep": "Numbat"},
            right | {"event_id": "9-9"},
            right | {"event_id": "48000-1"},
            {"event_id": "48000-2", "note": "Numbat"},
            ["Numbat"],
            "Numbat",
        ]
        for body in wrong:
            response = await client.post(f"{path}/corrections", json=body)
            assert 400 <= response.status_code < 500
            refused.append(response.text)
        broken = await client.post(
            f"{path}/corrections", content=b'{"text":"Numbat', headers={"Content-Type": "application/json"}
        )
        refused.append(broken.text)
        await redis.publish(keys.words_channel(worker.session_id), '{"event_type":"transcript","text":"Quagga"}')
        await redis.publish(keys.words_channel(worker.session_id), '{"event_type":"partial-transcript","text":"Quagga')
        await worker.speak("u2", "Quagga again")
        assert "again" in str(await events.fields())
        refused.append((await client.get("/metrics")).text)
    return worker, refused


async def test_nothing_that_is_said_is_logged_counted_or_told_in_an_error(
    gateway: LiveGateway, redis: Redis, said_by_the_gateway: pytest.LogCaptureFixture
) -> None:
    _, refused = await use(gateway, redis)
    logged = "\n".join(
        f"{record.getMessage()} {record.exc_text}"
        for record in said_by_the_gateway.records
        if not CLIENTS.match(record.name)
    )
    assert len(refused) == 15
    assert [word for word in SPOKEN if word in logged] == []
    assert [word for word in SPOKEN if word in "".join(refused)] == []


async def test_a_line_that_cannot_be_read_is_not_logged_either(
    gateway: LiveGateway, redis: Redis, said_by_the_gateway: pytest.LogCaptureFixture
) -> None:
    """As a worker of a later release could write it."""
    worker = WorkerDouble(redis, await gateway.start_session())
    await worker.commit("48000-2", "transcript-event", '{"event_type":"transcript","text":["Platypus"],"words":7}')
    async with gateway.http() as client:
        answers = [await client.get(f"/session/{worker.session_id}/export?format={form}") for form in ("json", "jsonl")]
        for form in ("csv", "vtt", "srt", "md"):
            with pytest.raises(httpx.RemoteProtocolError) as broken_off:
                await client.get(f"/session/{worker.session_id}/export?format={form}")
            assert "Platypus" not in str(broken_off.value)
    assert [answer.status_code for answer in answers] == [200, 200]
    logged = "".join(
        f"{record.getMessage()} {record.exc_info and logging.Formatter().formatException(record.exc_info)}"
        for record in said_by_the_gateway.records
        if not CLIENTS.match(record.name)
    )
    assert "ValidationError" in logged, "or this test has not seen what it is about"
    assert "Platypus" not in logged


async def test_nothing_is_left_once_the_session_is_erased(gateway: LiveGateway, redis: Redis) -> None:
    worker, _ = await use(gateway, redis)
    spoken = [word.encode() for word in SPOKEN]
    assert await traces(redis, spoken) == {worker.place.events, worker.place.corrections}
    async with gateway.http() as client:
        assert (await client.delete(f"/session/{worker.session_id}")).status_code == 200
    assert await traces(redis, spoken) == set()
