"""With the mock, a session without audio gets readings automatically, whichever process dies."""

import httpx
import pytest
from redis.asyncio import Redis

from gateway.session.session_keys import Place
from shared.settings import Settings
from testkit.live_worker import LiveWorker, until_leased
from tests.integration.live_gateway import LiveGateway, answer

SECOND = b"\x10\x20" * 16_000


@pytest.fixture
def mocked(settings: Settings) -> Settings:
    return settings.model_copy(update={"classifier": "mock"})


async def entries(redis: Redis, session_id: str) -> list[tuple[str, str]]:
    place = Place.of(session_id)
    assert place is not None
    stored = await redis.xrange(place.events)
    return [(entry_id.decode(), fields[b"event"].decode()) for entry_id, fields in stored]


async def test_a_start_and_a_stream_are_enough(gateway: LiveGateway, mocked: Settings) -> None:
    with LiveWorker(mocked):
        session_id = await gateway.start_session()
        async with gateway.events(session_id) as events:
            seen = await events.stored(3)
        async with gateway.events(session_id, seen[0]["id"]) as resumed:
            again = await resumed.stored(2)
    assert [fields["event"] for fields in seen] == ["tone-event"] * 3
    assert [fields["id"] for fields in seen] == ["48000-1", "64000-1", "80000-1"]
    assert again == seen[1:]


async def test_kills_leave_no_hole_and_double_nothing(gateway: LiveGateway, mocked: Settings, redis: Redis) -> None:
    session_id = await gateway.start_session()
    partition = int(session_id.split("-")[0])
    async with gateway.events(session_id) as events:
        seen: list[dict[str, str]] = []
        for count in (1, 2, 2):
            with LiveWorker(mocked):
                await until_leased(redis, partition)
                seen += await events.stored(count)
    assert [fields["id"] for fields in seen] == [f"{second * 16_000}-1" for second in range(3, 8)]
    stored = await entries(redis, session_id)
    assert stored[:5] == [(fields["id"], "tone-event") for fields in seen]


async def test_audio_takes_the_clock_over(gateway: LiveGateway, mocked: Settings, redis: Redis) -> None:
    with LiveWorker(mocked):
        session_id = await gateway.start_session()
        async with gateway.events(session_id) as events:
            await events.stored(1)
            async with gateway.audio(session_id) as link:
                for _ in range(20):
                    await link.send(SECOND)
                    assert (await answer(link))["ok"]
                async with gateway.http() as client:
                    await end(client, session_id)
            while (block := await events.stored(1))[0]["event"] != "session-ended":
                last = block[0]
    assert last["id"] == "320000-1"
    ids = [tuple(map(int, entry_id.split("-"))) for entry_id, _ in await entries(redis, session_id)]
    assert ids == sorted(set(ids))


async def end(client: httpx.AsyncClient, session_id: str) -> None:
    assert (await client.delete(f"/session/{session_id}/end")).status_code == 200
