"""Another tone model, or a state that fails with any model, in a live session: no audio is lost or set aside."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from shutil import copyfile
from typing import Any

import msgpack
import numpy as np
import pytest
import soundfile
from redis.asyncio import Redis

from classifier_worker.pipeline.checkpoint import freeze, open_hearing
from classifier_worker.pipeline.inference import Inference
from classifier_worker.pipeline.session_pipeline import advance
from classifier_worker.speech.backend import Backend, Classified, Feed
from classifier_worker.speech.mock_backend import MockBackend, MockState
from classifier_worker.speech.models.model_files import model_path
from classifier_worker.speech.speech_backend import SpeechBackend
from classifier_worker.speech.speech_state import SpeechState
from classifier_worker.speech.tone.tone_head import LinearReader, ToneHead
from shared import keys
from shared.contract.pcm_stream import Chunk
from shared.contract.session import Session
from shared.contract.stored_event import StoredEvent
from shared.settings import Settings
from testkit.live_worker import Speaker
from tests.integration.worker.leased_partition import leased_partition

SAMPLE = Path(__file__).resolve().parents[3] / "frontend" / "public" / "sample.flac"
PARTITION = 1
SESSION = "0-" + "a" * 32
RECORD = Session(started_at=0.0)
FRAME = 1600


def codes(events: Sequence[StoredEvent]) -> list[str]:
    return [json.loads(e.data)["code"] if e.kind == "service-event" else e.kind for e in events]


def sample(begin: int, seconds: int) -> list[Chunk]:
    """Frames of the bundled sample, played twice, from `begin` s on."""
    samples, _ = soundfile.read(SAMPLE, dtype="int16")
    twice = np.concatenate([samples, samples])
    return [
        Chunk(f"{1 + at}-0", SESSION, at, twice[at : at + FRAME].tobytes())
        for at in range(begin * 16_000, (begin + seconds) * 16_000, FRAME)
    ]


def load(tone_model: str) -> SpeechBackend:
    return SpeechBackend(Settings(_env_file=None, tone_model=tone_model, reliability_floor=0.0))


def other_model(folder: Path) -> str:
    """A model of one's own of the same name as the bundled one, with an affect less."""
    head = ToneHead.load(model_path("open"))
    path = folder / "open.npz"
    relative, absolute = (LinearReader(each.weights[:-1], each.bias[:-1]) for each in (head.relative, head.absolute))
    fewer = replace(head, affects=head.affects[:-1], relative=relative, absolute=absolute, floors=head.floors[:-1])
    fewer.save(path)
    copyfile(model_path("open").with_suffix(".json"), path.with_suffix(".json"))
    return str(path)


def test_real_models_take_over_from_each_other(tmp_path: Path) -> None:
    first, second = load("open"), load(other_model(tmp_path))
    assert first.format().states == second.format().states
    assert first.format() != second.format(), "the name is the same, the file is not"
    hearing = open_hearing(SESSION, RECORD, None, first)
    (outcome,) = advance(first, [(hearing, sample(0, 13))])
    before = outcome.events
    assert isinstance(hearing.state, SpeechState)
    speakers, voices = hearing.state.speakers.freeze(), dict(hearing.state.voices)
    rest = [*sample(13, 7), Chunk("900000-0", SESSION, end="client")]
    for backend, told in ((second, ["model-changed"]), (first, [])):
        checkpoint = freeze(hearing, first, alone=True)
        taken = open_hearing(SESSION, RECORD, checkpoint, backend)
        assert isinstance(taken.state, SpeechState)
        assert msgpack.packb(taken.state.speakers.freeze()) == msgpack.packb(speakers)
        assert [v.profile for v in taken.state.voices.values()] == [v.profile for v in voices.values()]
        events = taken.tell()
        (outcome,) = advance(backend, [(taken, rest)])
        events += outcome.events
        assert codes(events)[: len(told)] == told
        assert [e.id.sample for e in events if e.kind == "tone-event"] == tone_samples(first, before, rest)


