"""The real backend: Silero VAD → utterances → speech gate → speakers → features and pitch → tone head → ToneEvents."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifier_worker.backends.base import Activity, Feed, Format, Heard
from classifier_worker.speech.embedding import embed
from classifier_worker.speech.encoder import Encoder
from classifier_worker.speech.encoder_build import ensure_encoder
from classifier_worker.speech.held_out import HeldOut
from classifier_worker.speech.listener import Listener, joined_frames
from classifier_worker.speech.pitch import PitchTrack, PitchTracker
from classifier_worker.speech.sound_kind import SoundKind, SoundKinds
from classifier_worker.speech.speakers import Turn, speaker_id
from classifier_worker.speech.speech_gate import speech_in
from classifier_worker.speech.stretch import listen
from classifier_worker.speech.tone import Address, Sound, ToneReader
from classifier_worker.speech.tone_head import ToneHead
from classifier_worker.speech.utterance import Window, WindowPlan
from classifier_worker.speech.vocal_bursts import Untold
from classifier_worker.speech.voice import known
from classifier_worker.speech.voice_activity import VoiceActivity
from classifier_worker.speech.voiceprint import Voiceprints
from classifier_worker.tone_model import fingerprint, held_out_path, model_card, model_path
from shared.audio import PIPELINE_RATE
from shared.correction import Request, Verdict
from shared.settings import Settings
from shared.tone_event import ToneEvent

STATES: Final = "speech 1"
"""See `Format`. To be raised too when the models for voice activity or for voiceprints are others."""


class _Whose(NamedTuple):
    """Who speaks in a window, and what sort of sound that is."""

    turn: Turn
    kind: SoundKind


class _Due(NamedTuple):
    """A window to classify, in the order in which its session's windows became due."""

    row: int
    """The feed that it belongs to."""
    listener: Listener
    window: Window
    audio: NDArray[np.float32]
    voiced: NDArray[np.float64]
    """Voice probabilities of its 32 ms frames."""
    whose: _Whose | None
    """None: it holds no speech of a person."""


class _Laughter(NamedTuple):
    """Somebody was heard laughing, in order with the windows."""

    listener: Listener
    laugh: Untold


