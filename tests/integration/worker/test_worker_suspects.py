"""Random kills, and poison among harmless audio: only the poison is set aside, and nothing else shows in the history.

The partition's own code, a real Redis and a fake inference whose calls may end the worker. A worker that dies stops
where it is and its lease runs out.
"""

import asyncio
import json
import random
from collections.abc import Callable, Sequence
from contextlib import suppress

import msgpack
import numpy as np
import pytest
from redis.asyncio import Redis

from classifier_worker.fleet.lease import Inheritance, acquire
from classifier_worker.partition.loop import Partition
from classifier_worker.pipeline.checkpoint import open_hearing
from classifier_worker.pipeline.inference import Inference, StepFailedError, Work
from classifier_worker.pipeline.session_pipeline import Outcome, advance
from classifier_worker.poison.suspects import Note, Suspects, inherited
from classifier_worker.poison.trial_process import Case, TrialResult, try_alone
from classifier_worker.poison.verdict import Attempt, Failed, NotTried, Trials, try_chunk
from classifier_worker.speech.mock_backend import MockBackend
from shared import keys
from shared.contract.pcm_stream import Chunk
from shared.contract.session import Session
from shared.settings import Settings
from shared.store.links import OneServer
from testkit.live_worker import Speaker

PARTITION = 2
SESSIONS = 3
FRAMES = 35
FRAME = 3200
POISON = 23456


def is_poison(chunk: Chunk) -> bool:
    return chunk.pcm.count(POISON.to_bytes(2, "little")) >= 100


