"""The answers to one socket's frames: in order, one each, held back while the workers lag too far behind."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Final

from redis.asyncio import Redis
from starlette.types import Message, Send

from gateway import refusal
from gateway.eager import step
from gateway.ingest import Frame, NotStored, Stored
from gateway.metrics import Metrics
from shared.audio import PIPELINE_RATE
from shared.redis_link import AWAY

WINDOW: Final = 16
"""Frames of one socket that may be unanswered; further ones wait in TCP."""
_CATCH_UP_POLL: Final = 0.25
"""Seconds between looks at how far the worker has come, while answers are held back."""


@lru_cache(maxsize=1024)
def _acknowledgement(size: int, more: str = "") -> Message:
    return {"type": "websocket.send", "text": f'{{"ok":true,"bytes":{size}{more}}}'}


class FrameAnswers:
    """Sends each answer at once when it can, and from a task of its own when it has to wait."""

    def __init__(
        self,
        redis: Redis,
        metrics: Metrics,
        send: Send,
        *,
        sample_rate: int,
        backlog_seconds: float,
        refuse: Callable[[refusal.Refusal], None],
    ) -> None:
        self._redis = redis
        self._metrics = metrics
        self._send = send
        self._sample_rate = sample_rate
        self._backlog_seconds = backlog_seconds
        self._refuse = refuse
        self._unanswered = 0
        self._answered = asyncio.Event()
        self._outbox: deque[tuple[Frame, float]] = deque()
        self._pump: asyncio.Task[None] | None = None
        self._hurry = False
        self._closed = False

    async def room(self) -> None:
        """Waits until one more frame may be taken."""
        while self._unanswered >= WINDOW:
            self._answered.clear()
            await self._answered.wait()

    def expect(self) -> None:
        """One more frame is on its way to Redis."""
        self._unanswered += 1

    async def settle(self) -> None:
        """Waits until every frame taken is answered, without holding answers back any longer."""
        self._hurry = True
        while self._unanswered:
            self._answered.clear()
            await self._answered.wait()

    def close(self) -> None:
        """Nothing is sent from now on."""
        self._closed = True
        if self._pump is not None:
            self._pump.cancel()

    def take(self, frame: Frame, answer: Stored | NotStored) -> None:
        """Redis has answered for `frame`, the oldest that was still on its way."""
        if isinstance(answer, NotStored):
            self._refuse(refusal.of_append(answer.why))
            self._done()
            return
        lag = self._lag(frame, answer.classified)
        if self._pump is None and lag <= self._backlog_seconds:
            self._answer_now(frame)
        else:
            self._outbox.append((frame, lag))
            if self._pump is None:
                self._pump = asyncio.create_task(self._drain(None))

    def _lag(self, frame: Frame, classified: int) -> float:
        return frame.end / self._sample_rate - classified / PIPELINE_RATE

    def _answer_now(self, frame: Frame) -> None:
        if self._closed:
            return
        try:
            rest = step(self._send(_acknowledgement(len(frame.pcm))))
        except OSError:  # the client has left; the reader learns it too
            self._done()
            return
        if rest is None:
            self._done()
        else:
            self._pump = asyncio.create_task(self._drain(rest))

    def _done(self) -> None:
        self._unanswered -= 1
        self._answered.set()

    async def _drain(self, rest: Awaitable[None] | None) -> None:
        try:
            if rest is not None:
                await rest
                self._done()
            while self._outbox:
                frame, lag = self._outbox.popleft()
                await self._send(await self._held_back(frame, lag))
                self._done()
        except OSError:
            self._unanswered = 0
            self._answered.set()
        finally:
            self._pump = None

    async def _held_back(self, frame: Frame, lag: float) -> Message:
        """The answer, once the worker has caught up to within the bound."""
        if lag <= self._backlog_seconds:
            return _acknowledgement(len(frame.pcm))
        self._metrics.frames_held_back.inc()
        while lag > self._backlog_seconds and not self._hurry:
            await asyncio.sleep(_CATCH_UP_POLL)
            lag = await self._current_lag(frame, lag)
        return _acknowledgement(len(frame.pcm), f',"lag_seconds":{max(0.0, lag):.2f}')

    async def _current_lag(self, frame: Frame, last_known: float) -> float:
        try:
            classified = await self._redis.hget(frame.place.record, "classified")  # type: ignore[misc]
        except AWAY:
            self._metrics.redis_errors.inc()
            return last_known
        if classified is None:
            self._refuse(refusal.UNKNOWN)  # erased meanwhile: the frame had been stored all the same
            return 0.0
        return self._lag(frame, int(classified))
