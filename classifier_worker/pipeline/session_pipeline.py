"""One session: chunks → spans → feeds → events with ids."""

import logging
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from classifier_worker.pipeline.audio_track import AudioTrack, Gap, Span
from classifier_worker.pipeline.hearing import Hearing
from classifier_worker.pipeline.invented import LONGEST_STEP
from classifier_worker.speech.backend import Activity, Backend, Classified, Feed, State
from classifier_worker.speech.signal.resample import resampler
from shared.audio import PIPELINE_RATE
from shared.contract.correction import parse_request
from shared.contract.entry_id import order
from shared.contract.facts_event import FactsEvent
from shared.contract.pcm_stream import Chunk
from shared.contract.stored_event import EventKind, StoredEvent
from shared.contract.tone_event import ToneEvent

log = logging.getLogger(__name__)

LONGEST_PAUSE_MS: Final = 60_000
"""The default of LINNET_AUDIO_TTL: a longer pause between two chunks ends the utterance."""


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

    def feed(self, state: State) -> Feed:
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
    """One session's progress through a step."""

    hearing: Hearing
    parts: deque["_Part | _Told | _Anew"]
    end: str | None
    events: list[StoredEvent]
    activity: Activity = "silence"


def look(session_id: str, now_ms: int) -> Chunk:
    """Return the input of `advance` for a session that has sent nothing up to `now_ms` (Redis time): the time alone."""
    return Chunk(f"{now_ms}-0", session_id)


def advance(
    backend: Backend,
    work: Sequence[tuple[Hearing, Sequence[Chunk]]],
    longest_pause_ms: int = LONGEST_PAUSE_MS,
) -> list[Outcome]:
    """Process every session's chunks, in batches over sessions. Blocks: run it off the event loop.

    Where more than `longest_pause_ms` lie between two chunks of a session, by their ids, the utterance before them is
    closed and its audio dropped, whether a worker waited all that time or reads both at once.
    """
    turns = [_turn(backend, hearing, chunks, longest_pause_ms) for hearing, chunks in work]
    while round_ := [(turn, part) for turn in turns if (part := _next_part(backend, turn)) is not None]:
        heard = backend.classify([part.feed(turn.hearing.state) for turn, part in round_])
        for (turn, part), of_part in zip(round_, heard, strict=True):
            _note(turn, part.gap, of_part)
    return [_outcome(turn) for turn in turns]


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
    """Return the mock's input for a session without audio up to the chunk's time, and any correction in the chunk.

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
    """Join contiguous audio, so that a session has one feed per step unless there is a gap, a long pause or a
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
    """Yield the turn's feeds; corrections before a feed apply from there on."""
    while turn.parts:
        part = turn.parts.popleft()
        if isinstance(part, _Part):
            return part
        if isinstance(part, _Anew):
            turn.hearing.drop_invented(backend)
            continue
        verdict = backend.correct(turn.hearing.state, parse_request(part.request), part.seconds)
        if verdict is not None:
            _store(turn, part.sample, "correction", verdict.model_dump_json())
    return None


def _refill(backend: Backend, hearing: Hearing, chunk: Chunk) -> None:
    """Give the state back the samples from `refill_from` on, exactly as it had them."""
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
        hearing.state.refill(begin, span.samples[begin - span.start : end - span.start])
        hearing.refill_from = end
    except ValueError as error:
        _give_up_refilling(backend, hearing, str(error))


def _give_up_refilling(backend: Backend, hearing: Hearing, why: str) -> None:
    """Continue without any past: state and stream do not match, through no fault of the audio."""
    log.error("session %s…: its audio cannot be restored (%s)", hearing.session_id[:8], why)
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


def _outcome(turn: _Turn) -> Outcome:
    hearing = turn.hearing
    if turn.end is not None:
        hearing.ending = turn.end
    last = hearing.conclude()
    hearing.forget_heard()
    return Outcome(hearing, turn.activity, [*turn.events, *last], bool(last))