class SpeechBackend:
    """Batches voice activity over sessions and windows of equal length over everything that is due."""

    invents = False

    def __init__(self, settings: Settings, head: ToneHead | None = None) -> None:
        """Loads the models; builds the encoder where `manage.sh` has not. Raises FileNotFoundError in words.

        head: instead of the tone model that the settings name.
        """
        head = head or ToneHead.load(model_path(settings.tone_model))
        path = ensure_encoder(settings.data_dir / "models" / "encoder.onnx")
        self._encoder = Encoder(path, settings.device, settings.inference_threads)
        self._voice_activity = VoiceActivity(settings.inference_threads)
        self._pitch = PitchTracker(settings.inference_threads)
        self._voiceprints = Voiceprints(settings.inference_threads)
        self._kinds = SoundKinds(settings.inference_threads)
        self._reader = ToneReader(head, settings.reliability_floor)
        self._affects = head.affects
        table = HeldOut.load(held_out_path(settings.tone_model))
        self._held_out = None if table is None else table.among(head.affects)
        self._max_batch = settings.max_batch
        self._plan = WindowPlan(
            round(settings.window_seconds * PIPELINE_RATE), round(settings.hop_seconds * PIPELINE_RATE)
        )
        self._card = {**model_card(settings.tone_model), "device": self._encoder.device}
        self._format = Format(STATES, f"{self._card['name']} {fingerprint(settings.tone_model)}")

    def open(self, session_id: str, *, elcor: bool) -> Listener:
        return Listener(Address(session_id, elcor), self._plan)

    def anew(self, state: Listener) -> Listener:
        return Listener(state.address, self._plan, corrections=state.corrections)

    def hear(self, feeds: Sequence[Feed]) -> list[Heard]:
        due = [*self._cut_at_gaps(feeds), *self._listen(feeds), *self._cut_at_end(feeds)]
        features = iter(self._embed([item for item in due if isinstance(item, _Due) and item.whose is not None]))
        events: list[list[tuple[int, ToneEvent]]] = [[] for _ in feeds]
        for item in due:
            if isinstance(item, _Laughter):
                item.listener.laugh = item.laugh
                continue
            event = self._read(item, item.whose, next(features)) if item.whose is not None else None
            item.listener.unclear = event is None
            if event is not None:
                events[item.row].append((item.window.end, event))
        for feed in feeds:
            feed.state.forget_heard()
        return [Heard(_activity(feed.state), heard) for feed, heard in zip(feeds, events, strict=True)]

    def correct(self, state: Listener, request: Request, seconds: float) -> Verdict | None:
        state.corrections, verdict = state.corrections.answered(request, self._affects, self._held_out, seconds)
        return verdict

    def needed_from(self, state: Listener) -> int:
        return state.needed_from

    def freeze(self, state: Listener, *, with_audio: bool) -> dict[str, Any]:
        return state.freeze(with_audio=with_audio)

    def thaw(self, frozen: dict[str, Any]) -> Listener:
        return Listener.thaw(frozen, self._plan)

    def format(self) -> Format:
        return self._format

    def thaw_without_model(self, frozen: dict[str, Any]) -> Listener:
        # Another model's scores mean something else, so what was corrected at them counts no longer.
        listener = Listener.thaw({**frozen, "voices": [], "corrections": None}, self._plan)
        for number, voice in frozen["voices"]:
            listener.voices[number] = self._reader.new_voice().with_measured(voice)
        return listener

    def audio(self, state: Listener) -> tuple[int, NDArray[np.int16]]:
        return state.begin, state.samples

    def refill(self, state: Listener, start: int, samples: NDArray[np.int16]) -> None:
        if start != state.end:
            raise ValueError(f"samples for position {state.end} were due, not {start}")
        state.append(samples)

    def card(self) -> dict[str, Any]:
        return dict(self._card)

    def _cut_at_gaps(self, feeds: Sequence[Feed]) -> list[_Due | _Laughter]:
        due: list[_Due | _Laughter] = []
        for row, feed in enumerate(feeds):
            listener: Listener = feed.state
            if feed.start > listener.end:
                due += self._due(row, listener, listener.cut())
                listener.restart(feed.start)
            listener.append(feed.samples)
        return due

    def _listen(self, feeds: Sequence[Feed]) -> list[_Due | _Laughter]:
        due: list[_Due | _Laughter] = []
        rows = {id(feed.state): row for row, feed in enumerate(feeds)}
        for listeners, frames in joined_frames([feed.state for feed in feeds]):
            probabilities, memories = self._voice_activity.step(frames, [listener.memory for listener in listeners])
            for listener, probability, memory in zip(listeners, probabilities, memories, strict=True):
                window = listener.heard_frame(float(probability), memory)
                due += self._due(rows[id(listener)], listener, window)
                due += self._between(listener)
        return due

    def _between(self, listener: Listener) -> Iterable[_Laughter]:
        """Laughter that begins no utterance: much of it is hardly voiced."""
        audio = listener.stirring()
        if audio is not None and self._kinds.of(audio).laughing >= 0.0:
            yield _Laughter(listener, Untold(listener.framed, None))

    def _cut_at_end(self, feeds: Sequence[Feed]) -> Iterable[_Due | _Laughter]:
        for row, feed in enumerate(feeds):
            if feed.final or feed.rest:
                yield from self._due(row, feed.state, feed.state.cut())
            if feed.rest:
                feed.state.restart(feed.state.end)
                feed.state.power = 0.0

    def _due(self, row: int, listener: Listener, window: Window | None) -> Iterable[_Due | _Laughter]:
        """The window with its speaker and its audio, taken at once: a restart lets go of it, and who speaks decides
        where the next one begins."""
        if window is None:
            return
        listener.listened = window.audio_end
        audio, voiced = listener.audio(window.start, window.audio_end), listener.window_probabilities(window)
        kind, laughing = self._sounds(window, audio, voiced)
        whose = None if kind is None else listener.whose(window, listen(self._voiceprints, window, audio, voiced))
        if laughing:
            yield _Laughter(listener, Untold(window.audio_end, _laughs(window, whose)))
        if kind is None:
            # Of what is no speech nothing is said, and nothing of it is kept as anybody's voice.
            yield _Due(row, listener, window, audio, voiced, None)
        elif whose is not None:
            own, turn = whose
            if own != window:
                audio, voiced = listener.audio(own.start, own.audio_end), listener.window_probabilities(own)
            yield _Due(row, listener, own, audio, voiced, _Whose(turn, kind))

    def _sounds(
        self, window: Window, audio: NDArray[np.float32], voiced: NDArray[np.float64]
    ) -> tuple[SoundKind | None, bool]:
        """The kind of sound if somebody speaks in the window, and whether somebody laughs in what is new in it."""
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
        """Features of each, float32[D]; windows of one length share a batch."""
        features: list[NDArray[np.float32]] = [np.zeros(0, np.float32)] * len(due)
        by_length = sorted(range(len(due)), key=lambda place: len(due[place].audio))
        for _, group in groupby(by_length, key=lambda place: len(due[place].audio)):
            for places in _batches(list(group), self._max_batch):
                rows = embed(self._encoder, self._voiceprints, np.stack([due[place].audio for place in places]))
                for place, row in zip(places, rows, strict=True):
                    features[place] = row
        return features

    def _read(self, item: _Due, whose: _Whose, features: NDArray[np.float32]) -> ToneEvent | None:
        listener, window = item.listener, item.window

        def track(begin: int, end: int) -> PitchTrack:
            return self._pitch.track(item.audio[None, begin - window.start : end - window.start])

        listener.pitch, frames = listener.pitch.extend(window.start, window.audio_end, track)
        listener.voices = known(listener.voices, whose.turn)
        heard, laugh = {*listener.voices, whose.turn.number}, listener.laugh
        laughing = laugh is not None and laugh.belongs_to(whose.turn.number, len(heard), window.start)
        sound = Sound(features, frames, item.voiced, whose.kind.synthetic, item.audio, laughing)
        listener.corrections = listener.corrections.with_joined(whose.turn.joined)
        lessons = listener.corrections.lessons(speaker_id(whose.turn.number), self._affects)
        voice = listener.voices.get(whose.turn.number) or self._reader.new_voice()
        voice, event = self._reader.read(voice, listener.address, window, sound, whose.turn, lessons=lessons)
        listener.voices[whose.turn.number] = voice
        if laughing and event is not None:
            listener.laugh = None
        return event


def _batches(places: list[int], size: int) -> Iterable[list[int]]:
    for begin in range(0, len(places), size):
        yield places[begin : begin + size]


def _laughs(window: Window, whose: tuple[Window, Turn] | None) -> int | None:
    """Number of the voice that laughs in a window, None where its speech does not tell."""
    if whose is None:
        return None
    own, turn = whose
    return turn.number if turn.sure and own == window else None


def _activity(listener: Listener) -> Activity:
    if not listener.tracker.speaking:
        return "unclear" if listener.loud else "silence"
    return "unclear" if listener.unclear else "listening"
