"""One session: chunks → spans → feeds → events with ids."""

import logging
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import msgpack
import numpy as np
import orjson
from numpy.typing import NDArray

from classifier_worker.pipeline.audio_track import AudioTrack, Gap, Span
from classifier_worker.pipeline.invented import LONGEST_STEP, Clock, invented
from classifier_worker.pipeline.misreading import Misreading
from classifier_worker.pipeline.service_events import WORDS, Trouble, trouble_with
from classifier_worker.speech.backend import Activity, Backend, Classified, Feed, Format
from classifier_worker.speech.signal.resample import resampler
from shared.audio import PIPELINE_RATE, pipeline_sample
from shared.contract.correction import parse_request
from shared.contract.entry_id import order
from shared.contract.event_id import BEGINNING, EventId
from shared.contract.facts_event import FactsEvent
from shared.contract.pcm_stream import Chunk
from shared.contract.session import Session
from shared.contract.stored_event import EventKind, StoredEvent
from shared.contract.tone_event import ToneEvent

log = logging.getLogger(__name__)

CHECKPOINT_VERSION: Final = 3
NAMELESS_VERSION: Final = 2
"""Checkpoints of this version do not say which model the state is of."""

LONGEST_PAUSE_MS: Final = 60_000
"""The default of LINNET_AUDIO_TTL: a longer pause between two chunks ends the utterance."""


class UnreadableCheckpointError(Exception):
    """The checkpoint cannot be used: it is damaged, or a later version of Linnet wrote it."""


class _Kept(NamedTuple):
    """A chunk that a replay may need, with the raw positions of what was new in it."""

    entry_id: str
    start: int
    end: int


@dataclass(slots=True)
class Hearing:
    """What a worker knows about a session. All of it can be rebuilt from the checkpoint and the PCM stream."""

    session_id: str
    track: AudioTrack
    state: Any
    """The backend's."""
    elcor: bool = False
    facts: bool = False
    last_id: EventId = BEGINNING
    tone_events: int = 0
    facts_events: int = 0
    included: str = ""
    """Entry id of the last chunk processed; "" before any."""
    sounded: str = ""
    """The same, for chunks with audio."""
    kept: deque[_Kept] = field(default_factory=deque)
    refill: AudioTrack | None = None
    """After a takeover: restores samples that the state has processed but that the checkpoint left out."""
    refill_from: int = 0
    refill_to: int = 0
    """Position of the checkpoint; 16 kHz, like `refill_from`."""
    lost: Trouble | None = None
    """Why part of its checkpoint could not be restored."""
    untold: list[StoredEvent] = field(default_factory=list)
    """Events that still have to tell the session so."""
    misreading: Misreading = field(default_factory=Misreading)
    """Starts again with each lease: it is for the live status only."""
    clock: Clock | None = None
    """Time goes by without audio; None where audio has come, or where the backend invents nothing."""

    @property
    def position(self) -> int:
        """Number of 16 kHz samples processed."""
        return self.track.position

    @property
    def needed(self) -> str | None:
        """Entry id of the oldest chunk that a replay from a checkpoint of now would need."""
        return self.kept[0].entry_id if self.kept else None

    @property
    def whole(self) -> bool:
        """Whether all samples have been refilled; a checkpoint made before would lack some."""
        return self.refill is None or self.refill_from >= self.refill_to

    def heard(self, chunk: Chunk) -> bool:
        """Whether the chunk is already included."""
        return bool(self.included) and order(chunk.entry_id) <= order(self.included)

    def freeze(self, backend: Backend, *, alone: bool) -> bytes:
        """The checkpoint. Alone it holds the audio too; else the chunks from `needed` on complete it."""
        alone = alone or not self._covered(backend)
        clock = None if self.clock is None else self.clock.freeze()
        if alone:
            self.kept.clear()
        return bytes(
            msgpack.packb(
                {
                    "version": CHECKPOINT_VERSION,
                    "format": list(backend.format()),
                    "track": self.track.freeze(),
                    "state": backend.freeze(self.state, with_audio=alone and clock is None),
                    "alone": alone,
                    "last_id": list(self.last_id),
                    "tone_events": self.tone_events,
                    "facts_events": self.facts_events,
                    "included": self.included,
                    "clock": clock,
                    "sounded": self.sounded,
                }
            )
        )

    def store(self, sample: int, kind: EventKind, data: str) -> StoredEvent:
        """The session's next event, with its id."""
        self.last_id = self.last_id.next_at(sample)
        return StoredEvent(self.last_id, kind, data)

    def trouble(self, trouble: Trouble) -> StoredEvent:
        """Make the event that tells the session about its trouble."""
        timestamp = round(self.position / PIPELINE_RATE, 4)
        data = orjson.dumps({"code": trouble, "detail": WORDS[trouble], "timestamp": timestamp}).decode()
        return self.store(self.position, "service-event", data)

    def tell(self) -> list[StoredEvent]:
        """Return the events that still have to tell the session about its restart, once."""
        untold, self.untold = self.untold, []
        return untold

    def lose(self, trouble: Trouble) -> None:
        """Note why part of the checkpoint could not be restored. `tell` reports it."""
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
            events.append(self.end(chunk.end))
        return events

    def open_state(self, backend: Backend) -> None:
        """Replace the state by an empty one."""
        self.state = backend.open(self.session_id, elcor=self.elcor, facts=self.facts)

    def begin_afresh(self, backend: Backend) -> None:
        """Continue without any past. `tell` reports it."""
        raw = self.track.expected
        self.track = AudioTrack(self.track.rate, raw, pipeline_sample(raw, self.track.rate))
        self.open_state(backend)
        self.kept.clear()
        self.refill = None
        self.lose("listening-afresh")

    def end(self, reason: str) -> StoredEvent:
        """The session's last event."""
        position = self.position if self.clock is None else self.clock.position
        timestamp = round(position / PIPELINE_RATE, 4)
        data = {"reason": reason, "timestamp": timestamp, "tone_events": self.tone_events}
        if self.facts_events:
            data["facts_events"] = self.facts_events
        return self.store(position, "session-ended", orjson.dumps(data).decode())

    def keep(self, chunk: Chunk, start: int, end: int) -> None:
        """A replay may need the chunk, for its raw samples from `start` to `end`: those that were new."""
        if start < end:
            self.kept.append(_Kept(chunk.entry_id, start, end))

    def forget_heard(self, backend: Backend) -> None:
        """Drop the chunks that no replay needs."""
        needed = self._needed_raw(backend)
        while self.kept and self.kept[0].end <= needed:
            self.kept.popleft()

    def holds_audio(self, backend: Backend) -> bool:
        """Whether samples are kept for a window still to come."""
        return backend.needed_from(self.state) < self.position or len(self.track.tail) > 0

    def _covered(self, backend: Backend) -> bool:
        """Whether the kept chunks hold every sample that a replay would need."""
        oldest = self.kept[0].start if self.kept else self.track.expected
        return oldest <= self._needed_raw(backend)

    def _needed_raw(self, backend: Backend) -> int:
        return resampler(self.track.rate).needed_from(backend.needed_from(self.state))


