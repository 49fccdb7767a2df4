"""One run: a fleet, its callers, and the disturbances."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal

import httpx
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from shared import keys
from shared.cancelling import cancel_all
from shared.contract.session import Session
from shared.store.links import AWAY
from tests.chaos.callers.caller import Caller, Outcome, Scene
from tests.chaos.callers.calls import Call, erased_calls, lines
from tests.chaos.callers.conversation import Samples, noise, speech
from tests.chaos.callers.erasing import Erased
from tests.chaos.callers.following import RefusedError
from tests.chaos.fleet.processes import EndedError, Fleet
from tests.chaos.fleet.takeover import Watch
from tests.chaos.schedule import Disturbance
from tests.chaos.together import together

_STARTED_AT: Final = 1_750_000_000.0
"""Unix time that every session's record says it began, in both runs."""
_APART: Final = 0.137
"""Seconds between the lines' beginnings, so that frames and hops of the sessions do not coincide."""
_SETTLED: Final = 1.5
"""Seconds that the leases have not moved, after which they are shared out."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """The parameters that both runs share."""

    seed: int
    seconds: float
    sessions: int
    workers: int
    gateways: int
    backend: Literal["mock", "speech"] = "mock"
    partitions: int = 8
    lease_ttl: float = 3.0
    pace: float = 1.0
    """Seconds of audio spoken in a second."""
    erased: int = 0
    """Lines, besides, whose sessions are erased while they speak."""
    waits: bool = False
    """Callers keep their last seconds until all disturbances are over."""
    named_models: bool = True
    """The mock runs under a name, which may change."""
    replica: bool = False
    pins: bool = True
    patient: bool = False
    """Processes get other settings one by one, each once the fleet has caught up."""
    wires: bool = True
    """The network may have faults."""
    words: str = "off"
    """LINNET_WORDS."""

    @property
    def settings(self) -> dict[str, str]:
        return {
            "LINNET_WORDS": self.words,
            # However long callers wait, it is no pause that ends an utterance.
            **({"LINNET_AUDIO_TTL": "600"} if self.waits else {}),
            "CF_VOICE_MOCK": "1" if self.backend == "mock" else "0",
            "LINNET_PARTITIONS": str(self.partitions),
            "LINNET_LEASE_TTL": str(self.lease_ttl),
            # Every window has its event, as unsure as it may be: the more events, the more there is to compare.
            "LINNET_RELIABILITY_FLOOR": "0",
            # Nobody is refused because the machine is busy.
            "LINNET_MAX_LOAD": "0",
        }

    def lines(self) -> list[list[Call]]:
        every = lines(self.seed, self.sessions, self.seconds, self.partitions)
        return [[replace(call, pinned=call.pinned and self.pins) for call in line] for line in every]

    def erased_lines(self) -> list[list[Call]]:
        return erased_calls(self.seed, self.erased, self.seconds, self.partitions)

    def pcm(self, call: Call) -> Samples:
        """Return the audio of a call."""
        return (speech if self.backend == "speech" else noise)(call.seed, call.seconds, call.rate)


@dataclass(frozen=True, slots=True)
class Happened:
    """A disturbance with its actual time."""

    disturbance: Disturbance
    at: float
    """Seconds of the run."""
    pids: tuple[int, ...]
    """The victims' process ids at that moment."""


@dataclass
class Run:
    """The results of a run."""

    outcomes: list[Outcome] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    """Calls that came to no end, in words."""
    happened: list[Happened] = field(default_factory=list)
    watch: Watch = field(default_factory=Watch)
    tracebacks: list[str] = field(default_factory=list)
    erased: Erased = field(default_factory=Erased)
    remains: list[str] = field(default_factory=list)
    """What was still there of erased sessions, in words."""


async def run(plan: Plan, disturbances: Sequence[Disturbance], say: Say, logs: Path | None = None) -> Run:
    """Let all callers call, speak and hang up while the fleet is disturbed. Cancelling it leaves no process behind.

    logs: folder in which the processes' logs are kept.
    """
    fleet = Fleet(
        workers=plan.workers,
        gateways=plan.gateways,
        settings=plan.settings,
        logs=logs,
        seed=plan.seed,
        named_models=plan.backend == "mock" and plan.named_models,
        replica=plan.replica,
        patient=plan.patient,
        wires=plan.wires,
    )
    async with fleet:
        found = Run()
        redis = Redis.from_url(fleet.redis.url)
        try:
            await fleet.until_ready()
            await _until_shared_out(redis, plan)
            await _calls(plan, fleet, redis, disturbances, found, say)
        finally:
            await redis.aclose()
            found.tracebacks = fleet.tracebacks()
    return found