class Fate:
    """Decides, from a seed, when the worker dies."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.kills = 0
        self.died = asyncio.Event()

    async def strike(self, chance: float) -> None:
        """With this probability the worker dies here; what waits here never goes on."""
        if self.kills < 25 and self.draw.random() < chance:
            self.kills += 1
            await self.die()

    async def die(self) -> None:
        self.died.set()
        await asyncio.Event().wait()


class MortalInference(Inference):
    """Dies of poison, and at random before and after a step; or raises, when it is to raise."""

    def __init__(self, backend: MockBackend, fate: Fate, *, raises: bool) -> None:
        super().__init__(backend)
        self._fate = fate
        self._raises = raises

    async def step(self, work: Work, begun: Callable[[], None], *, alone: bool = False) -> list[Outcome]:
        begun()
        await self._fate.strike(0.08 if not alone else 0.15)
        if any(is_poison(chunk) and not hearing.heard(chunk) for hearing, chunks in work for chunk in chunks):
            if self._raises:
                raise StepFailedError("poison")
            await self._fate.die()
        outcomes = advance(self.backend, work)
        await self._fate.strike(0.05)
        return outcomes


class FatedTrials(Trials):
    """Its processes are killed at random before they hear the chunk; its worker may die meanwhile."""

    def __init__(self, backend: MockBackend, fate: Fate) -> None:
        super().__init__(1.0)
        self._backend = backend
        self._fate = fate
        self.set_aside: list[str] = []

    async def try_chunk(self, case: Case) -> TrialResult | Failed:
        verdict = await try_chunk(case, self._try, pauses=[0.0])
        if isinstance(verdict, Failed):
            self.set_aside.append(case.chunk.entry_id)
        return verdict

    async def _try(self, case: Case) -> Attempt:
        await asyncio.sleep(self._fate.draw.random() * 0.01)
        if self._fate.draw.random() < 0.3:
            return NotTried("its process was killed by signal 9")
        await self._fate.strike(0.1)
        return Failed("was killed") if is_poison(case.chunk) else try_alone(self._backend, case)


async def speak(speakers: Sequence[Speaker], draw: random.Random) -> set[str]:
    """Everything at once, the sessions mixed; the second one sends poison twice. Gives the poison's entry ids."""
    noise = [np.random.default_rng(n).standard_normal(FRAMES * FRAME // 2) * 3000 for n in range(len(speakers))]
    pcm = [samples.astype("<i2").tobytes() for samples in noise]
    for frame in range(FRAMES):
        for number, speaker in enumerate(speakers):
            bad = number == 1 and frame in (11, 30)
            await speaker.say(
                POISON.to_bytes(2, "little") * 1600 if bad else pcm[number][frame * FRAME : (frame + 1) * FRAME]
            )
            if draw.random() < 0.05:
                await asyncio.sleep(0)
    for speaker in speakers:
        await speaker.end()
    entries = await speakers[0]._redis.xrange(keys.pcm(PARTITION))
    return {entry_id.decode() for entry_id, fields in entries if is_poison(Chunk.from_entry(entry_id, fields))}


async def expected(redis: Redis, backend: MockBackend, speaker: Speaker) -> list[tuple[str, str]]:
    """What the session comes to when its poison never comes."""
    entries = [Chunk.from_entry(*entry) for entry in await redis.xrange(keys.pcm(PARTITION))]
    own = [chunk for chunk in entries if chunk.session_id == speaker.session_id and not is_poison(chunk)]
    hearing = open_hearing(speaker.session_id, Session(started_at=0.0), None, backend)
    (outcome,) = advance(backend, [(hearing, own)])
    return [(event.kind, event.data) for event in outcome.events]


async def live_and_die(redis: Redis, settings: Settings, backend: MockBackend, fate: Fate, raises: bool) -> set[str]:
    """One lease after another until the stream is worked off; what was set aside."""
    set_aside: set[str] = set()
    for epoch in range(1, 500):
        await redis.delete(keys.lease(PARTITION))  # the dead holder's lease has run out
        lease = await acquire(redis, PARTITION, epoch, f"worker {epoch}", 60)
        assert lease is not None
        trials = FatedTrials(backend, fate)
        fate.died.clear()
        stop = asyncio.Event()
        partition = Partition(OneServer(redis), lease, MortalInference(backend, fate, raises=raises), settings, trials)
        work = asyncio.create_task(partition.run(stop))
        death = asyncio.create_task(fate.died.wait())
        give_back = fate.draw.random() < 0.2
        deadline = asyncio.get_running_loop().time() + (0.05 if give_back else 60)
        while not (work.done() or death.done()) and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.005)
            if await redis.xlen(keys.pcm(PARTITION)) == 0:
                break
        if not death.done():
            stop.set()
            await lease.release(redis, orderly=await work)
        work.cancel()
        death.cancel()
        with suppress(asyncio.CancelledError):
            await work
        set_aside.update(trials.set_aside)
        if await redis.xlen(keys.pcm(PARTITION)) == 0:
            return set_aside
    raise AssertionError("the stream was never worked off")


@pytest.mark.parametrize("raises", [False, True])
async def test_random_kills_never_set_an_innocent_chunk_aside(redis: Redis, settings: Settings, raises: bool) -> None:
    backend = MockBackend(settings)
    kills = 0
    for seed in range(4):
        await redis.flushall()
        fate = Fate(seed)
        speakers = [Speaker(redis, PARTITION) for _ in range(SESSIONS)]
        for speaker in speakers:
            await speaker.start()
        poison = await speak(speakers, random.Random(seed))
        healthy = [await expected(redis, backend, speaker) for speaker in speakers]
        assert len(poison) == 2
        assert await live_and_die(redis, settings, backend, fate, raises) == poison, f"seed {seed}"
        kills += fate.kills
        for number, (speaker, events) in enumerate(zip(speakers, healthy, strict=True)):
            found = await speaker.events()
            assert [(e.kind, e.data) for e in found if e.kind != "service-event"] == events, f"seed {seed}"
            troubles = [json.loads(e.data)["code"] for e in found if e.kind == "service-event"]
            assert troubles == (["audio-set-aside"] * 2 if number == 1 else []), f"seed {seed}"
    assert kills > 30, "this would show nothing"


@pytest.mark.parametrize("data", [b"", b"\xc1", Note(["not an id"]).to_bytes(), msgpack.packb([1])])
def test_a_note_that_cannot_be_read_is_ignored(data: bytes) -> None:
    assert not inherited(Inheritance(orderly=False, hearing=data))


def test_what_is_suspected_depends_on_how_the_lease_ended() -> None:
    note = Note(["3-0", "4-0"], Suspects({"1-0": 1})).to_bytes()
    assert inherited(Inheritance(orderly=True, hearing=note)).tries == {"1-0": 1}
    assert inherited(Inheritance(orderly=False, hearing=note)).tries == {"1-0": 1, "3-0": 0, "4-0": 0}
    assert inherited(Inheritance(orderly=False, hearing=note)).since("3-1").tries == {"4-0": 0}


def test_the_note_of_a_dead_holder_adds_its_chunks_and_keeps_their_tries() -> None:
    suspects = Suspects().with_added(["1-0", "2-0"]).try_alone("1-0")
    assert suspects.needs_trial("1-0")
    assert not suspects.needs_trial("2-0")
    assert suspects.with_added(["1-0", "3-0"]).tries == {"1-0": 1, "2-0": 0, "3-0": 0}
    assert suspects.without(["1-0"]).tries == {"2-0": 0}