def open_hearing(session_id: str, record: Session, checkpoint: bytes | None, backend: Backend) -> Hearing:
    """Open the session as its checkpoint left it, or at its beginning. Raises UnreadableCheckpointError.

    Of a checkpoint that another model wrote it keeps what does not hang on the model; `Hearing.tell` says so.
    """
    if not checkpoint:
        state = backend.open(session_id, elcor=record.elcor, facts=record.facts)
        clock = Clock.of(record) if backend.invents else None
        return Hearing(session_id, AudioTrack(record.sample_rate), state, record.elcor, record.facts, clock=clock)
    try:
        return _thaw(session_id, record, msgpack.unpackb(checkpoint), backend)
    except Exception as error:  # damaged bytes may raise anything
        raise UnreadableCheckpointError(type(error).__name__) from error


def _thaw(session_id: str, record: Session, frozen: dict[str, Any], backend: Backend) -> Hearing:
    if frozen["version"] not in (CHECKPOINT_VERSION, NAMELESS_VERSION):
        raise ValueError("a checkpoint of another version")
    hearing = Hearing(
        session_id,
        AudioTrack.thaw(record.sample_rate, frozen["track"]),
        None,
        record.elcor,
        record.facts,
        EventId(*frozen["last_id"]),
        frozen["tone_events"],
        frozen.get("facts_events", 0),
        frozen["included"],
        frozen.get("sounded", frozen["included"]),  # older ones had no corrections between
    )
    try:
        hearing.state, lost = _state(frozen, backend, facts=record.facts)
        needed = backend.needed_from(hearing.state)
    except Exception as error:  # another backend's state may raise anything
        log.error("session %s…: the state in its checkpoint cannot be read (%s)", session_id[:8], type(error).__name__)
        hearing.begin_afresh(backend)
        return hearing
    if lost is not None:
        hearing.lose(lost)
    if frozen.get("clock") is not None:  # absent from checkpoints of earlier versions
        clock = hearing.clock = Clock(**frozen["clock"])
        backend.refill(hearing.state, needed, invented(needed, clock.position))
    elif not frozen["alone"]:
        hearing.refill_from, hearing.refill_to = needed, hearing.position
        hearing.refill = AudioTrack(record.sample_rate)
    return hearing


