"""A backend that needs no model: for tests, for work on the page, and for trying out a deployment.

    events = [event for heard in backend.classify(feeds) for _, event in heard.events]

It follows the audio clock as the real backend does, but derives the tone from the position in the session and from the
level of the samples. Loudness and the flags about it are really measured.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.backend import Activity, Classified, Feed, Format, State
from classifier_worker.speech.circumplex import project
from classifier_worker.speech.frozen_arrays import freeze_array, thaw_array
from classifier_worker.speech.tone.correction import shifted
from classifier_worker.speech.tone.corrections import Corrections
from classifier_worker.speech.tone.shift import RecentTone, compare
from classifier_worker.speech.wording.choice import second_affect, wording
from classifier_worker.speech.wording.facts import in_words
from classifier_worker.speech.wording.sentences import label, subtext
from classifier_worker.speech.words.session_words import Awaited, SessionWords, UnderWay, Voices
from classifier_worker.speech.words.utterances import Bounds, Utterance
from shared.audio import PIPELINE_RATE
from shared.contract.correction import Request, Verdict
from shared.contract.facts_event import FactsEvent
from shared.contract.tone_event import AFFECTS, Affect, ToneEvent
from shared.settings import Settings

SILENCE_DBFS: Final = -60.0
"""Level below which a window counts as silence; dB re full scale, root mean square."""

TOP_CONFIDENCE: Final = 0.95

_SHORTEST = PIPELINE_RATE
"""A remainder of at least 1 s becomes a shorter window."""
_MOOD = 4 * PIPELINE_RATE
"""Samples during which one affect stays at one level, so that the page does not flicker."""
_TURN = 20 * PIPELINE_RATE
"""Samples after which the other speaker takes over."""
_TAIL = PIPELINE_RATE // 4
"""Samples used to decide whether it is silent now."""
_LOUDER_DB: Final = 6.0

_WITH_DATA: Final[tuple[Affect, ...]] = AFFECTS[:8]

Samples = NDArray[np.int16]
Events = list[tuple[int, ToneEvent | FactsEvent]]


@dataclass(slots=True)
class MockState:
    """One session. Positions are 16 kHz samples."""

    session_id: str
    elcor: bool
    next_end: int
    """End of the next full window."""
    window: int
    """Samples in a full window. A session keeps the window and the hop that it began with."""
    hop: int
    position: int = 0
    """Position of the next sample to process."""
    classified: int = 0
    """End of the last window, or where the audio resumed after a gap."""
    activity: Activity = "silence"
    loudness_db: float | None = None
    """Level of the last window that was not silent."""
    recent: dict[str, RecentTone] = field(default_factory=dict)
    """Speaker → recent tone."""
    facts: bool = False
    """Whether to report only measurements and make up no tone."""
    said: str = ""
    """The content of the last facts event, apart from its numbers."""
    corrections: Corrections = field(default_factory=Corrections)
    words: SessionWords | None = None
    """Utterances of 4 s at most; None if no words are made up."""
    audio_start: int = 0
    audio: Samples = field(default_factory=lambda: np.zeros(0, np.int16))
    """Samples from audio_start up to the position."""

    @property
    def needed_from(self) -> int:
        """Return the beginning of the next full window, or of the remainder that a gap or the end may turn into a
        shorter one."""
        return min(self.next_end - self.window, max(self.classified, self.position - self.window))

    def under_way(self) -> UnderWay | None:
        return None if self.words is None else self.words.under_way(self.position)

    def spoken_since(self, begin: int) -> Utterance:
        return Utterance(begin, np.zeros(self.position - begin, np.float32), np.zeros(0))

    def held_audio(self) -> tuple[int, Samples]:
        return self.audio_start, self.audio

    def refill(self, start: int, samples: Samples) -> None:
        have = self.audio_start + len(self.audio)
        if start > have:
            raise ValueError(f"samples {have} … {start} are missing: restore the earlier ones first")
        new = samples[have - start : max(0, self.position - start)]
        self.audio = np.concatenate([self.audio, new])

    def freeze(self, *, with_audio: bool) -> dict[str, Any]:
        return {
            "session_id": self.session_id,
            "elcor": self.elcor,
            "next_end": self.next_end,
            "window": self.window,
            "hop": self.hop,
            "position": self.position,
            "classified": self.classified,
            "activity": self.activity,
            "loudness_db": self.loudness_db,
            "recent": {speaker: tone.freeze() for speaker, tone in self.recent.items()},
            "facts": self.facts,
            "said": self.said,
            "corrections": self.corrections.freeze(),
            "words": None if self.words is None else self.words.freeze(),
            "audio": freeze_array(self.audio) if with_audio else b"",
        }

    def between(self, start: int, end: int) -> Samples:
        if start < self.audio_start or end > self.audio_start + len(self.audio):
            raise ValueError(f"samples {start} … {end} are missing: refill the state before classifying more audio")
        return self.audio[start - self.audio_start : end - self.audio_start]

    def forget_before(self, start: int) -> None:
        self.audio = self.audio[start - self.audio_start :].copy()
        self.audio_start = start


class MockBackend:
    """Implements `classifier_worker.speech.load.Backend`."""

    invents = True

    def __init__(self, settings: Settings) -> None:
        self.window = round(settings.window_seconds * PIPELINE_RATE)
        self.hop = round(settings.hop_seconds * PIPELINE_RATE)
        self.floor = settings.reliability_floor
        self.facts_only = settings.facts_only

    def open(self, session_id: str, *, elcor: bool, facts: bool = False, words: bool = False) -> MockState:
        facts = facts or self.facts_only
        spoken = SessionWords() if words else None
        return MockState(session_id, elcor, self.window, self.window, self.hop, facts=facts, words=spoken)

    def classify(self, feeds: Sequence[Feed]) -> list[Classified]:
        return [self._classify_feed(feed) for feed in feeds]

    def correct(self, state: State, request: Request, seconds: float) -> Verdict | None:
        state.corrections, verdict = state.corrections.answered(
            request, () if state.facts else _WITH_DATA, None, seconds
        )
        return verdict

    def thaw(self, frozen: dict[str, Any], *, facts: bool = False) -> MockState:
        # Checkpoints from before a session stored its window and hop take those of the settings.
        values = {"window": self.window, "hop": self.hop, **frozen}
        audio = thaw_array(values.pop("audio"), np.int16)
        recent = {speaker: RecentTone.thaw(tone) for speaker, tone in values.pop("recent").items()}
        corrections = Corrections.thaw(values.pop("corrections", None))
        spoken = values.pop("words", None)
        words = SessionWords.thaw(spoken) if spoken else None
        state = MockState(**values, recent=recent, corrections=corrections, words=words, audio=audio)
        state.facts |= facts or self.facts_only
        state.audio_start = state.needed_from
        return state

    def format(self) -> Format:
        return Format("mock 1", "")

    def thaw_without_model(self, frozen: dict[str, Any]) -> MockState:
        return self.thaw(frozen)

    def card(self) -> dict[str, Any]:
        return {
            "name": "mock",
            "mock": True,
            "facts": self.facts_only,
            "licence": "MIT",
            "data": "None. This is a mock: no model runs, and no tone is recognised.",
            "figures": {},
            "limits": "Labels are made up from the position in the session and the loudness. They mean nothing and "
            "must not be shown to people as if someone had spoken in that tone.",
        }

    def _classify_feed(self, feed: Feed) -> Classified:
        state = feed.state
        if not isinstance(state, MockState):
            raise TypeError(f"MockBackend cannot classify with a {type(state).__name__}")
        events: Events = []
        if feed.start > state.position:
            events += self._rest(state)
            self._restart(state, feed.start)
        new = feed.samples[state.position - feed.start :]
        state.audio = np.concatenate([state.audio, new])
        state.position += len(new)
        while state.next_end <= state.position:
            events += self._window(state, state.next_end - state.window, state.next_end)
            state.next_end += state.hop
        if feed.final or feed.rest:
            events += self._rest(state)
            _end_utterance(state, state.position)
        if feed.rest:
            self._restart(state, state.position)
        if feed.rest:
            state.activity = "silence"
        elif len(state.audio):
            state.activity = "silence" if _level(state.audio[-_TAIL:]) < SILENCE_DBFS else "listening"
        state.forget_before(state.needed_from)
        tones = [(end, event) for end, event in events if isinstance(event, ToneEvent)]
        facts = [(end, event) for end, event in events if isinstance(event, FactsEvent)]
        return Classified(state.activity, tones, facts)

    def _restart(self, state: MockState, position: int) -> None:
        _end_utterance(state, state.position)
        state.position = state.classified = state.audio_start = position
        state.next_end = position + state.window
        state.audio = state.audio[:0]

    def _rest(self, state: MockState) -> Events:
        if state.position - state.classified < _SHORTEST:
            return []
        return self._window(state, max(state.classified, state.position - state.window), state.position)

    def _window(self, state: MockState, start: int, end: int) -> Events:
        state.classified = end
        level = _level(state.between(start, end))
        if level < SILENCE_DBFS:
            _end_utterance(state, end)
            return []
        event = self._facts(state, end, level) if state.facts else self._event(state, end, level)
        if state.words is not None:
            event = _spoken(state.words, max(state.words.bounds.floor, end - self.hop), end, event)
        state.loudness_db = level
        return [] if event is None else [(end, event)]

    def _facts(self, state: MockState, end: int, level: float) -> FactsEvent | None:
        """Return the window's facts event, or None if the last one was the same."""
        speaker, flags = _speaker(end), _flags(level, state.loudness_db)
        text = in_words(flags, usual_known=state.loudness_db is not None)
        said = f"{speaker} {text}"
        if said == state.said:
            return None
        state.said = said
        return FactsEvent(
            session_id=state.session_id,
            timestamp=round(end / PIPELINE_RATE, 5),
            speaker_id=speaker,
            prosody_flags=flags,
            loudness_db=level,
            text=text,
        )

    def _event(self, state: MockState, end: int, level: float) -> ToneEvent:
        speaker = _speaker(end)
        affect, scores = _corrected(*self._scores(end, level), state.corrections, speaker)
        point = project(scores)
        state.recent[speaker], shift = compare(state.recent.get(speaker, RecentTone()), scores, point)
        flags = _flags(level, state.loudness_db)
        second, confidence = second_affect(scores, affect), scores[affect]
        chosen = wording(affect, second, confidence, point.arousal, flags, valence=point.valence, elcor=state.elcor)
        return ToneEvent(
            session_id=state.session_id,
            timestamp=round(end / PIPELINE_RATE, 5),
            label=label(affect, chosen),
            confidence=confidence,
            affect=affect,
            subtext=subtext(affect, chosen),
            speaker_id=speaker,
            shift_magnitude=shift.magnitude,
            shift_direction=shift.direction,
            prosody_flags=flags,
            scores=scores,
            arousal=point.arousal,
            valence=point.valence,
            loudness_db=level,
            wording=chosen,
        )

    def _scores(self, end: int, level: float) -> tuple[Affect, dict[Affect, float]]:
        """Return the affect and all probabilities. Its confidence lies between 0.5 (or the floor) and 0.95."""
        mood = _digest(f"mood {end // _MOOD} {round(level / 6.0)}")
        affect = _WITH_DATA[mood[0] % len(_WITH_DATA)]
        others = [other for other in _WITH_DATA if other != affect]
        second = others[mood[1] % len(others)]
        low = max(0.5, self.floor)
        share = _digest(f"confidence {end} {level}")[0] / 255
        confidence = low + max(0.0, TOP_CONFIDENCE - low) * share
        rest = 1.0 - confidence
        scores = {other: round(0.4 * rest / (len(others) - 1), 4) for other in _WITH_DATA}
        scores |= {affect: round(confidence, 4), second: round(0.6 * rest, 4)}
        return affect, scores


