"""Words on the event stream: partial transcripts live and without an id, stored ones in the session's order."""

import asyncio
import json
import socket

import pytest
from redis.asyncio import Redis

from shared import keys
from shared.settings import Settings
from tests.integration.conftest import test_settings
from tests.integration.live_gateway import EventReader, LiveGateway, subscribed
from tests.integration.worker_double import WorkerDouble, tone, transcript


@pytest.fixture
def settings(redis_url: str) -> Settings:
    return test_settings(redis_url, words="base")


async def ready(redis: Redis, events: EventReader, session_id: str) -> None:
    """Read the first block, and wait until the words channel is listened to."""
    await events.fields()
    await subscribed(redis, keys.words_channel(session_id))


async def store(worker: WorkerDouble, second: int, utterance_id: str, text: str) -> tuple[str, str]:
    """Store a transcript that ends at `second`. Returns its id and JSON."""
    event_id, data = f"{second * 16_000}-1", transcript(worker.session_id, utterance_id, text, 0.0, float(second))
    await worker.commit(event_id, "transcript-event", data)
    return event_id, data


async def test_partials_come_live_without_an_id_and_transcripts_once_from_the_stream(
    gateway: LiveGateway, session_id: str, worker: WorkerDouble, redis: Redis
) -> None:
    async with gateway.events(session_id) as events:
        await ready(redis, events, session_id)
        spoken = [await worker.speak("u1", text) for text in ("Dogs", "Dogs are sitting")]
        blocks = [await events.fields() for _ in spoken]
        assert blocks == [{"event": "transcript", "data": data} for data in spoken]
        event_id, data = await store(worker, 3, "u1", "Dogs are sitting by the door.")
        assert await events.fields() == {"id": event_id, "event": "transcript-event", "data": data}
        await worker.finish(4)
        assert [fields["event"] for fields in await events.rest()] == ["session-ended"]
    async with gateway.events(session_id, "0-0") as again:
        replayed = await again.rest()
    assert [fields["event"] for fields in replayed] == ["transcript-event", "session-ended"]
    assert replayed[0]["data"] == data


async def test_a_new_listener_gets_the_partial_of_an_utterance_that_is_still_open(
    gateway: LiveGateway, session_id: str, worker: WorkerDouble, redis: Redis
) -> None:
    link_id = await _link(gateway, session_id)
    async with gateway.events(session_id) as first:
        await ready(redis, first, session_id)
        await worker.speak("u1", "Dogs")
        newest = await worker.speak("u1", "Dogs are")
        for _ in range(2):
            await first.fields()
        async with gateway.events(session_id) as late, gateway.events(link_id) as linked, asyncio.timeout(30):
            assert [await late.fields() for _ in range(2)] == [{"id": "0-0"}, {"event": "transcript", "data": newest}]
            assert [await linked.fields() for _ in range(2)] == [
                {"id": "0-0"},
                {"event": "transcript", "data": newest.replace(session_id, link_id)},
            ]


@pytest.mark.parametrize("ended_by", ["a stored transcript", "one whose message is lost", "an empty text"])
async def test_a_new_listener_gets_none_once_the_utterance_is_over(
    gateway: LiveGateway, session_id: str, worker: WorkerDouble, redis: Redis, ended_by: str
) -> None:
    async with gateway.events(session_id) as first:
        await ready(redis, first, session_id)
        await worker.speak("u1", "Dogs")
        await first.fields()
        if ended_by == "an empty text":
            await worker.speak("u1", "")
        elif ended_by == "one whose message is lost":
            data = transcript(session_id, "u1", "Dogs.", 0.0, 3.0)
            await redis.xadd(worker.place.events, {"event": "transcript-event", "data": data}, id="48000-1")
            await redis.publish(keys.stored_channel(session_id), "48000-1")
        else:
            await store(worker, 3, "u1", "Dogs.")
        await first.fields()
        async with gateway.events(session_id) as late:
            await late.fields()
            await worker.commit("160000-1", "tone-event", tone(session_id, 10.0))
            assert (await late.fields() or {})["event"] == "tone-event"


async def test_a_session_without_words_has_no_such_channel(gateway: LiveGateway, redis: Redis) -> None:
    session_id = await gateway.start_session(words=False)
    worker = WorkerDouble(redis, session_id)
    async with gateway.events(session_id) as events:
        await events.fields()
        await subscribed(redis, keys.status_channel(session_id))
        assert await redis.publish(keys.words_channel(session_id), await worker.speak("u1", "Dogs")) == 0


async def test_the_channel_is_left_with_the_last_listener(gateway: LiveGateway, session_id: str, redis: Redis) -> None:
    async with gateway.events(session_id) as events:
        await ready(redis, events, session_id)
    async with asyncio.timeout(20):
        while [count for _, count in await redis.pubsub_numsub(keys.words_channel(session_id))] != [0]:
            await asyncio.sleep(0.05)


async def test_a_stalled_client_is_not_cut_off_because_of_partials(redis_url: str, redis: Redis) -> None:
    with LiveGateway(test_settings(redis_url, words="base", listener_queue=8)) as gateway:
        gateway.answers_fit_into(4096)
        session_id = await gateway.start_session()
        worker = WorkerDouble(redis, session_id)
        stalled = socket.create_connection(("127.0.0.1", gateway.port))
        stalled.sendall(f"GET /session/{session_id}/stream HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        async with gateway.events(session_id) as events:
            await ready(redis, events, session_id)
            for n in range(300):
                await worker.speak("u1", f"{n} " + "x" * 20_000)
                await events.fields()  # the other listener has each, stalled client or not
        assert gateway.services.metrics.listeners_cut_off._value.get() == 0
        event_id, _ = await store(worker, 3, "u1", "So many.")
        await worker.finish(4)
        told = await asyncio.to_thread(_read_all, stalled)
        partials = [json.loads(line[6:])["text"][:3] for line in told.splitlines() if b'"partial-transcript"' in line]
        assert partials[-1] == "299" and len(partials) < 300
        assert told.index(b'"text":"299') < told.index(f"id: {event_id}".encode())


def _read_all(link: socket.socket) -> bytes:
    link.settimeout(60)
    told = b""
    while not told.endswith(b"0\r\n\r\n"):
        chunk = link.recv(65536)
        assert chunk, "the response did not end in order"
        told += chunk
    link.close()
    return b"\n".join(part for part in told.split(b"\r\n"))


async def _link(gateway: LiveGateway, session_id: str) -> str:
    async with gateway.http() as client:
        return str((await client.post(f"/session/{session_id}/link")).json()["link_id"])
