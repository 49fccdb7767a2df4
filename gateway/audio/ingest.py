"""From all audio sockets of this process into Redis, many frames in one round trip.

One pipeline is in flight; whatever arrives meanwhile goes into the next. So the busier the gateway, the fuller its
pipelines, and a lone frame never waits for company.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import OutOfMemoryError

from gateway.audio.pipeline_link import PipelineLink
from gateway.metrics import Metrics
from gateway.session.session_keys import Place
from shared.contract.pcm_stream import APPEND
from shared.settings import Settings
from shared.store.links import AWAY, Links
from shared.store.lua import Argument
from shared.store.replication import check_reached, wait_command

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
    received: int
    """Samples of the session that have come, at its rate."""


@dataclass(frozen=True, slots=True)
class NotStored:
    """Redis has refused the frame, or could not be asked."""

    why: str
    """unknown, stopped, superseded, rewound or ahead, as APPEND says; full or away; broken: an earlier one was not
    stored."""


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
    number: int = 0
    """Which one its socket is of the session's."""
    arrived: float = field(default_factory=time.perf_counter)


class Ingest:
    """Stores frames in the order in which they were given.

    A shard for the partitions that share a server whatever happens: for all of them, or in a cluster, where any of
    them may move to another node at any time, for each.
    """

    def __init__(self, settings: Settings, links: Links, metrics: Metrics) -> None:
        self._patience = settings.redis_timeout
        self._settings = settings
        self._links = links
        self._metrics = metrics
        self._shards: dict[int, _Shard] = {}
        self._new_lane = asyncio.Event()

    def append(self, frame: Frame) -> None:
        """Takes a frame; its on_answer is called once, in order, after Redis has it or has refused it."""
        number = self._links.shard(frame.place.partition)
        shard = self._shards.get(number)
        if shard is None:
            shard = self._shards[number] = _Shard(self._link(frame.place.partition))
            self._new_lane.set()
        shard.waiting.append(frame)
        shard.arrival.set()

    async def run(self) -> None:
        """Stores what arrives, until cancelled."""
        async with asyncio.TaskGroup() as running:
            started: set[int] = set()
            while True:
                for number in self._shards.keys() - started:
                    started.add(number)
                    running.create_task(self._run_shard(self._shards[number]))
                self._new_lane.clear()
                await self._new_lane.wait()

    def _link(self, partition: int) -> PipelineLink:
        def make_connection() -> AbstractConnection:
            pool = self._links.of(partition).connection_pool
            link: AbstractConnection = pool.make_connection()  # type: ignore[no-untyped-call]
            return link

        return PipelineLink(make_connection, self._patience)

    async def _run_shard(self, shard: "_Shard") -> None:
        try:
            while True:
                await shard.arrival.wait()
                shard.arrival.clear()
                while shard.waiting:
                    batch, shard.waiting = shard.waiting[:_LARGEST], shard.waiting[_LARGEST:]
                    answers = await self._store_patiently(shard.link, batch)
                    self._answer(batch, answers)
                    self._refuse_what_follows(shard, batch, answers)
        finally:
            await shard.link.close()

    def _refuse_what_follows(self, shard: "_Shard", batch: list[Frame], answers: list[object]) -> None:
        """Behind a frame that was not stored no later one of its socket is: the sender repeats from there."""
        broken = {frame.token for frame, raw in zip(batch, answers, strict=True) if isinstance(_parse(raw), NotStored)}
        if broken:
            refused = [frame for frame in shard.waiting if frame.token in broken]
            shard.waiting = [frame for frame in shard.waiting if frame.token not in broken]
            for frame in refused:
                frame.on_answer(frame, NotStored("broken"))

    async def _store_patiently(self, link: PipelineLink, batch: list[Frame]) -> list[object]:
        """Tries again for a while, the whole batch in its order.

        Any of it may have been stored; APPEND stores nothing twice. It may not be that a frame is stored and the one
        before it is not, because memory came free in between: APPEND takes a socket's frames without holes only.
        """
        give_up = time.monotonic() + self._patience
        while True:
            try:
                return await self._store(link, batch)
            except AWAY as error:
                self._metrics.redis_errors.inc()
                if time.monotonic() >= give_up:
                    return [error] * len(batch)
            await asyncio.sleep(_RETRY_PAUSE)

    async def _store(self, link: PipelineLink, batch: list[Frame]) -> list[object]:
        """Raises one of AWAY, too when fewer replicas than asked for have the batch in time."""
        commands = [_call(frame, first=frame is batch[0]) for frame in batch]
        if not self._settings.replicas:
            return await link.run(commands)
        *answers, reached = await link.run([*commands, wait_command(self._settings)])
        check_reached(reached, self._settings)
        return answers

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


@dataclass(slots=True)
class _Shard:
    """Frames on their way to one server."""

    link: PipelineLink
    waiting: list[Frame] = field(default_factory=list)
    arrival: asyncio.Event = field(default_factory=asyncio.Event)


def _call(frame: Frame, *, first: bool) -> tuple[Argument, ...]:
    place = frame.place
    args = (frame.token, place.session_id, frame.offset, frame.end, frame.pcm, frame.number)
    return APPEND.command((place.record, place.pcm, place.pcm_flow), args, first=first)


def _parse(raw: object) -> Stored | NotStored:
    match raw:
        case [b"ok", classified, kept, received]:
            return _stored(classified, kept, received)
        case [bytes(why)]:
            return NotStored(why.decode(errors="replace"))
        case OutOfMemoryError():
            return NotStored("full")
    return NotStored("away")


def _stored(*numbers: Any) -> Stored | NotStored:
    """A garbled answer counts as none: the sender repeats the frame."""
    try:
        return Stored(*map(int, numbers))
    except (TypeError, ValueError):
        return NotStored("away")
