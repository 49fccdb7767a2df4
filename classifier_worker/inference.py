"""One inference thread per worker: whatever partitions hand in while it is busy becomes the next batch."""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from classifier_worker.backends import Backend
from classifier_worker.hearing import LONGEST_PAUSE_MS, Hearing, Outcome, hear
from classifier_worker.load import LoadMeter
from shared.pcm_stream import Chunk

Work = Sequence[tuple[Hearing, Sequence[Chunk]]]


class Inference:
    """Batches over partitions, off the event loop, so that renewing a lease never waits for a model."""

    def __init__(self, backend: Backend, longest_pause_ms: int = LONGEST_PAUSE_MS) -> None:
        self.backend = backend
        self.load = LoadMeter()
        self._longest_pause_ms = longest_pause_ms
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inference")
        self._waiting: list[tuple[Work, asyncio.Future[list[Outcome]]]] = []
        self._loop: asyncio.Task[None] | None = None

    async def hear(self, work: Work) -> list[Outcome]:
        """The outcomes of `work`, in its order. Raises what the backend raised."""
        result: asyncio.Future[list[Outcome]] = asyncio.get_running_loop().create_future()
        self._waiting.append((work, result))
        if self._loop is None or self._loop.done():
            self._loop = asyncio.create_task(self._run())
        return await result

    def close(self) -> None:
        """Waits for the step under way."""
        self._thread.shutdown(wait=True)

    async def _run(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            joined = [item for work, _ in batch for item in work]
            began = time.monotonic()
            try:
                outcomes = await asyncio.get_running_loop().run_in_executor(
                    self._thread, hear, self.backend, joined, self._longest_pause_ms
                )
            except Exception as error:
                for _, result in batch:
                    if not result.done():
                        result.set_exception(error)
                continue
            finally:
                self.load.inferred(time.monotonic() - began)
            _share_out(batch, outcomes)


def _share_out(batch: list[tuple[Work, "asyncio.Future[list[Outcome]]"]], outcomes: list[Outcome]) -> None:
    begin = 0
    for work, result in batch:
        if not result.done():  # a lease that was lost meanwhile has stopped waiting
            result.set_result(outcomes[begin : begin + len(work)])
        begin += len(work)
