"""Gateways and workers die in the middle of speech; the outcome equals that of an undisturbed run."""

import asyncio

import orjson

from tests.chaos.fleet import Caller, Fleet
from tests.redis_server import RedisServer

SECONDS = 24
CALLERS = 6
SEED = 20


async def run(*, disturbed: bool) -> list[Caller]:
    with RedisServer() as server:
        fleet = Fleet(server.url)
        try:
            await fleet.until_ready()
            callers = [Caller(fleet.ports, SECONDS, seed) for seed in range(CALLERS)]
            disturbance = asyncio.create_task(fleet.disturb(SEED, every=3.0)) if disturbed else None
            await asyncio.wait_for(asyncio.gather(*(caller.call() for caller in callers)), 4 * SECONDS)
            for caller in callers:
                history = [orjson.dumps(event).decode() for event in await caller.history()]
                streamed = [data for _, kind, data in caller.collected if kind == "tone-event"]
                assert [orjson.loads(caller.comparable(event)) for event in history] == [
                    orjson.loads(data) for data in streamed
                ]
            if disturbance is not None:
                disturbance.cancel()
                await asyncio.gather(disturbance, return_exceptions=True)
            return callers
        finally:
            fleet.end()


async def test_kills_lose_nothing_double_nothing_and_change_no_byte() -> None:
    disturbed = await run(disturbed=True)
    undisturbed = await run(disturbed=False)
    for after_kills, expected in zip(disturbed, undisturbed, strict=True):
        assert after_kills.acknowledged == len(after_kills.pcm)
        assert len(expected.collected) > 5
        assert after_kills.collected == expected.collected
