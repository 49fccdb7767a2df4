"""The event stream after a reconnect: nothing lost, nothing twice."""

import asyncio

import pytest

from gateway.events.durable_stream import forwards
from shared.settings import Settings
from tests.integration.gateway.stream.power_cut import as_after_a_power_cut
from tests.integration.live_gateway import LiveGateway
from tests.integration.worker_double import WorkerDouble


@pytest.mark.parametrize("how", ["header", "last_event_id", "lastEventId", "Last-Event-ID", "both"])
async def test_a_reconnect_gets_what_it_missed_in_order_and_nothing_twice(
    gateway: LiveGateway, session_id: str, worker: WorkerDouble, how: str
) -> None:
    ids = await worker.tones(1, 20)
    header = ids[4] if how in ("header", "both") else None
    query = {} if how == "header" else {"last_event_id": ids[9]} if how == "both" else {how: ids[4]}
    async with gateway.events(session_id, header, params=query) as events:
        missed = await events.stored(15)
        more = await worker.tones(21, 25)
        live = await events.stored(5)
    assert [fields["id"] for fields in missed] == ids[5:]
    assert [fields["id"] for fields in live] == more


async def test_a_replay_longer_than_a_page(gateway: LiveGateway, session_id: str, worker: WorkerDouble) -> None:
    async with worker.redis.pipeline() as pipe:
        for second in range(1, 1301):
            pipe.xadd(worker.place.events, {"event": "tone-event", "data": "{}"}, id=f"{second * 16000}-1")
        await pipe.execute()
    async with gateway.events(session_id, "0-0") as events:
        replayed = [fields["id"] for fields in await events.stored(1300)]
        await worker.tones(1301, 1301)
        [live] = await events.stored(1)
    assert replayed == [f"{second * 16000}-1" for second in range(1, 1301)]
    assert live["id"] == f"{1301 * 16000}-1"
    assert [len(page) async for page in forwards(worker.redis, worker.place)] == [500, 500, 301]


async def test_nothing_is_lost_or_doubled_while_events_pour_in(
    gateway: LiveGateway, session_id: str, worker: WorkerDouble
) -> None:
    """Clients come, go and resume all the time; each has every event exactly once."""

    async def client() -> list[str]:
        got: list[str] = []
        last = "0-0"
        while len(got) < 200:
            async with gateway.events(session_id, last) as events:
                got += [fields["id"] for fields in await events.stored(min(17, 200 - len(got)))]
            last = got[-1]
        return got

    clients = [asyncio.create_task(client()) for _ in range(4)]
    ids = []
    for second in range(1, 201):
        ids += await worker.tones(second, second, notice=second % 3 > 0)
        await asyncio.sleep(0.005)
    for got in await asyncio.gather(*clients):
        assert got == ids


async def test_a_lost_notice_delays_but_loses_nothing(
    gateway: LiveGateway, session_id: str, worker: WorkerDouble
) -> None:
    async with gateway.events(session_id) as events:
        await events.fields()
        await asyncio.sleep(0.2)
        await worker.tones(1, 2, notice=False)
        assert [fields["id"] for fields in await events.stored(2)] == ["16000-1", "32000-1"]


async def test_events_that_are_lost_and_come_again_are_not_sent_again(
    gateway: LiveGateway, settings: Settings, session_id: str, worker: WorkerDouble
) -> None:
    """As after a failover: the audio is there, and a worker computes them again."""
    async with gateway.events(session_id) as events:
        await events.fields()
        await worker.tones(1, 5)
        await events.stored(5)
        await as_after_a_power_cut(worker, 3)
        await asyncio.sleep(4 * settings.reread_interval)  # the gateway has seen meanwhile that they are missing
        await worker.tones(4, 6)
        after = await events.fields()
    assert after is not None
    assert after["id"] == "96000-1"
