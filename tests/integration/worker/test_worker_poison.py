"""Audio that kills, breaks or hangs the models costs its own session that piece, and other sessions nothing."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
from redis.asyncio import Redis

from classifier_worker.pipeline.checkpoint import open_hearing
from classifier_worker.pipeline.session_pipeline import advance
from classifier_worker.speech.mock_backend import MockBackend
from shared import keys
from shared.contract.pcm_stream import Chunk
from shared.contract.session import Session
from shared.settings import Settings
from testkit.live_worker import LiveWorker, Speaker
from testkit.poisoned_worker import HANGS, KILLS, RAISES, poison

SESSION = "SESSION"
FRAME = 3200
"""Bytes of 100 ms at 16 kHz."""


def noise(seconds: float, seed: int) -> bytes:
    draw = np.random.default_rng(seed)
    return (draw.standard_normal(round(seconds * 16_000)) * 3000).clip(-20_000, 20_000).astype("<i2").tobytes()


@asynccontextmanager
async def supervised(settings: Settings, workers: int) -> AsyncIterator[list[int]]:
    """Poisoned workers, each started anew when it dies. Gives the exit codes so far."""
    deaths: list[int] = []
    running = [LiveWorker(settings, "testkit.poisoned_worker") for _ in range(workers)]

    async def watch() -> None:
        while True:
            for place, worker in enumerate(running):
                if worker.exit_code is not None:
                    deaths.append(worker.exit_code)
                    running[place] = LiveWorker(settings, "testkit.poisoned_worker")
            await asyncio.sleep(0.05)

    watching = asyncio.create_task(watch())
    try:
        yield deaths
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        for worker in running:
            worker.kill()


class Call:
    """A session whose audio is known beforehand, with or without poison in its middle."""

    def __init__(self, redis: Redis, partition: int, seed: int, value: int | None = None) -> None:
        self.speaker = Speaker(redis, partition)
        self.value = value
        self._audio = noise(7, seed)

    async def speak(self) -> None:
        """In frames of 100 ms, all at once; the poison after 4 s."""
        for begin in range(0, len(self._audio), FRAME):
            if begin == 40 * FRAME and self.value is not None:
                await self.speaker.say(poison(self.value))
            await self.speaker.say(self._audio[begin : begin + FRAME])
        await self.speaker.end()

    def undisturbed(self, backend: MockBackend) -> list[tuple[str, str, str]]:
        """What comes of the audio alone: where the poison was, nothing ever came."""
        chunks, offset = [], 0
        for begin in range(0, len(self._audio), FRAME):
            if begin == 40 * FRAME and self.value is not None:
                offset += 1600
            chunks.append(Chunk(f"{begin + 1}-0", SESSION, offset, self._audio[begin : begin + FRAME]))
            offset += FRAME // 2
        chunks.append(Chunk(f"{len(self._audio) + 1}-0", SESSION, end="client"))
        hearing = open_hearing(SESSION, Session(started_at=0.0), None, backend)
        (outcome,) = advance(backend, [(hearing, chunks)])
        return [(str(e.id), e.kind, e.data) for e in outcome.events]

    async def outcome(self) -> list[tuple[str, str, str]]:
        events = await self.speaker.until_ended(240)
        return [(str(e.id), e.kind, e.data.replace(self.speaker.session_id, SESSION)) for e in events]


def without_trouble(events: list[tuple[str, str, str]]) -> list[tuple[str, str]]:
    return [(kind, data) for _, kind, data in events if kind != "service-event"]


async def test_poison_costs_its_session_one_piece_and_the_others_nothing(redis: Redis, settings: Settings) -> None:
    mock = settings.model_copy(update={"mock": True, "lease_ttl": 1.0, "step_limit": 2.0})
    kinds = [None, KILLS, None, RAISES, None, HANGS]
    partitions = [0, 0, 1, 1, 2, 2]

    disturbed = [Call(redis, p, seed, value) for seed, (p, value) in enumerate(zip(partitions, kinds, strict=True))]
    async with supervised(mock, workers=3) as deaths:
        for call in disturbed:
            await call.speaker.start()
        last = next(call for call in disturbed if call.value == KILLS)
        await asyncio.gather(*(call.speak() for call in disturbed if call is not last))
        async with asyncio.timeout(120):
            while 70 not in deaths:  # else the one may kill the worker that hears the other, and take the blame
                await asyncio.sleep(0.05)
        await last.speak()
        found = [await call.outcome() for call in disturbed]

    for call, outcome in zip(disturbed, found, strict=True):
        healthy = call.undisturbed(MockBackend(mock))
        if call.value is None:
            assert outcome == healthy
            continue
        assert without_trouble(outcome) == without_trouble(healthy), "as if the poison had never come"
        (trouble,) = [(event_id, data) for event_id, kind, data in outcome if kind == "service-event"]
        assert trouble[0] == "64000-2", "behind the tone event that ends there"
        assert json.loads(trouble[1])["code"] == "audio-set-aside"
        assert json.loads(trouble[1])["timestamp"] == 4.0
    assert -9 in deaths, "a worker was killed"
    assert 70 in deaths, "a worker that hung ended itself"
    counted: dict[bytes, bytes] = await redis.hgetall(keys.TROUBLES)  # type: ignore[misc]
    assert counted.keys() == {b"audio-set-aside"}
    # What a worker set aside and, killed by another partition's poison, did not commit is set aside and counted again.
    assert int(counted[b"audio-set-aside"]) >= 3
    assert all([await redis.xlen(keys.pcm(partition)) == 0 for partition in range(4)]), "nothing of it is kept"
