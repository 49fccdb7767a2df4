"""The real backend: Silero VAD → utterances → speech gate → speakers → features and pitch → tone head → ToneEvents.

In facts-only sessions, pitch and loudness become FactsEvents instead, without features and tone head.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech import facts as measuring
from classifier_worker.speech.backend import Activity, Classified, Feed, Format, State
from classifier_worker.speech.facts import Measured
from classifier_worker.speech.models.build.encoder import ensure_encoder
from classifier_worker.speech.models.embedding import embed
from classifier_worker.speech.models.encoder import Encoder
from classifier_worker.speech.models.model_files import fingerprint, held_out_path, model_card, model_path
from classifier_worker.speech.models.pitch import PitchTrack, PitchTracker
from classifier_worker.speech.models.pitch_history import PitchFrames
from classifier_worker.speech.models.sound_kind import SoundKind, SoundKinds
from classifier_worker.speech.models.vocal_bursts import Untold
from classifier_worker.speech.models.voice_activity import VoiceActivity
from classifier_worker.speech.models.voiceprint import Voiceprints
from classifier_worker.speech.speakers.diarization import Turn, speaker_id
from classifier_worker.speech.speakers.slices import measure_slices
from classifier_worker.speech.speech_state import SpeechState, joined_frames
from classifier_worker.speech.tone.held_out import HeldOut
from classifier_worker.speech.tone.reader import Address, Sound, ToneReader
from classifier_worker.speech.tone.speaker_memory import known
from classifier_worker.speech.tone.tone_head import ToneHead
from classifier_worker.speech.windows.speech_gate import speech_in
from classifier_worker.speech.windows.utterance import Window, WindowPlan
from classifier_worker.speech.words.session_words import SessionWords, Voices
from shared.audio import PIPELINE_RATE
from shared.contract.correction import Request, Verdict
from shared.contract.facts_event import FactsEvent
from shared.contract.tone_event import Affect, ToneEvent
from shared.settings import Settings

STATES: Final = "speech 1"
"""See `Format`. Also raise it when the model for voice activity or for voiceprints changes."""


class _Whose(NamedTuple):
    """The speaker of a window, and the kind of sound."""

    turn: Turn
    kind: SoundKind


class _Due(NamedTuple):
    """A window to classify. A session's windows are kept in the order in which they became due."""

    row: int
    """Index of the feed that it belongs to."""
    listener: SpeechState
    window: Window
    audio: NDArray[np.float32]
    voiced: NDArray[np.float64]
    """Voice probabilities of its 32 ms frames."""
    whose: _Whose | None
    """None if it contains no human speech."""
    voices: Voices | None
    """The voices in its utterance; None without words."""


class _Laughter(NamedTuple):
    """Laughter, kept in order with the windows."""

    listener: SpeechState
    laugh: Untold


class _ToneModels(NamedTuple):
    """The models that only tone needs."""

    encoder: Encoder
    reader: ToneReader
    affects: tuple[Affect, ...]
    """The model's affects, in the order of its scores."""
    held_out: HeldOut | None
    """None if the model came without a table."""

    @classmethod
    def load(cls, settings: Settings, head: ToneHead | None) -> "_ToneModels":
        head = head or ToneHead.load(model_path(settings.tone_model))
        path = ensure_encoder(settings.data_dir / "models" / "encoder.onnx")
        encoder = Encoder(path, settings.device, settings.inference_threads)
        table = HeldOut.load(held_out_path(settings.tone_model))
        held_out = None if table is None else table.among(head.affects)
        return cls(encoder, ToneReader(head, settings.reliability_floor), head.affects, held_out)


MEASURED_CARD: Final = {
    "name": "facts",
    "facts": True,
    "licence": "MIT",
    "data": "None: no tone model is loaded.",
    "figures": {},
    "limits": "Reports measurements of a voice relative to its previous minute, and infers no tone from them. "
    "CAM++ tells speakers apart; Silero VAD and a sound classifier tell voices from other sound.",
    "device": "cpu",
}
"""The card of a deployment that loads no tone model."""


