"""One session's backlog does not make the others on its partition wait."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import numpy as np
from redis.asyncio import Redis

from classifier_worker.fleet.lease import acquire
from classifier_worker.partition.loop import Partition
from classifier_worker.partition.session_queue import HELD_BYTES
from classifier_worker.pipeline.inference import Inference, Work
from classifier_worker.pipeline.session_pipeline import Outcome
from classifier_worker.speech.mock_backend import MockBackend
from shared import keys
from shared.settings import Settings
from shared.store.links import OneServer
from testkit.live_worker import Speaker

SECOND = 32_000
PARTITION = 1


def noise(seconds: float) -> bytes:
    draw = np.random.default_rng(7)
    return (draw.standard_normal(round(seconds * 16_000)) * 3000).astype("<i2").tobytes()


async def say(speaker: Speaker, seconds: float, frame: int = 3200) -> None:
    pcm = noise(seconds)
    for begin in range(0, len(pcm), frame):
        await speaker.say(pcm[begin : begin + frame])


class Watched(Inference):
    """Notes which sessions each step hears, and how many seconds of each."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(MockBackend(settings))
        self.steps: list[dict[str, float]] = []

    async def step(self, work: Work, begun: Callable[[], None], *, alone: bool = False) -> list[Outcome]:
        self.steps.append({h.session_id: sum(len(c.pcm) for c in chunks) / SECOND for h, chunks in work})
        return await super().step(work, begun, alone=alone)


@asynccontextmanager
async def working(redis: Redis, settings: Settings, epoch: int = 1) -> AsyncIterator[tuple[Partition, Watched]]:
    """A worker's partition, run until the block ends."""
    lease = await acquire(redis, PARTITION, epoch, "test", 60)
    assert lease is not None
    inference, stop = Watched(settings), asyncio.Event()
    partition = Partition(OneServer(redis), lease, inference, settings)
    run = asyncio.create_task(partition.run(stop))
    try:
        yield partition, inference
    finally:
        stop.set()
        await run
        await lease.release(redis)
        inference.close()


async def speakers(redis: Redis, count: int) -> list[Speaker]:
    found = [Speaker(redis, PARTITION) for _ in range(count)]
    for speaker in found:
        await speaker.start()
    return found


async def test_live_sessions_behind_a_backlog_are_heard_in_the_first_step(redis: Redis, settings: Settings) -> None:
    greedy, *live = await speakers(redis, 4)
    await say(greedy, 40, frame=SECOND)
    for speaker in live:
        await say(speaker, 0.5)
    async with working(redis, settings) as (_, inference):
        await greedy.end()
        events = await greedy.until_ended()
    assert inference.steps[0] == {greedy.session_id: 1.0, **{speaker.session_id: 0.5 for speaker in live}}
    assert max(step.get(greedy.session_id, 0.0) for step in inference.steps) == 1.0
    assert [event.kind for event in events] == ["tone-event"] * 38 + ["session-ended"]


async def test_a_backlog_stays_on_the_stream_and_the_others_trim_nothing_of_it(
    redis: Redis, settings: Settings
) -> None:
    """Memory is bounded by what a queue holds, and a worker that dies in the middle has lost nothing."""
    greedy, live = await speakers(redis, 2)
    await say(greedy, 40)
    await say(live, 4)
    async with working(redis, settings) as (partition, inference):
        while len(inference.steps) < 8:
            await asyncio.sleep(0.005)
            held = [session.queue.held_bytes for session in partition._sessions.values()]
            assert all(size <= HELD_BYTES for size in held)
    heard = sum(step.get(greedy.session_id, 0.0) for step in inference.steps)
    assert heard < 40, "the rest of it was left on the stream"
    cursor = await redis.get(keys.cursor(PARTITION))
    oldest = await redis.xrange(keys.pcm(PARTITION), count=1)
    assert cursor is not None
    assert oldest[0][1][b"s"].decode() == greedy.session_id
    async with working(redis, settings, epoch=2):
        await greedy.end()
        await live.end()
        events = await greedy.until_ended()
        assert len(await live.until_ended()) == 3
    assert [event.kind for event in events] == ["tone-event"] * 38 + ["session-ended"]


async def test_several_backlogs_share_every_step(redis: Redis, settings: Settings) -> None:
    greedy = await speakers(redis, 3)
    for speaker in greedy:
        await say(speaker, 20, frame=SECOND)
        await speaker.end()
    async with working(redis, settings) as (_, inference):
        for speaker in greedy:
            assert len(await speaker.until_ended()) == 19
    assert inference.steps[:20] == [{speaker.session_id: 1.0 for speaker in greedy}] * 20