def _state(frozen: dict[str, Any], backend: Backend, *, facts: bool) -> tuple[Any, Trouble | None]:
    """Return the backend's state, and what part of it was lost. May raise anything."""
    ours = backend.format()
    named = frozen["version"] != NAMELESS_VERSION
    written = Format(*frozen["format"]) if named else ours._replace(model="")
    if written.states != ours.states:
        raise ValueError(f"a state of {written.states}, not {ours.states}")
    # Nothing that is measured depends on the model.
    measured = facts or not ours.model or (named and not written.model)
    if written == ours or measured:
        return backend.thaw(frozen["state"], facts=facts), None
    return backend.thaw_without_model(frozen["state"]), "model-changed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one step for a session's chunks."""

    hearing: Hearing
    activity: Activity
    events: list[StoredEvent]
    ended: bool


class _Part(NamedTuple):
    """Audio without a break, and the gap before it."""

    start: int
    samples: NDArray[np.int16]
    gap: Gap | None = None
    final: bool = False
    rest: bool = False

    def feed(self, state: Any) -> Feed:
        return Feed(state, self.start, self.samples, final=self.final, rest=self.rest)


class _Told(NamedTuple):
    """A request about corrections, and the audio's position when it arrived."""

    request: str
    sample: int

    @property
    def seconds(self) -> float:
        return round(self.sample / PIPELINE_RATE, 4)


class _Anew:
    """End invented sound, because audio begins: only the corrections are kept."""


@dataclass(slots=True)
class _Turn:
    """A session's way through one step."""

    hearing: Hearing
    parts: deque["_Part | _Told | _Anew"]
    end: str | None
    events: list[StoredEvent]
    activity: Activity = "silence"


def look(session_id: str, now_ms: int) -> Chunk:
    """Return the input of `advance` for a session that has sent nothing up to `now_ms` (Redis time): only the time."""
    return Chunk(f"{now_ms}-0", session_id)


def advance(
    backend: Backend,
    work: Sequence[tuple[Hearing, Sequence[Chunk]]],
    longest_pause_ms: int = LONGEST_PAUSE_MS,
) -> list[Outcome]:
    """Process every session's chunks, in batches over sessions. Blocks: run it off the event loop.

    Where more than `longest_pause_ms` lie between two chunks of a session, by their ids, the utterance before is
    closed and its audio let go of, whether a worker waited all that time or reads both at once.
    """
    turns = [_turn(backend, hearing, chunks, longest_pause_ms) for hearing, chunks in work]
    while round_ := [(turn, part) for turn in turns if (part := _next_part(backend, turn)) is not None]:
        heard = backend.classify([part.feed(turn.hearing.state) for turn, part in round_])
        for (turn, part), of_part in zip(round_, heard, strict=True):
            _note(turn, part.gap, of_part)
    return [_outcome(backend, turn) for turn in turns]


def _turn(backend: Backend, hearing: Hearing, chunks: Sequence[Chunk], longest_pause_ms: int) -> _Turn:
    spans: list[Span | _Told] = []
    without_audio: list[_Part | _Told | _Anew] = []
    end = None
    for chunk in chunks:
        if hearing.heard(chunk):
            _refill(backend, hearing, chunk)
            continue
        if not hearing.whole:
            _give_up_refilling(backend, hearing, "chunks are missing")
        without_audio += _on_the_clock(hearing, chunk)
        if hearing.sounded and order(chunk.entry_id)[0] - order(hearing.sounded)[0] > longest_pause_ms:
            spans.append(hearing.track.rest())
            hearing.kept.clear()
        if chunk.end is not None:
            hearing.included = chunk.entry_id
            end = chunk.end
            spans.append(hearing.track.finish())
        elif chunk.correction is not None:
            hearing.included = chunk.entry_id
            if hearing.clock is None:
                spans.append(_Told(chunk.correction, hearing.position))
        elif chunk.pcm:
            hearing.included = hearing.sounded = chunk.entry_id
            hearing.misreading.take(chunk.pcm, hearing.track.rate, order(chunk.entry_id)[0])
            start = max(chunk.offset, hearing.track.expected)
            spans.append(hearing.track.push(chunk.offset, chunk.pcm))
            hearing.keep(chunk, start, hearing.track.expected)
    parts = deque([*without_audio, *_parts(spans, final=end is not None)])
    return _Turn(hearing, parts, end, hearing.tell())


def _on_the_clock(hearing: Hearing, chunk: Chunk) -> list[_Part | _Told | _Anew]:
    """Yield the mock's input for a session without audio up to the chunk's time, and a correction that arrives then.

    From the first audio on, the audio's clock counts.
    """
    if hearing.clock is None:
        return []
    only_time = chunk.end is None and chunk.correction is None and not chunk.pcm
    spans = hearing.clock.advance(order(chunk.entry_id)[0], LONGEST_STEP if only_time else None)
    parts: list[_Part | _Told | _Anew] = [_Part(start, samples) for start, samples in spans]
    if chunk.correction is not None:
        parts.append(_Told(chunk.correction, hearing.clock.position))
    elif not only_time:
        parts.append(_Anew())
    if chunk.pcm:
        hearing.clock = None
    return parts


