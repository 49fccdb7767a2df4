"""What a worker knows about one session between two steps."""

from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

import orjson

from classifier_worker.pipeline.audio_track import AudioTrack
from classifier_worker.pipeline.invented import Clock
from classifier_worker.pipeline.misreading import Misreading
from classifier_worker.pipeline.service_events import WORDS, Trouble, trouble_with
from classifier_worker.speech.backend import Backend, State
from classifier_worker.speech.signal.resample import resampler
from classifier_worker.speech.words.mismatch import mismatch
from classifier_worker.speech.words.session_words import Awaited
from classifier_worker.speech.words.transcript import Transcript
from shared.audio import PIPELINE_RATE, pipeline_sample
from shared.contract.entry_id import order
from shared.contract.event_id import BEGINNING, EventId
from shared.contract.pcm_stream import Chunk
from shared.contract.stored_event import EventKind, StoredEvent
from shared.contract.transcript_event import SpokenWord, TranscriptEvent


class _Kept(NamedTuple):
    """A chunk that a replay may need, with the raw positions of its new samples."""

    entry_id: str
    start: int
    end: int


@dataclass(slots=True)
class Hearing:
    """What a worker knows about a session. All of it can be rebuilt from the checkpoint and the PCM stream."""

    session_id: str
    track: AudioTrack
    state: State
    elcor: bool = False
    facts: bool = False
    words: bool = False
    """Whether its words are written down."""
    last_id: EventId = BEGINNING
    tone_events: int = 0
    facts_events: int = 0
    transcript_events: int = 0
    ending: str | None = None
    """Why the session ends, once all of its audio is processed but not all of its words are stored."""
    included: str = ""
    """Entry id of the last chunk processed; "" before any."""
    sounded: str = ""
    """Entry id of the last chunk with audio; "" before any."""
    kept: deque[_Kept] = field(default_factory=deque)
    refill: AudioTrack | None = None
    """After a takeover: restores samples that the state has processed but that the checkpoint left out."""
    refill_from: int = 0
    refill_to: int = 0
    """Position of the checkpoint; 16 kHz, like `refill_from`."""
    lost: Trouble | None = None
    """Why part of its checkpoint could not be restored."""
    untold: list[StoredEvent] = field(default_factory=list)
    """Events that still have to report this to the session."""
    misreading: Misreading = field(default_factory=Misreading)
    """Restarted with each lease, because it serves only the live status."""
    clock: Clock | None = None
    """Counts the time without audio; None once audio has come, or if the backend invents nothing."""

    @property
    def position(self) -> int:
        """Return the number of 16 kHz samples processed."""
        return self.track.position

    @property
    def needed(self) -> str | None:
        """Entry id of the oldest chunk that a replay from a checkpoint made now would need."""
        return self.kept[0].entry_id if self.kept else None

    @property
    def whole(self) -> bool:
        """Return whether all samples have been restored; a checkpoint made earlier would lack some."""
        return self.refill is None or self.refill_from >= self.refill_to

    def heard(self, chunk: Chunk) -> bool:
        """Return whether the chunk is already included."""
        return bool(self.included) and order(chunk.entry_id) <= order(self.included)

    def store(self, sample: int, kind: EventKind, data: str) -> StoredEvent:
        """Return the session's next event, with its id."""
        self.last_id = self.last_id.next_at(sample)
        return StoredEvent(self.last_id, kind, data)

    def trouble(self, trouble: Trouble) -> StoredEvent:
        """Make the service event that reports the trouble to the session."""
        timestamp = round(self.position / PIPELINE_RATE, 4)
        data = orjson.dumps({"code": trouble, "detail": WORDS[trouble], "timestamp": timestamp}).decode()
        return self.store(self.position, "service-event", data)

    def tell(self) -> list[StoredEvent]:
        """Return the events that must still report its restart to the session, once."""
        untold, self.untold = self.untold, []
        return untold

    def lose(self, trouble: Trouble) -> None:
        """Record why part of the checkpoint could not be restored. `tell` reports it."""
        self.lost = trouble
        self.untold.append(self.trouble(trouble))

    def set_aside(self, chunk: Chunk) -> list[StoredEvent]:
        """Continue as if the chunk had never arrived, but tell the session. The next audio begins with an audio-gap.

        An end marker ends the session all the same, without the audio that was still to be classified.
        """
        self.included = chunk.entry_id
        if chunk.correction is None:
            self.sounded = chunk.entry_id
        events = [self.trouble(trouble_with(chunk))]
        if chunk.end is not None:
            self.ending = chunk.end
        return [*events, *self.conclude()]

    def open_state(self, backend: Backend) -> None:
        """Replace the state with an empty one. The words of earlier speech are still stored."""
        awaited = self.awaited
        self.state = backend.open(self.session_id, elcor=self.elcor, facts=self.facts, words=self.words)
        if self.state.words is not None:
            self.state.words.awaited = awaited

    @property
    def awaited(self) -> list[Awaited]:
        """Return the utterances that are over and whose words are not stored yet, in order."""
        return [] if self.state.words is None else self.state.words.awaited

    def transcribed(self, transcript: Transcript | None) -> list[StoredEvent]:
        """Add the words of the first awaited utterance; None if there are none. Returns the events to store."""
        awaited = self.awaited.pop(0)
        if transcript is None:
            return []
        self.transcript_events += 1
        event = _transcript_event(self.session_id, awaited, transcript, self.transcript_events)
        return [self.store(awaited.bounds.closed, "transcript-event", event.to_json())]

    def untranscribed(self) -> list[StoredEvent]:
        """Give up on the words of the first awaited utterance, and tell the session. Returns the events to store."""
        self.awaited.pop(0)
        return [self.trouble("words-set-aside")]

    def conclude(self) -> list[StoredEvent]:
        """Return the session's last event, if it is ending and no more words are awaited."""
        if self.ending is None or self.awaited:
            return []
        return [self.end(self.ending)]

    def drop_invented(self, backend: Backend) -> None:
        """Replace the state, which contains invented sound, with an empty one, keeping the corrections."""
        corrections = self.state.corrections
        self.open_state(backend)
        self.state.corrections = corrections

    def begin_afresh(self, backend: Backend) -> None:
        """Continue without any past. `tell` reports it."""
        raw = self.track.expected
        self.track = AudioTrack(self.track.rate, raw, pipeline_sample(raw, self.track.rate))
        self.open_state(backend)
        self.kept.clear()
        self.refill = None
        self.lose("listening-afresh")

    def end(self, reason: str) -> StoredEvent:
        """Return the session's last event."""
        position = self.position if self.clock is None else self.clock.position
        timestamp = round(position / PIPELINE_RATE, 4)
        data = {"reason": reason, "timestamp": timestamp, "tone_events": self.tone_events}
        if self.facts_events:
            data["facts_events"] = self.facts_events
        if self.transcript_events:
            data["transcript_events"] = self.transcript_events
        return self.store(position, "session-ended", orjson.dumps(data).decode())

    def keep(self, chunk: Chunk, start: int, end: int) -> None:
        """Keep the chunk for a replay, which may need its raw samples from `start` to `end`: its new ones."""
        if start < end:
            self.kept.append(_Kept(chunk.entry_id, start, end))

    def forget_heard(self) -> None:
        """Drop the chunks that no replay needs."""
        needed = self._needed_raw
        while self.kept and self.kept[0].end <= needed:
            self.kept.popleft()

    def holds_audio(self) -> bool:
        """Return whether samples are kept for a window still to come."""
        return self.state.needed_from < self.position or len(self.track.tail) > 0

    def covered(self) -> bool:
        """Return whether the kept chunks hold every sample that a replay would need."""
        oldest = self.kept[0].start if self.kept else self.track.expected
        return oldest <= self._needed_raw

    @property
    def _needed_raw(self) -> int:
        return resampler(self.track.rate).needed_from(self.state.needed_from)


def _transcript_event(session_id: str, awaited: Awaited, transcript: Transcript, seq: int) -> TranscriptEvent:
    words = [
        SpokenWord(text=word.text, start=word.start, end=word.end, probability=word.probability)
        for word in transcript.words_from(awaited.bounds.start / PIPELINE_RATE)
    ]
    voice = awaited.voices.tone
    return TranscriptEvent(
        session_id=session_id,
        timestamp=round(awaited.bounds.closed / PIPELINE_RATE, 4),
        utterance_id=awaited.utterance_id,
        start=words[0].start,
        end=words[-1].end,
        text=transcript.text,
        words=words,
        language=transcript.language,
        speaker_id=awaited.voices.speaker_id,
        words_tone=transcript.tone,
        mismatch=None if voice is None else mismatch(transcript.tone, voice.affect, voice.confidence),
        seq=seq,
    )
