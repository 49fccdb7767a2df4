"""Facts-only sessions through real gateway, worker and Redis: nothing inferred is ever sent."""

import asyncio
import csv
import io
import json
from itertools import pairwise
from typing import Any

import httpx
import numpy as np
import pytest
from redis.asyncio import Redis

from shared import keys
from shared.contract.facts_event import FactsEvent
from shared.contract.session import partition_of
from shared.settings import Settings
from testkit.live_worker import LiveWorker
from tests.inferred import INFERRED, names_in
from tests.integration.live_gateway import LiveGateway, answer

FACTS = set(FactsEvent.model_fields) - {"utterance_id"}
RATE = 16_000


def speech() -> bytes:
    """Twelve seconds of noise: even, then louder, then as before."""
    level = np.repeat([1000.0, 8000.0, 1000.0], 4 * RATE)
    samples = (np.random.default_rng(3).standard_normal(len(level)) * level).clip(-32768, 32767)
    return bytes(samples.astype("<i2").tobytes())


@pytest.fixture(params=["one session", "the whole deployment"])
def facts_only(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "the whole deployment")


@pytest.fixture
def settings(settings: Settings, facts_only: bool) -> Settings:
    return settings.model_copy(update={"mock": True, "classifier": "facts" if facts_only else "speech"})


async def played(
    gateway: LiveGateway, redis: Redis, wish: dict[str, Any]
) -> tuple[str, list[dict[str, str]], list[Any]]:
    """A whole session: its id, what its stream brought, and what was published."""
    async with gateway.http() as client:
        started = (await client.post("/session/start", json=wish)).json()
        assert started["facts"] is True
        session_id = started["session_id"]
        assert (await client.get(f"/session/{session_id}")).json()["facts"] is True
        async with redis.pubsub() as channels, gateway.events(session_id) as events:
            await channels.psubscribe("linnet:tone:*", "linnet:facts:*")
            async with gateway.audio(session_id) as link:
                pcm = speech()
                for begin in range(0, len(pcm), RATE):
                    await link.send(pcm[begin : begin + RATE])
                    assert (await answer(link))["ok"]
            await client.delete(f"/session/{session_id}/end")
            streamed = [block for block in await events.rest() if "event" in block]
            published = []
            while (message := await channels.get_message(timeout=0.5)) is not None:
                if message["type"] == "pmessage":
                    published.append((message["channel"].decode(), message["data"].decode()))
    return session_id, streamed, published


async def of(client: httpx.AsyncClient, path: str) -> str:
    found = await client.get(path)
    assert found.status_code == 200, found.text
    return found.text


async def test_nothing_inferred_is_on_any_wire(redis: Redis, settings: Settings, facts_only: bool) -> None:
    with LiveGateway(settings) as gateway, LiveWorker(settings):
        session_id, streamed, published = await asyncio.wait_for(
            played(gateway, redis, {} if facts_only else {"facts": True}), 100
        )
        wires = [block["data"] for block in streamed]
        streamed = [block for block in streamed if "id" in block]
        said = [json.loads(block["data"]) for block in streamed if block["event"] == "facts-event"]
        assert all(set(one) == FACTS and FactsEvent.model_validate(one) for one in said)
        assert [one["seq"] for one in said] == list(range(1, len(said) + 1))
        assert any("louder" in one["prosody_flags"] for one in said)
        assert all(
            one["prosody_flags"] != other["prosody_flags"] or one["text"] != other["text"]
            for one, other in pairwise(said)
        ), "the same is not said twice"
        assert "tone-event" not in {block["event"] for block in streamed}
        assert json.loads(streamed[-1]["data"])["facts_events"] == len(said)

        as_sent = [block["data"] for block in streamed if block["event"] == "facts-event"]
        assert published == [(keys.facts_channel(session_id), data) for data in as_sent]
        stored = await redis.xrange(keys.events(partition_of(session_id) or 0, session_id))
        assert {fields[b"event"] for _, fields in stored} == {b"facts-event", b"session-ended"}

        wires += [fields[b"data"].decode() for _, fields in stored]
        async with gateway.http() as client:
            path = f"/session/{session_id}"
            wires += [await of(client, path), await of(client, f"{path}/history"), await of(client, f"{path}/export")]
            wires += (await of(client, f"{path}/export?format=jsonl")).splitlines()
            for wire in wires:
                assert not INFERRED & set(names_in(json.loads(wire))), wire

            history = json.loads(await of(client, f"{path}/history?min_confidence=1"))
            assert [json.dumps(one) for one in history["events"]] == [json.dumps(one) for one in said]
            rows = list(csv.reader(io.StringIO(await of(client, f"{path}/export?format=csv"))))
            assert not INFERRED & set(rows[0])
            assert rows[0][-1] == "detail"
            spoken = [one["text"] for one in said if one["text"]]
            assert [row[-1] for row in rows[1:] if row[1] == "facts-event" and row[-1]] == spoken
            for form in ("vtt", "srt"):
                captions = await of(client, f"{path}/export?format={form}")
                assert [line for line in captions.splitlines() if any(line.endswith(text) for text in spoken)]
                assert captions.count(" --> ") == len(spoken)
            metrics = await of(client, "/metrics")
            assert not any(f"{field}=" in metrics or f"_{field}" in metrics for field in INFERRED - {"label"})
            body = {"event_id": streamed[0]["id"], "affect": "warm"}
            assert (await client.post(f"{path}/corrections", json=body)).status_code == 422


@pytest.mark.parametrize("facts_only", [False])
async def test_a_session_beside_it_has_its_tones(redis: Redis, settings: Settings) -> None:
    with LiveGateway(settings) as gateway, LiveWorker(settings):
        session_id = await gateway.start_session()
        async with gateway.http() as client, gateway.events(session_id) as events:
            assert (await client.get(f"/session/{session_id}")).json()["facts"] is False
            async with gateway.audio(session_id) as link:
                await link.send(speech()[:RATE])
                await link.send(speech()[: 2 * RATE])
                await link.send(speech()[: 2 * RATE])
                await link.send(speech()[: 2 * RATE])
                for _ in range(4):
                    assert (await answer(link))["ok"]
            await client.delete(f"/session/{session_id}/end")
            kinds = {block["event"] for block in await events.rest() if "event" in block}
    assert kinds >= {"tone-event", "session-ended"} and "facts-event" not in kinds