class SpeechBackend:
    """Batches voice activity over all sessions, and windows of equal length over everything that is due."""

    invents = False

    def __init__(self, settings: Settings, head: ToneHead | None = None) -> None:
        """Load the models, including those for tone unless `settings.facts_only`; build the encoder if it is missing.

        head: replaces the tone model that the settings name.
        Raises FileNotFoundError, with a message to show.
        """
        self._tone = None if settings.facts_only else _ToneModels.load(settings, head)
        self._voice_activity = VoiceActivity(settings.inference_threads)
        self._pitch = PitchTracker(settings.inference_threads)
        self._voiceprints = Voiceprints(settings.inference_threads)
        self._kinds = SoundKinds(settings.inference_threads)
        self._max_batch = settings.max_batch
        self._plan = WindowPlan(
            round(settings.window_seconds * PIPELINE_RATE), round(settings.hop_seconds * PIPELINE_RATE)
        )
        self._card, self._format = MEASURED_CARD, Format(STATES, "")
        if self._tone is not None:
            self._card = {**model_card(settings.tone_model), "device": self._tone.encoder.device}
            self._format = Format(STATES, f"{self._card['name']} {fingerprint(settings.tone_model)}")

    def open(self, session_id: str, *, elcor: bool, facts: bool = False, words: bool = False) -> SpeechState:
        measured = Measured() if facts or self._tone is None else None
        address = Address(session_id, elcor)
        return SpeechState(address, self._plan, measured=measured, words=SessionWords() if words else None)

    def classify(self, feeds: Sequence[Feed]) -> list[Classified]:
        listeners = [_own(feed.state) for feed in feeds]
        due = [
            *self._cut_at_gaps(listeners, feeds),
            *self._listen(listeners),
            *self._cut_at_end(listeners, feeds),
        ]
        features = iter(self._embed([item for item in due if isinstance(item, _Due) and _tone_is_wanted(item)]))
        heard = [Classified("silence") for _ in feeds]
        for item in due:
            if isinstance(item, _Laughter):
                item.listener.laugh = item.laugh
                continue
            item.listener.unclear = not self._classify_window(item, features, heard[item.row])
        for listener in listeners:
            listener.forget_heard()
        return [replace(of, activity=_activity(listener)) for listener, of in zip(listeners, heard, strict=True)]

    def _classify_window(self, item: _Due, features: Iterator[NDArray[np.float32]], heard: Classified) -> bool:
        """Add the window's event, if it has one. Returns False if its tone is unclear."""
        if item.whose is None:
            return item.listener.measured is not None  # no tone was requested
        if item.listener.measured is not None:
            facts = self._measure(item, item.whose, item.listener.measured)
            if facts is not None and item.voices is not None:
                facts = facts.model_copy(update={"utterance_id": item.voices.utterance_id})
            if facts is not None:
                heard.facts.append((item.window.end, facts))
            return True
        event = self._read(item, item.whose, next(features))
        if event is not None and item.voices is not None:
            event = event.model_copy(update={"utterance_id": item.voices.utterance_id})
            item.voices.sounded(event)
        if event is not None:
            heard.events.append((item.window.end, event))
        return event is not None

    def correct(self, state: State, request: Request, seconds: float) -> Verdict | None:
        affects, held_out = self._taught(state)
        state.corrections, verdict = state.corrections.answered(request, affects, held_out, seconds)
        return verdict

    def _taught(self, state: State) -> tuple[tuple[Affect, ...], HeldOut | None]:
        """Return the affects that can be corrected, and the held-out guard; neither if no tone is inferred."""
        if self._tone is None or state.facts:
            return (), None
        return self._tone.affects, self._tone.held_out

    def thaw(self, frozen: dict[str, Any], *, facts: bool = False) -> SpeechState:
        return SpeechState.thaw(frozen, self._plan, facts=facts or self._tone is None)

    def format(self) -> Format:
        return self._format

    def thaw_without_model(self, frozen: dict[str, Any]) -> SpeechState:
        if self._tone is None:
            return self.thaw(frozen)
        # Another model's scores have a different meaning, so corrections of these no longer apply.
        listener = SpeechState.thaw({**frozen, "voices": [], "corrections": None}, self._plan)
        for number, voice in frozen["voices"]:
            listener.voices[number] = self._tone.reader.new_voice().with_measured(voice)
        return listener

    def card(self) -> dict[str, Any]:
        return dict(self._card)

    def _cut_at_gaps(self, listeners: Sequence[SpeechState], feeds: Sequence[Feed]) -> list[_Due | _Laughter]:
        due: list[_Due | _Laughter] = []
        for row, (listener, feed) in enumerate(zip(listeners, feeds, strict=True)):
            if feed.start > listener.end:
                due += self._due(row, listener, listener.cut())
                listener.restart(feed.start)
            listener.append(feed.samples)
        return due

    def _listen(self, listeners: Sequence[SpeechState]) -> list[_Due | _Laughter]:
        due: list[_Due | _Laughter] = []
        rows = {id(listener): row for row, listener in enumerate(listeners)}
        for ready, frames in joined_frames(listeners):
            probabilities, memories = self._voice_activity.step(frames, [listener.memory for listener in ready])
            for listener, probability, memory in zip(ready, probabilities, memories, strict=True):
                window = listener.heard_frame(float(probability), memory)
                due += self._due(rows[id(listener)], listener, window)
                due += self._between(listener)
        return due

    def _between(self, listener: SpeechState) -> Iterable[_Laughter]:
        """Find laughter outside utterances, where much of it is hardly voiced."""
        audio = listener.stirring()
        if audio is not None and self._kinds.of(audio).laughing >= 0.0:
            yield _Laughter(listener, Untold(listener.framed, None))

    def _cut_at_end(self, listeners: Sequence[SpeechState], feeds: Sequence[Feed]) -> Iterable[_Due | _Laughter]:
        for row, (listener, feed) in enumerate(zip(listeners, feeds, strict=True)):
            if feed.final or feed.rest:
                yield from self._due(row, listener, listener.cut())
            if feed.rest:
                listener.restart(listener.end)
                listener.power = 0.0

    def _due(self, row: int, listener: SpeechState, window: Window | None) -> Iterable[_Due | _Laughter]:
        """Return the window with its speaker and audio. This is done at once because a restart drops the audio and the
        speaker decides where the next window begins."""
        if window is None:
            return
        listener.listened = window.audio_end
        audio, voiced = listener.audio(window.start, window.audio_end), listener.window_probabilities(window)
        kind, laughing = self._sounds(window, audio, voiced)
        parts = [] if kind is None else measure_slices(self._voiceprints, window, audio, voiced)
        whose = None if kind is None else listener.whose(window, parts)
        voices = None if listener.words is None else listener.words.voices_at(listener.framed)
        if laughing:
            yield _Laughter(listener, Untold(window.audio_end, _laughs(window, whose)))
        if kind is None:
            # Sound other than speech gets no event and updates no voice.
            yield _Due(row, listener, window, audio, voiced, None, voices)
        elif whose is not None:
            own, turn = whose
            if own != window:
                audio, voiced = listener.audio(own.start, own.audio_end), listener.window_probabilities(own)
            if voices is not None:
                voices.heard(speaker_id(turn.number))
            yield _Due(row, listener, own, audio, voiced, _Whose(turn, kind), voices)

    def _sounds(
        self, window: Window, audio: NDArray[np.float32], voiced: NDArray[np.float64]
    ) -> tuple[SoundKind | None, bool]:
        """Return the kind of sound if the window holds speech, and whether there is laughter in its new audio."""
        asked, laughing = 0, False

        def kind_of(part: NDArray[np.float32]) -> SoundKind:
            nonlocal asked, laughing
            kind = self._kinds.of(part, window.fresh)
            asked, laughing = max(asked, len(part)), laughing or kind.laughing >= 0.0
            return kind

        kind = speech_in(audio, voiced, kind_of)
        if asked < min(window.fresh, len(audio)):
            kind_of(audio)
        return kind, laughing

    def _embed(self, due: Sequence[_Due]) -> list[NDArray[np.float32]]:
        """Return the features of each window, float32[D]; windows of equal length share a batch."""
        features: list[NDArray[np.float32]] = [np.zeros(0, np.float32)] * len(due)
        if self._tone is None:
            return features
        by_length = sorted(range(len(due)), key=lambda place: len(due[place].audio))
        for _, group in groupby(by_length, key=lambda place: len(due[place].audio)):
            for places in _batches(list(group), self._max_batch):
                rows = embed(self._tone.encoder, self._voiceprints, np.stack([due[place].audio for place in places]))
                for place, row in zip(places, rows, strict=True):
                    features[place] = row
        return features

    def _read(self, item: _Due, whose: _Whose, features: NDArray[np.float32]) -> ToneEvent | None:
        if self._tone is None:
            return None
        listener, reader = item.listener, self._tone.reader
        listener.voices = known(listener.voices, whose.turn)
        laughing = _laughing(item, whose.turn, listener.voices)
        sound = Sound(features, self._track(item), item.voiced, whose.kind.synthetic, item.audio, laughing)
        listener.corrections = listener.corrections.with_joined(whose.turn.joined)
        lessons = listener.corrections.lessons(speaker_id(whose.turn.number), self._tone.affects)
        voice = listener.voices.get(whose.turn.number) or reader.new_voice()
        voice, event = reader.read(voice, listener.address, item.window, sound, whose.turn, lessons=lessons)
        listener.voices[whose.turn.number] = voice
        if laughing and event is not None:
            listener.laugh = None
        return event

    def _measure(self, item: _Due, whose: _Whose, measured: Measured) -> FactsEvent | None:
        listener = item.listener
        laughing = _laughing(item, whose.turn, known(measured.voices, whose.turn))
        sound = measuring.Sound(self._track(item), item.voiced, item.audio, laughing)
        listener.measured, event = measuring.read(measured, listener.address.session_id, item.window, sound, whose.turn)
        if laughing:
            listener.laugh = None  # without a new event, the previous one still stands
        return event

    def _track(self, item: _Due) -> PitchFrames:
        listener, window = item.listener, item.window

        def track(begin: int, end: int) -> PitchTrack:
            return self._pitch.track(item.audio[None, begin - window.start : end - window.start])

        listener.pitch, frames = listener.pitch.extend(window.start, window.audio_end, track)
        return frames


def _own(state: State) -> SpeechState:
    if not isinstance(state, SpeechState):
        raise TypeError(f"SpeechBackend cannot classify with a {type(state).__name__}")
    return state


def _batches(places: list[int], size: int) -> Iterable[list[int]]:
    for begin in range(0, len(places), size):
        yield places[begin : begin + size]


def _laughs(window: Window, whose: tuple[Window, Turn] | None) -> int | None:
    """Return the number of the voice that laughs in a window, or None if its speech does not show it."""
    if whose is None:
        return None
    own, turn = whose
    return turn.number if turn.sure and own == window else None


def _laughing(item: _Due, turn: Turn, voices: Collection[int]) -> bool:
    """Return whether the window's event should report a laugh not reported yet. voices: known at the turn."""
    laugh, heard = item.listener.laugh, {*voices, turn.number}
    return laugh is not None and laugh.belongs_to(turn.number, len(heard), item.window.start)


def _tone_is_wanted(item: _Due) -> bool:
    return item.whose is not None and item.listener.measured is None


def _activity(listener: SpeechState) -> Activity:
    if not listener.tracker.speaking:
        return "unclear" if listener.loud else "silence"
    return "unclear" if listener.unclear else "listening"