def tone_samples(backend: Backend, before: Sequence[StoredEvent], rest: Sequence[Chunk]) -> list[int]:
    """Where the windows behind `before` end when nobody changes anything."""
    hearing = open_hearing(SESSION, RECORD, None, backend)
    (outcome,) = advance(backend, [(hearing, [*sample(0, 13), *rest])])
    return [event.id.sample for event in outcome.events if event.kind == "tone-event"][len(before) :]


class Damaged(MockBackend):
    """Raises on windows of sessions whose state is damaged, and in their rests."""

    def classify(self, feeds: Sequence[Feed]) -> list[Classified]:
        for feed in feeds:
            assert isinstance(feed.state, MockState)
            due = feed.rest or feed.start + len(feed.samples) >= feed.state.next_end
            if feed.state.loudness_db == 1e9 and due:
                raise ValueError("damaged")
        return super().classify(feeds)


class TrialsHere:
    """Tries in this process: what is damaged raises, and kills nobody."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def try_chunk(self, case: Any) -> Any:
        from classifier_worker.poison.trial_process import try_alone
        from classifier_worker.poison.verdict import Failed, try_chunk

        async def attempt(one: Any) -> Any:
            try:
                return try_alone(self._backend, one)
            except ValueError as error:
                return Failed(str(error))

        return await try_chunk(case, attempt)


@asynccontextmanager
async def working(redis: Redis, settings: Settings, epoch: int) -> AsyncIterator[None]:
    backend = Damaged(settings)
    inference = Inference(backend, longest_pause_ms=int(settings.audio_ttl * 1000))
    async with leased_partition(redis, settings, PARTITION, epoch, inference, TrialsHere(backend)):
        yield


NOISE = (np.random.default_rng(3).standard_normal(160_000) * 3000).astype("<i2").tobytes()


async def say(speaker: Speaker, begin: int, seconds: int) -> None:
    for at in range(begin * 32_000, (begin + seconds) * 32_000, 3200):
        await speaker.say(NOISE[at : at + 3200])


async def damage(redis: Redis, speaker: Speaker) -> None:
    key = keys.checkpoint(PARTITION, speaker.session_id)
    frozen = msgpack.unpackb(await redis.get(key))
    frozen["state"]["loudness_db"] = 1e9
    await redis.set(key, msgpack.packb(frozen))


async def test_audio_is_cleared_where_the_state_is_the_cause(redis: Redis, settings: Settings) -> None:
    speaker, other = Speaker(redis, PARTITION), Speaker(redis, PARTITION)
    for one in (speaker, other):
        await one.start()
    async with working(redis, settings, 1):
        await say(speaker, 0, 4)
        await speaker.until(lambda events: len(events) == 2)
    await damage(redis, speaker)
    async with working(redis, settings, 2):
        await say(speaker, 4, 5)
        await say(other, 0, 5)
        for one in (speaker, other):
            await one.end()
        events = await speaker.until_ended()
        assert codes(await other.until_ended()) == [*["tone-event"] * 3, "session-ended"]
    found = codes(events)
    assert "audio-set-aside" not in found
    assert "audio-gap" not in found
    assert found[:3] == ["tone-event", "tone-event", "listening-afresh"]
    assert found.count("listening-afresh") == 1
    assert found.count("tone-event") >= 4
    assert await redis.hgetall(keys.TROUBLES) == {b"listening-afresh": b"1"}  # type: ignore[misc]


@pytest.mark.parametrize("others", [0, 2])
async def test_a_state_that_fails_in_a_long_pause(redis: Redis, settings: Settings, others: int) -> None:
    short = settings.model_copy(update={"audio_ttl": 1.5})
    speakers = [Speaker(redis, PARTITION) for _ in range(1 + others)]
    for one in speakers:
        await one.start()
    async with working(redis, settings, 1):
        for one in speakers:
            await say(one, 0, 4)
            await one.until(lambda events: len(events) == 2)
    await damage(redis, speakers[0])
    async with working(redis, short, 2):
        events = await speakers[0].until(lambda events: "listening-afresh" in codes(events))
        assert codes(events) == ["tone-event", "tone-event", "listening-afresh"]
        for one in speakers[1:]:
            await say(one, 4, 4)
            await one.end()
            assert codes(await one.until_ended())[-1] == "session-ended"
