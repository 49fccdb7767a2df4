"""The answers to one socket's frames: one each, in order, held back while the workers lag too far behind."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from starlette.types import Message, Send

from gateway.audio import refusal
from gateway.audio.behind import Behind
from gateway.audio.ingest import Frame, NotStored, Stored
from gateway.audio.lag import Backlog
from gateway.events.eager_sender import EagerSender
from gateway.metrics import Metrics
from gateway.session.session_keys import Place
from shared.store.links import AWAY, Links

WINDOW: Final = 16
"""Frames of one socket that may be unanswered; further ones wait in TCP."""
_CATCH_UP_POLL: Final = 0.25
"""Seconds between checks of the worker's progress while answers are held back."""


@lru_cache(maxsize=1024)
def _acknowledgement(size: int, more: str = "") -> Message:
    return {"type": "websocket.send", "text": f'{{"ok":true,"bytes":{size}{more}}}'}


class FrameAnswers:
    """Send each answer at once if possible, and from a separate task if it has to wait."""

    def __init__(
        self,
        links: Links,
        metrics: Metrics,
        behind: Behind,
        place: Place,
        backlog: Backlog,
        *,
        send: Send,
        refuse: Callable[[refusal.Refusal], None],
    ) -> None:
        self._links = links
        self._metrics = metrics
        self._behind = behind
        self._place = place
        self._backlog = backlog
        self._send = send
        self._refuse = refuse
        self._unanswered = 0
        self._answered = asyncio.Event()
        self._outbox: deque[tuple[int, int]] = deque()
        """For each frame whose answer waits: its bytes, and the session's position after it."""
        self._sender = EagerSender(self._send_held_back, self._gone)
        self._hurry = False
        self._closed = False
        """Nothing more can be sent, or nothing more should be."""

    async def caught_up(self, received: int) -> None:
        """Wait until a session with `received` samples may send at all.

        Otherwise each new socket would let one more window of frames through.
        """
        if self._backlog.too_much(received):
            await self._worker(received)

    async def room(self) -> None:
        """Wait until one more frame may be accepted."""
        while self._unanswered >= WINDOW and not self._closed:
            self._answered.clear()
            await self._answered.wait()

    def expect(self) -> None:
        """Note that one more frame is on its way to Redis."""
        self._unanswered += 1

    async def settle(self) -> None:
        """Wait until every accepted frame is answered, and hold no more answers back."""
        self._hurry = True
        while self._unanswered and not self._closed:
            self._answered.clear()
            await self._answered.wait()

    def close(self) -> None:
        """Send nothing from now on."""
        self._closed = True
        self._sender.stop()

    def take(self, frame: Frame, answer: Stored | NotStored) -> None:
        """Process Redis' answer for `frame`, the oldest one still in flight."""
        if isinstance(answer, NotStored):
            self._refuse(refusal.of_append(answer.why))
            self._done()
            return
        self._backlog.seen(answer.classified, answer.kept, time.monotonic())
        # Not the frame's own end: repeating stored audio does not reduce the lag.
        self._behind.note(self._place, self._backlog.lag(answer.received))
        if self._closed:
            return
        if self._sender.busy or self._backlog.too_much(answer.received):
            self._outbox.append((len(frame.pcm), answer.received))
            self._sender.send_later()
        else:
            self._sender.send(self._answer(_acknowledgement(len(frame.pcm))))

    async def _answer(self, message: Message) -> None:
        await self._send(message)
        self._done()

    def _done(self) -> None:
        self._unanswered -= 1
        self._answered.set()

    def _gone(self) -> None:
        self._closed = True
        self._answered.set()

    async def _send_held_back(self) -> None:
        while self._outbox:
            await self._answer(await self._held_back(*self._outbox.popleft()))

    async def _held_back(self, size: int, end: int) -> Message:
        """Return the answer once the worker's lag is within the limits."""
        if not self._backlog.too_much(end):
            return _acknowledgement(size)
        self._metrics.frames_held_back.inc()
        await self._worker(end)
        return _acknowledgement(size, f',"lag_seconds":{self._backlog.lag(end):.2f}')

    async def _worker(self, end: int) -> None:
        """Wait until the worker has caught up with sample `end`, or waiting is pointless."""
        self._backlog.moved_at = time.monotonic()
        while self._backlog.too_much(end) and not self._hurry:
            await asyncio.sleep(_CATCH_UP_POLL)
            await self._look()
            self._behind.note(self._place, self._backlog.lag(end))
            if self._backlog.stuck(time.monotonic()):
                self._refuse(refusal.NOT_CLASSIFIED)
                return

    async def _look(self) -> None:
        """Update the worker's position. While Redis is away, keep the last known one."""
        try:
            redis = self._links.of(self._place.partition)
            async with redis.pipeline(transaction=False) as pipe:
                pipe.hget(self._place.record, "classified")
                pipe.hmget(self._place.pcm_flow, ["in", "out"])
                classified, (put, taken) = await pipe.execute()
        except AWAY:
            self._metrics.redis_errors.inc()
            return
        if classified is None:
            self._refuse(refusal.UNKNOWN)  # erased since, although the frame had been stored
            self._hurry = True
            return
        self._backlog.seen(int(classified), int(put or 0) - int(taken or 0), time.monotonic())
