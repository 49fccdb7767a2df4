"""Move audio from all sockets of this process into Redis, many frames per round trip.

One pipeline is in flight; frames that arrive in the meantime go into the next. The busier the gateway, the fuller its
pipelines, and a single frame never waits for others.
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
"""Most frames in one pipeline."""
_RETRY_PAUSE: Final = 0.1


@dataclass(frozen=True, slots=True)
class Stored:
    """Redis has the frame."""

    classified: int
    """16 kHz samples of the session that a worker has committed."""
    kept: int
    """Bytes on the partition's PCM stream."""
    received: int
    """Samples of the session so far, at its rate."""


@dataclass(frozen=True, slots=True)
class NotStored:
    """Redis has refused the frame, or could not be asked."""

    why: str
    """unknown, stopped, superseded, rewound or ahead, as APPEND returns; full or away; broken: an earlier frame was not
    stored."""


@dataclass(slots=True)
class Frame:
    """PCM on its way, and the callback for its answer."""

    place: Place
    token: str
    offset: int
    end: int
    """Offset of the sample after the last one, at the session's rate."""
    pcm: bytes
    on_answer: Callable[["Frame", Stored | NotStored], None]
    number: int = 0
    """Its socket's number among the session's sockets."""
    arrived: float = field(default_factory=time.perf_counter)


class Ingest:
    """Store frames in order.

    There is one shard for all partitions, or, in a cluster, where a partition may move to another node at any time, one
    for each.
    """

    def __init__(self, settings: Settings, links: Links, metrics: Metrics) -> None:
        self._patience = settings.redis_timeout
        self._settings = settings
        self._links = links
        self._metrics = metrics
        self._shards: dict[int, _Shard] = {}
        self._new_shard = asyncio.Event()

    def append(self, frame: Frame) -> None:
        """Accept a frame. Its on_answer is called once, in order, after Redis has stored or refused it."""
        number = self._links.shard(frame.place.partition)
        shard = self._shards.get(number)
        if shard is None:
            shard = self._shards[number] = _Shard(self._link(frame.place.partition))
            self._new_shard.set()
        shard.waiting.append(frame)
        shard.arrival.set()

    async def run(self) -> None:
        """Store arriving frames until cancelled."""
        async with asyncio.TaskGroup() as running:
            started: set[int] = set()
            while True:
                for number in self._shards.keys() - started:
                    started.add(number)
                    running.create_task(self._run_shard(self._shards[number]))
                self._new_shard.clear()
                await self._new_shard.wait()

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
        """Store no frame after one of its socket that was not stored: the sender repeats from there."""
        broken = {frame.token for frame, raw in zip(batch, answers, strict=True) if isinstance(_parse(raw), NotStored)}
        if broken:
            refused = [frame for frame in shard.waiting if frame.token in broken]
            shard.waiting = [frame for frame in shard.waiting if frame.token not in broken]
            for frame in refused:
                frame.on_answer(frame, NotStored("broken"))

    async def _store_patiently(self, link: PipelineLink, batch: list[Frame]) -> list[object]:
        """Retry for a while, always the whole batch in order.

        Parts of it may have been stored; APPEND stores nothing twice. It also accepts a socket's frames only without
        holes, so a frame is never stored without the one before it, even if memory became free in between.
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
        """Send the batch. Raises one of AWAY, also if too few replicas have the batch in time."""
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
    """Parse an answer. A garbled one counts as none: the sender repeats the frame."""
    try:
        return Stored(*map(int, numbers))
    except (TypeError, ValueError):
        return NotStored("away")