async def _calls(
    plan: Plan, fleet: Fleet, redis: Redis, disturbances: Sequence[Disturbance], found: Run, say: Say
) -> None:
    began = time.monotonic()
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    # A heartbeat comes each 15 s.
    timeout = httpx.Timeout(8.0, read=20.0)
    async with httpx.AsyncClient(limits=limits, timeout=timeout) as http:

        async def lay(call: Call) -> None:
            await _lay(redis, call)

        scene = Scene(fleet.ports, fleet.steady_port, http, redis, began, plan.pace, tails=lambda: fleet.tails, lay=lay)
        if not plan.waits:
            scene.over.set()  # or calls would end in a pause so long that it closes an utterance
        beside = [
            asyncio.create_task(found.watch.run(redis, plan.partitions, scene.now)),
            asyncio.create_task(_disturb(fleet, disturbances, found, scene, say)),
        ]
        works: list[Coroutine[Any, Any, None]] = [
            _line(plan, calls, number * _APART, scene, found) for number, calls in enumerate(plan.lines())
        ]
        if disturbances:
            works += [_erased_line(plan, calls, scene, found) for calls in plan.erased_lines()]
        try:
            await together(*works, beside=beside)
        finally:
            await cancel_all(beside)
        found.remains = await found.erased.remains(redis, scene)


async def _line(plan: Plan, calls: Sequence[Call], delay: float, scene: Scene, found: Run) -> None:
    await asyncio.sleep(delay)
    for call in calls:
        await scene.lay(call)
        caller = Caller(call, await asyncio.to_thread(plan.pcm, call), scene)
        found.outcomes.append(caller.outcome)
        found.watch.begin(call.partition, call.session_id)
        try:
            await caller.make()
        except* (RefusedError, TimeoutError) as errors:
            found.failures += [f"{call.session_id}: {error!r}" for error in errors.exceptions]
        finally:
            found.watch.end(call.session_id)


async def _erased_line(plan: Plan, calls: Sequence[Call], scene: Scene, found: Run) -> None:
    for call in calls:
        await scene.lay(call)
        await found.erased.make(call, await asyncio.to_thread(plan.pcm, call), scene)


async def _disturb(fleet: Fleet, disturbances: Sequence[Disturbance], found: Run, scene: Scene, say: Say) -> None:
    """Carry out one disturbance after another; each waits until the previous victims are replaced."""
    for disturbance in disturbances:
        await asyncio.sleep(disturbance.at - scene.now())
        found.happened.append(Happened(disturbance, scene.now(), fleet.pids(disturbance.victims)))
        say(f"{scene.now():6.1f} s  {disturbance}")
        await fleet.disturb(disturbance)
        if gone := fleet.gone():
            raise EndedError("\n".join(gone))
    scene.over.set()


async def _lay(redis: Redis, call: Call) -> None:
    """Create the session as POST /session/start does, but with an id and a start time that both runs share."""
    record = Session(started_at=_STARTED_AT, sample_rate=call.rate, elcor=call.elcor, words=True)
    while True:
        with suppress(*AWAY, ResponseError):  # away, full or unable to write its file
            async with redis.pipeline(transaction=True) as pipe:
                pipe.hset(keys.session(call.partition, call.session_id), mapping=dict(record.to_hash()))
                pipe.zadd(keys.PARTITIONS, {str(call.partition): time.time()})
                pipe.zadd(keys.presence(call.partition), {call.session_id: time.time() + 90})
                await pipe.execute()
                return
        await asyncio.sleep(0.2)


async def _until_shared_out(redis: Redis, plan: Plan) -> None:
    """Wait until every worker is alive and the leases are stable."""
    async with asyncio.timeout(120):
        before: object = None
        since = time.monotonic()
        while True:
            holders = [await redis.hget(keys.lease(partition), "holder") for partition in range(plan.partitions)]  # type: ignore[misc]
            if holders != before or not all(holders) or await redis.zcard(keys.WORKERS) < plan.workers:
                before, since = holders, time.monotonic()
            if time.monotonic() - since > _SETTLED:
                return
            await asyncio.sleep(0.1)
