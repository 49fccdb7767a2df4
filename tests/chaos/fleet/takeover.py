"""Measure how long a partition has no working holder: until its lease expires, is taken, and is committed under."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

from redis.asyncio import Redis

from shared import keys
from shared.store.links import AWAY

_LOOK: Final = 0.05
"""Seconds between looks: the figures are good to that."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A partition's state from a given moment on."""

    since: float
    """Seconds of the run."""
    holder: str
    """Of its lease; "" while it is free."""
    epoch: str
    sent: int
    """Samples that gateways acknowledged, of all sessions that were watched."""
    heard: int
    """16 kHz samples of them that its holders committed."""


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
    """The history of each partition."""

    history: dict[int, list[Standing]] = field(default_factory=dict)
    _live: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    """Session → its partition, samples sent and heard."""
    _sent: Counter[int] = field(default_factory=Counter)
    _heard: Counter[int] = field(default_factory=Counter)
    """Partition → samples of sessions that are over."""

    def begin(self, partition: int, session_id: str) -> None:
        self._live[session_id] = (partition, 0, 0)

    def end(self, session_id: str) -> None:
        partition, sent, heard = self._live.pop(session_id)
        self._sent[partition] += sent
        self._heard[partition] += heard

    async def run(self, redis: Redis, partitions: int, now: Callable[[], float]) -> None:
        """Watch until cancelled."""
        while True:
            with suppress(*AWAY):
                await self._look(redis, partitions, now)
            await asyncio.sleep(_LOOK)

    async def _look(self, redis: Redis, partitions: int, now: Callable[[], float]) -> None:
        pipe = redis.pipeline(transaction=False)
        for partition in range(partitions):
            pipe.hmget(keys.lease(partition), ["holder", "epoch"])
        live = list(self._live)
        for session_id in live:
            pipe.hmget(keys.session(self._live[session_id][0], session_id), ["received", "classified"])
        answers = await pipe.execute()
        sent, heard = self._sent.copy(), self._heard.copy()
        for session_id, record in zip(live, answers[partitions:], strict=True):
            if session_id in self._live:  # else it has ended meanwhile, and is counted there
                partition, *_ = self._live[session_id]
                received, classified = (int(samples or 0) for samples in record)
                self._live[session_id] = (partition, received, classified)
                sent[partition] += received
                heard[partition] += classified
        for partition, (holder, epoch) in enumerate(answers[:partitions]):
            found = Standing(now(), _text(holder), _text(epoch), sent[partition], heard[partition])
            seen = self.history.setdefault(partition, [])
            if not seen or replace(found, since=seen[-1].since) != seen[-1]:
                seen.append(found)

    def held_by(self, pid: int, at: float) -> list[int]:
        """Return the partitions leased by the worker with this process id."""
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
    nobody spoke."""
    old = [standing for standing in seen if standing.since <= at][-1]
    later = [standing for standing in seen if standing.since > at and standing.epoch != old.epoch]
    held = [standing for standing in later if standing.holder]
    if not held:
        return None
    taken = held[0]
    commits = [standing for standing in held if standing.heard > taken.heard]
    if not commits or taken.sent <= old.sent:
        return None
    gone = later[0].since
    return Takeover(gone - at, taken.since - gone, commits[0].since - taken.since)
