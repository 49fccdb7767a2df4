"""Which sessions share a call of the models, and what happens if one fails."""

import asyncio
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from classifier_worker.pipeline.checkpoint import open_hearing
from classifier_worker.pipeline.hearing import Hearing
from classifier_worker.pipeline.inference import BackendBrokenError, Inference, StepFailedError
from classifier_worker.speech.backend import Classified, Feed
from classifier_worker.speech.mock_backend import MockBackend
from shared.contract.pcm_stream import Chunk
from shared.contract.session import Session
from shared.settings import Settings

PCM = np.full(1600, 500, "<i2").tobytes()
BAD = np.full(1600, 666, "<i2").tobytes()


class Watched(MockBackend):
    """Notes the size of each batch; cannot bear one sound, or none when broken."""

    def __init__(self) -> None:
        super().__init__(Settings(_env_file=None))
        self.batches: list[int] = []
        self.broken = False

    def classify(self, feeds: Sequence[Feed]) -> list[Classified]:
        self.batches.append(len(feeds))
        if self.broken or any((feed.samples == 666).any() for feed in feeds):
            raise ArithmeticError
        return super().classify(feeds)


@pytest.fixture
def backend() -> Watched:
    return Watched()


@pytest.fixture
def inference(backend: Watched) -> Iterator[Inference]:
    inference = Inference(backend)
    yield inference
    inference.close()


def nothing() -> None:
    """No one asks when the models begin."""


def work(backend: Watched, pcm: bytes = PCM) -> list[tuple[Hearing, list[Chunk]]]:
    hearing = open_hearing("1-" + "a" * 32, Session(started_at=0.0), None, backend)
    return [(hearing, [Chunk("1-0", hearing.session_id, 0, pcm)])]


async def test_what_must_be_alone_shares_its_call_with_nobody_and_keeps_nobody_out(
    backend: Watched, inference: Inference
) -> None:
    steps = [inference.step(work(backend), nothing, alone=number in (1, 2)) for number in range(5)]
    outcomes = await asyncio.gather(*steps)
    assert all(outcome[0].hearing.position == 1600 for outcome in outcomes)
    assert backend.batches == [3, 1, 1]


async def test_a_step_that_waits_for_another_has_not_begun_and_can_be_cancelled(
    backend: Watched, inference: Inference
) -> None:
    begun: list[str] = []
    first = asyncio.create_task(inference.step(work(backend), lambda: begun.append("first"), alone=True))
    second = asyncio.create_task(inference.step(work(backend), lambda: begun.append("second"), alone=True))
    while not begun:
        await asyncio.sleep(0)
    assert begun == ["first"]
    second.cancel()
    await first
    await inference.step(work(backend), nothing)
    assert begun == ["first"]
    assert backend.batches == [1, 1]


async def test_a_step_that_fails_says_so_to_all_in_it_and_to_nobody_else(
    backend: Watched, inference: Inference
) -> None:
    steps = [
        inference.step(work(backend), nothing),
        inference.step(work(backend, BAD), nothing),
        inference.step(work(backend), nothing, alone=True),
    ]
    joined, bad, alone = await asyncio.gather(*steps, return_exceptions=True)
    assert isinstance(joined, StepFailedError)
    assert isinstance(bad, StepFailedError)
    assert isinstance(alone, list)


async def test_models_that_fail_even_in_silence_are_broken(backend: Watched, inference: Inference) -> None:
    backend.broken = True
    with pytest.raises(BackendBrokenError):
        await inference.step(work(backend), nothing)


async def test_a_long_step_may_take_longer(backend: Watched) -> None:
    inference = Inference(backend, limit=10)
    hour = Chunk("1-0", "s", 0, bytes(2 * 16_000 * 3600))
    assert inference._limit_of(work(backend)) == 10
    assert inference._limit_of([(work(backend)[0][0], [hour])]) == 3000
    inference.close()
