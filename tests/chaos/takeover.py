"""How long a partition is without a working holder, in parts: until its lease is gone, taken again, committed under."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

from redis.asyncio import Redis

from shared import keys
from shared.redis_link import AWAY

_LOOK: Final = 0.025
"""Seconds between looks: the figures are good to that."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A partition as it stood from some moment on."""

    since: float
    """Seconds of the run."""
    holder: str
    """Of its lease; "" while it is free."""
    epoch: str
    heard: int
    """16 kHz samples that its holders committed, of all sessions that were watched."""
    audio: bool
    """There is some on its PCM stream, as always while somebody of it speaks."""


@dataclass(frozen=True, slots=True)
class Takeover:
    """A partition's way from one holder to the next, in seconds."""

    lease: float
    """Until its old lease was gone."""
    taken: float
    """From there until it had a new holder."""
    commit: float
    """From there until the new holder committed."""

    @property
    def whole(self) -> float:
        return self.lease + self.taken + self.commit


@dataclass
class Watch:
    """What happened to each partition."""

    history: dict[int, list[Standing]] = field(default_factory=dict)
    _live: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Session → its partition, and samples committed."""
    _over: Counter[int] = field(default_factory=Counter)
    """Partition → samples of sessions that are over."""

    def begin(self, partition: int, session_id: str) -> None:
        self._live[session_id] = (partition, 0)

    def end(self, session_id: str) -> None:
        partition, heard = self._live.pop(session_id)
        self._over[partition] += heard

    async def run(self, redis: Redis, partitions: int, now: Callable[[], float]) -> None:
        """Looks until it is cancelled."""
        while True:
            with suppress(*AWAY):
                await self._look(redis, partitions, now)
            await asyncio.sleep(_LOOK)

    async def _look(self, redis: Redis, partitions: int, now: Callable[[], float]) -> None:
        pipe = redis.pipeline(transaction=False)
        for partition in range(partitions):
            pipe.hmget(keys.lease(partition), ["holder", "epoch"])
            pipe.xlen(keys.pcm(partition))
        live = list(self._live.items())
        for session_id, (partition, _) in live:
            pipe.hget(keys.session(partition, session_id), "classified")
        answers = await pipe.execute()
        heard = self._heard(live, answers[2 * partitions :])
        leases = zip(answers[: 2 * partitions : 2], answers[1 : 2 * partitions : 2], strict=True)
        for partition, ((holder, epoch), length) in enumerate(leases):
            found = Standing(now(), _text(holder), _text(epoch), heard[partition], length > 0)
            seen = self.history.setdefault(partition, [])
            if not seen or replace(found, since=seen[-1].since) != seen[-1]:
                seen.append(found)

    def _heard(self, live: list[tuple[str, tuple[int, int]]], classified: list[bytes | None]) -> Counter[int]:
        heard = self._over.copy()
        for (session_id, (partition, _)), samples in zip(live, classified, strict=True):
            heard[partition] += int(samples or 0)
            if session_id in self._live:
                self._live[session_id] = (partition, int(samples or 0))
        return heard

    def held_by(self, pid: int, at: float) -> list[int]:
        """Partitions whose lease the worker with this process id had."""
        held = []
        for partition, seen in self.history.items():
            before = [standing for standing in seen if standing.since <= at]
            if before and f"-{pid}-" in before[-1].holder:
                held.append(partition)
        return held

    def takeovers(self, pids: Iterable[int], at: float) -> list[Takeover]:
        """Of each partition with audio that one of them held, as far as it was watched."""
        held = {partition for pid in pids for partition in self.held_by(pid, at)}
        found = [takeover(self.history[partition], at) for partition in sorted(held)]
        return [each for each in found if each is not None]


def _text(value: bytes | None) -> str:
    return (value or b"").decode()


def takeover(seen: Sequence[Standing], at: float) -> Takeover | None:
    """What followed the end of the holder that a partition had at `at`; None when nobody has committed since, or when
    there was no audio to commit."""
    old = [standing for standing in seen if standing.since <= at][-1]
    if not old.audio:
        return None
    later = [standing for standing in seen if standing.since > at and standing.epoch != old.epoch]
    held = [standing for standing in later if standing.holder]
    if not held:
        return None
    taken = held[0]
    commits = [standing for standing in held if standing.heard > taken.heard]
    if not commits:
        return None
    gone = later[0].since
    return Takeover(gone - at, taken.since - gone, commits[0].since - taken.since)
