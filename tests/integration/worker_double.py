"""A stand-in for the worker: commits stored events the way docs/design/index.md says, and nothing else."""

import time

from redis.asyncio import Redis

from gateway.session.session_keys import Place, place_of
from shared import keys
from shared.contract.event_id import EventId
from shared.contract.stored_event import EventKind
from shared.contract.tone_event import Affect, ToneEvent
from shared.contract.transcript_event import PartialTranscript, SpokenWord, TranscriptEvent


def tone(
    session_id: str,
    seconds: float,
    *,
    affect: Affect = "calm",
    confidence: float = 0.8,
    utterance_id: str | None = None,
) -> str:
    """The JSON of a tone event that ends at `seconds`."""
    return ToneEvent(
        session_id=session_id,
        timestamp=seconds,
        label="Calmly spoken",
        confidence=confidence,
        affect=affect,
        subtext="They <mean> it & say so.",
        speaker_id="speaker_a",
        shift_magnitude=0.1,
        shift_direction="stable",
        prosody_flags=["louder", "faster"],
        utterance_id=utterance_id,
    ).to_json()


def transcript(
    session_id: str, utterance_id: str, text: str, start: float, end: float, *, doubtful: str = "", **more: object
) -> str:
    """The JSON of a transcript event of equally long words, of which those in `doubtful` are."""
    texts, each = text.split(), (end - start) / max(1, len(text.split()))
    doubted = doubtful.split()
    return TranscriptEvent.model_validate(
        {
            "session_id": session_id,
            "timestamp": end + 0.5,
            "utterance_id": utterance_id,
            "start": start,
            "end": end,
            "text": text,
            "words": [
                SpokenWord(
                    text=word,
                    start=round(start + place * each, 3),
                    end=round(start + (place + 1) * each, 3),
                    probability=0.3 if word in doubted else 0.9,
                )
                for place, word in enumerate(texts)
            ],
            "language": "en",
            "speaker_id": "speaker_a",
        }
        | more
    ).to_json()


def partial(session_id: str, utterance_id: str, text: str, stable: str = "") -> str:
    """The JSON of a partial transcript."""
    return PartialTranscript(
        session_id=session_id,
        timestamp=2.0,
        utterance_id=utterance_id,
        start=1.0,
        text=text,
        stable=stable,
        language="en",
    ).to_json()


class WorkerDouble:
    """Commits events of one session."""

    def __init__(self, redis: Redis, session_id: str) -> None:
        self.redis = redis
        self.session_id = session_id
        self.place: Place = place_of(session_id)

    async def commit(self, event_id: str, kind: EventKind, data: str, *, notice: bool = True) -> None:
        """Stores one event and, unless the notice gets lost, says so."""
        await self.redis.xadd(self.place.events, {"event": kind, "data": data}, id=event_id)
        if kind == "tone-event":
            await self.redis.publish(keys.tone_channel(self.session_id), data)
        elif kind == "transcript-event":
            await self.redis.publish(keys.words_channel(self.session_id), data)
        if notice:
            await self.redis.publish(keys.stored_channel(self.session_id), event_id)

    async def tones(self, first: int, last: int, *, notice: bool = True) -> list[str]:
        """Tone events that end at `first` … `last` seconds. Returns their ids."""
        ids = []
        for second in range(first, last + 1):
            ids.append(str(EventId(second * 16_000, 1)))
            await self.commit(ids[-1], "tone-event", tone(self.session_id, float(second)), notice=notice)
        return ids

    async def finish(self, second: int) -> str:
        """Stores `session-ended`, as after an end marker."""
        event_id = str(EventId(second * 16_000, 9))
        await self.redis.hset(self.place.record, mapping={"state": "stopped", "ended_at": str(time.time())})  # type: ignore[misc]
        await self.commit(event_id, "session-ended", '{"reason":"client","timestamp":1.0,"tone_events":1}')
        await self.redis.publish(
            keys.SESSIONS_CHANNEL, f'{{"type":"ended","session_id":"{self.session_id}","at":{time.time()}}}'
        )
        return event_id

    async def status(self, state: str) -> None:
        data = f'{{"state":"{state}","audio_seconds":1.0,"lag_seconds":0.0}}'
        await self.redis.publish(keys.status_channel(self.session_id), data)

    async def speak(self, utterance_id: str, text: str) -> str:
        """Publishes a partial transcript. Returns its JSON."""
        data = partial(self.session_id, utterance_id, text)
        await self.redis.publish(keys.words_channel(self.session_id), data)
        return data

    async def classify(self, samples: int) -> None:
        """Says that audio up to `samples` at 16 kHz is committed."""
        await self.redis.hset(self.place.record, "classified", str(samples))  # type: ignore[misc]

    async def chunks(self) -> list[dict[bytes, bytes]]:
        """What the partition's PCM stream holds of this session."""
        entries = await self.redis.xrange(self.place.pcm)
        return [fields for _, fields in entries if fields[b"s"] == self.session_id.encode()]
