"""A lease that is given back while the models are at work, on its audio or on another partition's."""

import asyncio
import threading
from collections.abc import Sequence
from typing import cast

import numpy as np
import pytest
from redis.asyncio import Redis

from classifier_worker.fleet.lease import acquire
from classifier_worker.partition.loop import Partition
from classifier_worker.pipeline.inference import Inference
from classifier_worker.speech.backend import Classified, Feed
from classifier_worker.speech.mock_backend import MockBackend, MockState
from shared.settings import Settings
from shared.store.links import OneServer
from testkit.live_worker import Speaker

LONG = 666
"""A sample on which the models work until they are let go."""


class Slow(MockBackend):
    """Hears only silence and needs none of it again: the stream is kept for what waits alone."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.at_work, self.let_go = threading.Event(), threading.Event()

    def classify(self, feeds: Sequence[Feed]) -> list[Classified]:
        if any((feed.samples == LONG).any() for feed in feeds):
            self.at_work.set()
            assert self.let_go.wait(60)
        for feed in feeds:
            state = cast(MockState, feed.state)
            state.position += len(feed.samples)
            state.classified = state.audio_start = state.position
            state.next_end = state.position + state.window
        return [Classified("silence", [], []) for _ in feeds]


@pytest.fixture
def backend(settings: Settings) -> Slow:
    return Slow(settings)


def pcm(value: int, samples: int = 16_000) -> bytes:
    return np.full(samples, value, "<i2").tobytes()


class Holder:
    """A worker's hold on one partition."""

    def __init__(self, redis: Redis, settings: Settings, inference: Inference, partition: int) -> None:
        self._redis, self._settings, self._inference, self._number = redis, settings, inference, partition
        self._stop = asyncio.Event()

    async def begin(self, epoch: int) -> None:
        lease = await acquire(self._redis, self._number, epoch, "test", 60)
        assert lease is not None
        self._lease = lease
        self._partition = Partition(OneServer(self._redis), lease, self._inference, self._settings)
        self._run = asyncio.create_task(self._partition.run(self._stop))

    async def until_heard(self, speaker: Speaker, samples: int) -> None:
        """Wait until the session is processed so far, committed or not."""
        while (session := self._partition._sessions.get(speaker.session_id)) is None or (
            session.hearing.position < samples
        ):
            await asyncio.sleep(0.01)

    async def give_back(self) -> bool:
        """Return whether the next holder need suspect nothing."""
        self._stop.set()
        orderly = await self._run
        await self._lease.release(self._redis, orderly=orderly)
        return orderly


async def classified(redis: Redis, speaker: Speaker) -> int:
    return int(await redis.hget(speaker.record_key, "classified") or 0)  # type: ignore[misc]


async def test_audio_that_waits_behind_another_partitions_long_call_is_neither_suspected_nor_lost(
    redis: Redis, settings: Settings, backend: Slow
) -> None:
    inference = Inference(backend)
    slow, other = Holder(redis, settings, inference, 1), Holder(redis, settings, inference, 2)
    long, short = Speaker(redis, 1), Speaker(redis, 2)
    for speaker, holder in ((long, slow), (short, other)):
        await speaker.start()
        await holder.begin(1)
    await short.say(pcm(0))
    while await classified(redis, short) == 0:
        await asyncio.sleep(0.01)
    await short.say(pcm(0, 1600))
    await other.until_heard(short, 17_600)
    assert await classified(redis, short) == 16_000, "there must be something to commit"
    await long.say(pcm(LONG))
    while not backend.at_work.is_set():
        await asyncio.sleep(0.01)
    await short.say(pcm(0))
    while not inference._waiting:
        await asyncio.sleep(0.01)
    assert await other.give_back()
    assert not await slow.give_back(), "the models were at work on it"
    backend.let_go.set()
    inference.close()

    inference = Inference(backend)
    following = Holder(redis, settings, inference, 2)
    await following.begin(2)
    await short.end()
    await short.until_ended()
    assert await classified(redis, short) == 33_600
    assert await following.give_back()
    inference.close()
