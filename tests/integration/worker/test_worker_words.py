"""Words beside tone, through a real worker and a real Redis."""

import asyncio
import itertools
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile
from redis.asyncio import Redis

from shared import keys
from shared.contract.stored_event import StoredEvent
from shared.contract.tone_event import ToneEvent
from shared.contract.transcript_event import PartialTranscript, TranscriptEvent
from shared.settings import Settings
from testkit.live_worker import LiveWorker, Speaker, until_leased

CLIP = Path(__file__).resolve().parents[2] / "unit" / "classifier_worker" / "speech" / "words" / "coward.flac"


@pytest.fixture
def mock(settings: Settings) -> Settings:
    return settings.model_copy(update={"mock": True, "words": "base"})


def noise(seconds: float) -> bytes:
    draw = np.random.default_rng(7)
    return (draw.standard_normal(round(seconds * 16_000)) * 3000).astype("<i2").tobytes()


async def say(speaker: Speaker, pcm: bytes, pause: float = 0.0) -> None:
    for begin in range(0, len(pcm), 3200):
        await speaker.say(pcm[begin : begin + 3200])
        await asyncio.sleep(pause)


def transcripts(events: Sequence[StoredEvent]) -> list[TranscriptEvent]:
    return [TranscriptEvent.from_json(event.data) for event in events if event.kind == "transcript-event"]


async def test_words_and_tone_share_one_order_and_name_the_same_utterances(redis: Redis, mock: Settings) -> None:
    speaker = Speaker(redis, 1, words=True)
    with LiveWorker(mock):
        await speaker.start()
        await say(speaker, noise(14))
        await speaker.end()
        events = await speaker.until_ended()
    assert all(earlier.id < later.id for earlier, later in itertools.pairwise(events))
    found = transcripts(events)
    assert [one.seq for one in found] == [1, 2, 3]
    assert len({one.utterance_id for one in found}) == 3
    assert all(one.start < one.end <= one.timestamp for one in found)
    assert [word.text for word in found[0].words] == found[0].text.split()
    tones = [ToneEvent.from_json(event.data) for event in events if event.kind == "tone-event"]
    assert {tone.utterance_id for tone in tones} == {one.utterance_id for one in found}
    assert json.loads(events[-1].data)["transcript_events"] == 3


async def test_a_session_without_words_has_none(redis: Redis, mock: Settings) -> None:
    speaker = Speaker(redis, 1)
    with LiveWorker(mock):
        await speaker.start()
        await say(speaker, noise(6))
        await speaker.end()
        events = await speaker.until_ended()
    assert not transcripts(events)
    assert all("utterance_id" not in event.data for event in events)


async def test_a_worker_that_writes_no_words_goes_on_with_the_tone(redis: Redis, mock: Settings) -> None:
    speaker = Speaker(redis, 1, words=True)
    await speaker.start()
    with LiveWorker(mock) as first:
        await say(speaker, noise(6))
        await speaker.until(lambda events: bool(transcripts(events)))
        first.kill()
    with LiveWorker(mock.model_copy(update={"words": "off"})):
        await say(speaker, noise(6))
        await speaker.end()
        events = await speaker.until_ended()
    assert len(transcripts(events)) == 1
    assert len([event for event in events if event.kind == "tone-event"]) == 10


async def test_kills_lose_double_and_change_no_word(redis: Redis, mock: Settings) -> None:
    pcm = noise(24)
    undisturbed = Speaker(redis, 1, words=True)
    disturbed = Speaker(redis, 1, words=True)
    await undisturbed.start()
    await disturbed.start()
    with LiveWorker(mock):
        await say(undisturbed, pcm)
        await undisturbed.end()
        wanted = await undisturbed.until_ended()
    for part in range(4):
        with LiveWorker(mock) as worker:
            await until_leased(redis, 1)
            await say(disturbed, pcm[part * 192_000 : (part + 1) * 192_000], pause=0.01)
            worker.kill()
    with LiveWorker(mock):
        await disturbed.end()
        found = await disturbed.until_ended()

    def plain(speaker: Speaker, events: Sequence[StoredEvent]) -> list[tuple[str, str]]:
        return [(event.kind, event.data.replace(speaker.session_id, "")) for event in events]

    kinds = {"tone-event", "session-ended"}
    tones = [[event for event in events if event.kind in kinds] for events in (wanted, found)]
    assert [str(event.id).split("-")[0] for event in tones[0]] == [str(event.id).split("-")[0] for event in tones[1]]
    assert sorted(plain(disturbed, found)) == sorted(plain(undisturbed, wanted))
    assert [one.seq for one in transcripts(found)] == list(range(1, len(transcripts(wanted)) + 1))


async def test_words_that_are_awaited_when_a_worker_dies_come_without_further_audio(
    redis: Redis, settings: Settings
) -> None:
    """The recogniser is killed together with its worker, before it has written down the only utterance."""
    samples, _ = soundfile.read(CLIP, dtype="int16")
    real = settings.model_copy(update={"words": "tiny.en"})
    speaker = Speaker(redis, 1, words=True)
    await speaker.start()
    with LiveWorker(real) as worker:
        await until_leased(redis, 1)
        await say(speaker, samples.tobytes() + bytes(32_000))
        while not await redis.exists(keys.checkpoint(1, speaker.session_id)):
            await asyncio.sleep(0.005)
        worker.kill()
    with LiveWorker(real):
        events = await speaker.until(lambda events: bool(transcripts(events)))
        await speaker.end()
        events = await speaker.until_ended()
    [line] = transcripts(events)
    assert line.text == "The average man's a coward."
    assert line.speaker_id == "speaker_a"
    assert line.language == "en"
    assert not [event for event in events if event.kind == "service-event"]


async def test_partial_transcripts_grow_and_are_not_stored(redis: Redis, mock: Settings) -> None:
    speaker = Speaker(redis, 1, words=True)
    await speaker.start()
    payloads: list[bytes] = []
    async with redis.pubsub() as channel:
        await channel.subscribe(keys.words_channel(speaker.session_id))
        with LiveWorker(mock):
            await until_leased(redis, 1)
            await say(speaker, noise(10), pause=0.1)
            await speaker.end()
            events = await speaker.until_ended()
        while (message := await channel.get_message(timeout=0.5)) is not None:
            if message["type"] == "message":
                payloads.append(message["data"])
    kinds = [json.loads(payload)["event_type"] for payload in payloads]
    stored = [payload.decode() for payload, kind in zip(payloads, kinds, strict=True) if kind == "transcript"]
    assert stored == [event.data for event in events if event.kind == "transcript-event"]
    partial = [
        PartialTranscript.model_validate_json(payload)
        for payload, kind in zip(payloads, kinds, strict=True)
        if kind == "partial-transcript"
    ]
    assert len(partial) > 3
    for earlier, later in itertools.pairwise(partial):
        if earlier.utterance_id == later.utterance_id:
            assert later.text.startswith(earlier.stable)
        assert later.text.startswith(later.stable)
    assert any(one.stable for one in partial)
    for key in await redis.keys("*"):
        assert b"partial-transcript" not in (await redis.dump(key) or b"")
