"""From all audio sockets of this process into Redis, many frames in one round trip.

One pipeline is in flight; whatever arrives meanwhile goes into the next. So the busier the gateway, the fuller its
pipelines, and a lone frame never waits for company.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from redis.asyncio import Redis

from gateway.lookup import Place
from gateway.metrics import Metrics
from gateway.pipeline_link import PipelineLink
from shared.lua import Argument
from shared.pcm_stream import APPEND
from shared.redis_link import AWAY
from shared.settings import Settings

_LARGEST: Final = 512
"""Frames of one pipeline."""
_RETRY_PAUSE: Final = 0.1


@dataclass(frozen=True, slots=True)
class Stored:
    """Redis has the frame."""

    classified: int
    """16 kHz samples of the session that a worker has committed."""
    kept: int
    """Bytes on the partition's PCM stream."""


@dataclass(frozen=True, slots=True)
class NotStored:
    """Redis has refused the frame, or could not be asked."""

    why: str
    """unknown, stopped or superseded (as APPEND says), or away."""


@dataclass(slots=True)
class Frame:
    """PCM on its way, and who waits for the answer."""

    place: Place
    token: str
    offset: int
    end: int
    """Offset of the sample behind the last one, at the session's rate."""
    pcm: bytes
    on_answer: Callable[["Frame", Stored | NotStored], None]
    arrived: float = field(default_factory=time.perf_counter)


class Ingest:
    """Stores frames in the order in which they were given."""

    def __init__(self, settings: Settings, redis: Redis, metrics: Metrics) -> None:
        self._patience = settings.redis_timeout
        self._link = PipelineLink(redis, settings.redis_timeout)
        self._metrics = metrics
        self._waiting: list[Frame] = []
        self._arrival = asyncio.Event()

    def append(self, frame: Frame) -> None:
        """Takes a frame; its on_answer is called once, in order, after Redis has it or has refused it."""
        self._waiting.append(frame)
        self._arrival.set()

    async def run(self) -> None:
        """Stores what arrives, until cancelled."""
        try:
            while True:
                await self._arrival.wait()
                self._arrival.clear()
                while self._waiting:
                    batch, self._waiting = self._waiting[:_LARGEST], self._waiting[_LARGEST:]
                    self._answer(batch, await self._store_patiently(batch))
        finally:
            await self._link.close()

    async def _store_patiently(self, batch: list[Frame]) -> list[object]:
        """Tries again for a while. Storing a frame twice is harmless: workers drop what overlaps by its offset."""
        give_up = time.monotonic() + self._patience
        while True:
            try:
                return await self._link.run([_call(frame, first=frame is batch[0]) for frame in batch])
            except AWAY as error:
                self._metrics.redis_errors.inc()
                if time.monotonic() >= give_up:
                    return [error] * len(batch)
            await asyncio.sleep(_RETRY_PAUSE)

    def _answer(self, batch: list[Frame], answers: list[object]) -> None:
        now = time.perf_counter()
        stored = stored_bytes = 0
        for frame, raw in zip(batch, answers, strict=True):
            answer = _parse(raw)
            if isinstance(answer, Stored):
                stored += 1
                stored_bytes += len(frame.pcm)
                self._metrics.frame_seconds.observe(now - frame.arrived)
            frame.on_answer(frame, answer)
        self._metrics.frames.inc(stored)
        self._metrics.frame_bytes.inc(stored_bytes)


def _call(frame: Frame, *, first: bool) -> tuple[Argument, ...]:
    place = frame.place
    args = (frame.token, place.session_id, frame.offset, frame.end, frame.pcm)
    return APPEND.command((place.record, place.pcm, place.pcm_flow), args, first=first)


def _parse(raw: object) -> Stored | NotStored:
    if isinstance(raw, list) and raw:
        return Stored(int(raw[1]), int(raw[2])) if raw[0] == b"ok" else NotStored(raw[0].decode())
    return NotStored("away")