def _parts(spans: Iterable[Span | _Told], *, final: bool) -> Iterable[_Part | _Told]:
    """Join contiguous audio, so that a session takes one feed per step unless there is a gap, a long pause or a
    correction."""
    runs: list[list[Span] | _Told] = []
    for span in spans:
        last = runs[-1] if runs else None
        if isinstance(span, _Told):
            runs.append(span)
        elif span.gap is None and isinstance(last, list) and not last[-1].rest:
            last.append(span)
        else:
            runs.append([span])
    for number, run in enumerate(runs, 1):
        if isinstance(run, _Told):
            yield run
            continue
        samples = np.concatenate([span.samples for span in run])
        yield _Part(run[0].start, samples, run[0].gap, final and number == len(runs), run[-1].rest)


def _next_part(backend: Backend, turn: _Turn) -> _Part | None:
    """Yield the turn's feeds; corrections before a feed count from there on."""
    while turn.parts:
        part = turn.parts.popleft()
        if isinstance(part, _Part):
            return part
        if isinstance(part, _Anew):
            turn.hearing.state = backend.anew(turn.hearing.state)
            continue
        verdict = backend.correct(turn.hearing.state, parse_request(part.request), part.seconds)
        if verdict is not None:
            _store(turn, part.sample, "correction", verdict.model_dump_json())
    return None


def _refill(backend: Backend, hearing: Hearing, chunk: Chunk) -> None:
    """Return the samples from `refill_from` on to the state, exactly as it had them."""
    if hearing.refill is None or not chunk.pcm:
        return
    if hearing.refill.expected == 0:
        first = resampler(hearing.refill.rate).first(chunk.offset)
        hearing.refill = AudioTrack(hearing.refill.rate, chunk.offset, first)
    start = max(chunk.offset, hearing.refill.expected)
    span = hearing.refill.push(chunk.offset, chunk.pcm)
    hearing.keep(chunk, start, hearing.refill.expected)
    begin = max(span.start, hearing.refill_from)
    end = min(span.start + len(span.samples), hearing.refill_to)
    if begin >= end:
        return
    try:
        backend.refill(hearing.state, begin, span.samples[begin - span.start : end - span.start])
        hearing.refill_from = end
    except ValueError as error:
        _give_up_refilling(backend, hearing, str(error))


def _give_up_refilling(backend: Backend, hearing: Hearing, why: str) -> None:
    """The state and the stream do not fit together: no audio is to blame for it."""
    log.error("session %s…: its audio cannot be refilled (%s)", hearing.session_id[:8], why)
    hearing.begin_afresh(backend)


def _note(turn: _Turn, gap: Gap | None, heard: Classified) -> None:
    """Give the events their ids, in the order of the audio."""
    turn.activity = heard.activity
    said_at: list[tuple[int, ToneEvent | FactsEvent]] = [*heard.events, *heard.facts]
    for sample, said in said_at:
        if gap is not None and sample > gap.start:
            _store_gap(turn, gap)
            gap = None
        if isinstance(said, ToneEvent):
            _store_tone(turn, sample, said)
        else:
            _store_facts(turn, sample, said)
    if gap is not None:
        _store_gap(turn, gap)


def _store_tone(turn: _Turn, sample: int, tone: ToneEvent) -> None:
    turn.hearing.tone_events += 1
    numbered = tone.model_copy(update={"seq": turn.hearing.tone_events})
    _store(turn, sample, "tone-event", numbered.to_json())


def _store_facts(turn: _Turn, sample: int, facts: FactsEvent) -> None:
    turn.hearing.facts_events += 1
    numbered = facts.model_copy(update={"seq": turn.hearing.facts_events})
    _store(turn, sample, "facts-event", numbered.to_json())


def _store_gap(turn: _Turn, gap: Gap) -> None:
    seconds = {"from": round(gap.start / PIPELINE_RATE, 4), "to": round(gap.end / PIPELINE_RATE, 4)}
    data = orjson.dumps({**seconds, "from_sample": gap.start, "to_sample": gap.end}).decode()
    _store(turn, gap.start, "audio-gap", data)


def _store(turn: _Turn, sample: int, kind: EventKind, data: str) -> None:
    turn.events.append(turn.hearing.store(sample, kind, data))


def _outcome(backend: Backend, turn: _Turn) -> Outcome:
    hearing = turn.hearing
    if turn.end is not None:
        turn.events.append(hearing.end(turn.end))
    hearing.forget_heard(backend)
    return Outcome(hearing, turn.activity, turn.events, turn.end is not None)
