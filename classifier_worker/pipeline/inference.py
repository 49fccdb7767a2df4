"""One inference thread per worker: whatever partitions hand in while it is busy becomes the next batch."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np

from classifier_worker.fleet.load_meter import LoadMeter
from classifier_worker.pipeline.hearing import Hearing
from classifier_worker.pipeline.session_pipeline import LONGEST_PAUSE_MS, Outcome, advance
from classifier_worker.pipeline.watchdog import watched
from classifier_worker.speech.backend import Backend, Feed
from shared.audio import PIPELINE_RATE, SAMPLE_BYTES
from shared.contract.pcm_stream import Chunk

log = logging.getLogger(__name__)

Work = Sequence[tuple[Hearing, Sequence[Chunk]]]

LIMIT_BYTES: Final = 12 * PIPELINE_RATE * SAMPLE_BYTES
"""PCM of a step up to which the limit applies as set; a longer step gets proportionally more time."""


class StepFailedError(Exception):
    """The models raised an exception. The states of all sessions in the step may be partly changed: discard them."""


class BackendBrokenError(Exception):
    """The models fail on any input."""


def warm_up(backend: Backend) -> None:
    """Check that the models work, with a second of silence in a separate session. Raises what they raise."""
    state = backend.open("control", elcor=False)
    backend.classify([Feed(state, 0, np.zeros(PIPELINE_RATE, np.int16), final=True)])


@dataclass(frozen=True, slots=True, eq=False)
class _Step:
    """The work of one partition."""

    work: Work
    alone: bool
    begun: Callable[[], None]
    """Called when the models start on the work; until then it may be cancelled without a trace."""
    result: "asyncio.Future[list[Outcome]]"


class Inference:
    """Batches the work of all partitions, off the event loop, so that renewing a lease never waits for a model."""

    def __init__(self, backend: Backend, limit: float = 60.0, longest_pause_ms: int = LONGEST_PAUSE_MS) -> None:
        """`limit`: seconds that a step may take, see watchdog.py; `longest_pause_ms`: see `advance`."""
        self.backend = backend
        self.load = LoadMeter()
        self.longest_pause_ms = longest_pause_ms
        self._limit = limit
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inference")
        self._waiting: list[_Step] = []
        self._alone_next = False
        self._loop: asyncio.Task[None] | None = None

    async def step(self, work: Work, begun: Callable[[], None], *, alone: bool = False) -> list[Outcome]:
        """Return the outcomes of `work`, in its order; `alone`: in a separate batch.

        `begun` is called when its turn comes: until then it may be cancelled, and leaves no trace. Raises
        StepFailedError, BackendBrokenError.
        """
        result: asyncio.Future[list[Outcome]] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Step(work, alone, begun, result))
        if self._loop is None or self._loop.done():
            self._loop = asyncio.create_task(self._run())
        return await result

    def close(self) -> None:
        """Wait for the step under way."""
        self._thread.shutdown(wait=True)

    async def _run(self) -> None:
        while self._waiting:
            batch = self._take()
            if not batch:
                continue
            joined = [item for step in batch for item in step.work]
            for step in batch:
                step.begun()
            loop = asyncio.get_running_loop()
            began = time.monotonic()
            try:
                with watched(self._limit_of(joined)):
                    outcomes = await loop.run_in_executor(
                        self._thread, advance, self.backend, joined, self.longest_pause_ms
                    )
            except Exception as error:
                await self._fail(batch, error)
                continue
            finally:
                self.load.inferred(time.monotonic() - began)
            _share_out(batch, outcomes)

    def _take(self) -> list[_Step]:
        """Return the next batch: alternately all steps that may be joined, and one that must be alone."""
        self._waiting = [step for step in self._waiting if not step.result.done()]  # their leases were lost
        joint = [step for step in self._waiting if not step.alone]
        alone = [step for step in self._waiting if step.alone][:1]
        batch = alone if alone and (self._alone_next or not joint) else joint
        self._alone_next = batch is joint
        self._waiting = [step for step in self._waiting if step not in batch]
        return batch

    def _limit_of(self, work: Work) -> float:
        size = sum(len(chunk.pcm) for _, chunks in work for chunk in chunks)
        return self._limit * max(1.0, size / LIMIT_BYTES)

    async def _fail(self, batch: list[_Step], error: Exception) -> None:
        """Find out whether the input failed or the models themselves."""
        log.error("the models failed in one step", exc_info=error)
        failure: Exception = StepFailedError(type(error).__name__)
        try:
            with watched(self._limit):
                await asyncio.get_running_loop().run_in_executor(self._thread, warm_up, self.backend)
        except Exception as broken:
            log.critical("the models fail even on silence (%s)", type(broken).__name__)
            failure = BackendBrokenError(type(broken).__name__)
        for step in batch:
            if not step.result.done():
                step.result.set_exception(failure)


def _share_out(batch: list[_Step], outcomes: list[Outcome]) -> None:
    begin = 0
    for step in batch:
        if not step.result.done():  # its lease was lost, so nothing waits for it
            step.result.set_result(outcomes[begin : begin + len(step.work)])
        begin += len(step.work)