def _spoken(
    words: SessionWords, start: int, end: int, event: ToneEvent | FactsEvent | None
) -> ToneEvent | FactsEvent | None:
    """Return the event as part of its utterance, which begins at `start` unless one is under way."""
    if not words.bounds.speaking:
        words.bounds.start, words.voices = start, Voices(start)
    words.voices.heard(_speaker(end))
    if event is not None:
        event = event.model_copy(update={"utterance_id": words.voices.utterance_id})
    if isinstance(event, ToneEvent):
        words.voices.sounded(event)
    if end - words.bounds.start >= _MOOD:
        _close(words, end)
    return event


def _end_utterance(state: MockState, end: int) -> None:
    if state.words is not None and state.words.bounds.speaking:
        _close(state.words, end)


def _close(words: SessionWords, end: int) -> None:
    """End the utterance. Its words are made up, so it needs no audio."""
    bounds = Bounds(words.bounds.start, end, end)
    words.awaited.append(Awaited(bounds, np.zeros(0, np.int16), np.zeros(0, np.float32), words.voices))
    words.bounds.floor, words.bounds.start = end, -1


def _speaker(end: int) -> str:
    return "speaker_b" if end // _TURN % 2 else "speaker_a"


def _corrected(
    affect: Affect, scores: dict[Affect, float], corrections: Corrections, speaker: str
) -> tuple[Affect, dict[Affect, float]]:
    """Shift the scores by the person's corrections."""
    lessons = corrections.lessons(speaker, _WITH_DATA)
    if not lessons:
        return affect, scores
    moved = shifted(np.array([[scores[name] for name in _WITH_DATA]]), lessons)[0]
    found = {name: round(float(score), 4) for name, score in zip(_WITH_DATA, moved, strict=True)}
    return max(found, key=found.__getitem__), found


def _digest(text: str) -> bytes:
    """Return two bytes that are the same in every process."""
    return blake2b(text.encode(), digest_size=2).digest()


def _level(samples: Samples) -> float:
    """Return the root mean square, dB re full scale, 1 decimal; −120 for digital silence. Exact, because summed in
    integers."""
    power = int(np.sum(np.square(samples.astype(np.int64)))) / max(1, len(samples)) / 32768.0**2
    return round(10.0 * math.log10(max(power, 1e-12)), 1)


def _flags(level: float, before: float | None) -> list[str]:
    if before is None or abs(level - before) < _LOUDER_DB:
        return []
    return ["louder" if level > before else "quieter"]
