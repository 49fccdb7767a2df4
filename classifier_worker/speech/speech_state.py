"""Per-session state from samples to due windows: voice frames, utterances, and the audio still needed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.facts import Measured
from classifier_worker.speech.frozen_arrays import freeze_array, thaw_array
from classifier_worker.speech.models.pitch_history import PitchHistory
from classifier_worker.speech.models.vocal_bursts import Untold
from classifier_worker.speech.models.voice_activity import VoiceMemory
from classifier_worker.speech.speakers.diarization import Speakers, Turn, attribute_window, trimmed
from classifier_worker.speech.speakers.slices import Slice
from classifier_worker.speech.tone.corrections import Corrections
from classifier_worker.speech.tone.reader import Address
from classifier_worker.speech.tone.speaker_memory import Voice
from classifier_worker.speech.windows.utterance import FRAME, UtteranceTracker, Window, WindowPlan
from classifier_worker.speech.words.session_words import SessionWords, UnderWay
from classifier_worker.speech.words.utterances import Utterance, utterance_of

Samples = NDArray[np.int16]
Audio = NDArray[np.float32]

_FULL_SCALE = 32768.0
_FADE = 8_000
"""Samples over which the power of earlier audio fades."""
_LOUD = 1e-3
"""−30 dB re full scale, well above the room noise in a microphone."""
_PROBABILITY_DECIMALS = 3
"""Voice probabilities are rounded before any decision, so that platform noise cannot change the outcome."""
_SECOND = 16_000
_STIRRING = 0.4
"""Voice probability that every recorded laugh reached in some frame, and that fans, keys and rain did not."""


def _no_samples() -> Samples:
    return np.zeros(0, np.int16)


@dataclass(slots=True)
class SpeechState:
    """What is known about a session's speech. Positions are 16 kHz samples of the session."""

    address: Address
    plan: WindowPlan
    begin: int = 0
    """Position of the first sample in `samples`."""
    samples: Samples = field(default_factory=_no_samples)
    framed: int = 0
    """Position up to which voice frames were processed."""
    memory: VoiceMemory = field(default_factory=VoiceMemory.fresh)
    tracker: UtteranceTracker = field(default_factory=UtteranceTracker)
    probabilities: list[float] = field(default_factory=list)
    """Voice probability of the latest frames; the last one ends at `framed`."""
    pitch: PitchHistory = field(default_factory=PitchHistory)
    speakers: Speakers = field(default_factory=Speakers)
    voices: dict[int, Voice] = field(default_factory=dict)
    """Voices by speaker's number."""
    measured: Measured | None = None
    """Replaces `voices` if no tone is inferred."""
    corrections: Corrections = field(default_factory=Corrections)
    unclear: bool = False
    """Whether the latest window gave no event, because it was below the reliability floor or not speech."""
    power: float = 0.0
    """Power of the latest samples, full scale = 1; fades with _FADE. Only for the live status, so not in
    checkpoints."""
    listened: int = 0
    """Position up to which the audio was searched for laughter."""
    laugh: Untold | None = None
    """The latest laugh, if no event has reported it yet."""
    words: SessionWords | None = None
    """The utterances and their words; None if no words are written down."""

    @property
    def end(self) -> int:
        """Return the position after the last sample."""
        return self.begin + len(self.samples)

    @property
    def loud(self) -> bool:
        """Return whether the audio is clearly louder than silence."""
        return self.power > _LOUD

    def append(self, samples: Samples) -> None:
        self.samples = np.concatenate([self.samples, samples])
        latest = _audio(samples[-_FADE:])
        if len(latest):
            share = len(latest) / _FADE
            self.power += share * (float(np.mean(np.square(latest))) - self.power)

    def next_frame(self) -> Audio | None:
        """Return the next voice frame, float32[512] in −1…1, or None if it is not complete yet."""
        at = self.framed - self.begin
        frame = self.samples[at : at + FRAME]
        return _audio(frame) if len(frame) == FRAME else None

    def heard_frame(self, probability: float, memory: VoiceMemory) -> Window | None:
        """Add the voice probability of `next_frame()`; return the window that becomes due, if any."""
        self.memory = memory
        self.framed += FRAME
        rounded = round(probability, _PROBABILITY_DECIMALS)
        self.probabilities.append(rounded)
        if self.words is not None:
            self.words.frame(self.framed, self.probabilities, self._between)
        return self.tracker.frame(self.framed, rounded, self.plan)

    def cut(self) -> Window | None:
        """End the audio here; return the window of the rest of the utterance, if any."""
        if self.words is not None:
            self.words.cut(self.framed, self.probabilities, self._between)
        return self.tracker.cut(self.framed, self.plan)

    def stirring(self) -> Audio | None:
        """Return the last second, float32[16 000], every half second in which a sound slightly resembles a voice and
        no utterance is under way; otherwise None."""
        begin = self.framed - _SECOND
        if self.tracker.speaking or self.framed - self.listened < _SECOND // 2 or begin < self._earliest:
            return None
        if max(self.probabilities[-(_SECOND // FRAME) :], default=0.0) < _STIRRING:
            return None
        self.listened = self.framed
        return self.audio(begin, self.framed)

    @property
    def _earliest(self) -> int:
        """Return the position before which no audio may be used again."""
        return max(self.begin, self.tracker.floor)

    def whose(self, window: Window, slices: list[Slice]) -> tuple[Window, Turn] | None:
        """Return a due window, without another speaker's audio, and its speaker.

        Returns None if another speaker has begun in it but has not spoken enough yet: their window follows later.
        """
        self.speakers, turn, began = attribute_window(self.speakers, window, slices, last=not self.tracker.speaking)
        if began > window.start:
            self.tracker.taken_over(began, given=turn is not None)
            if self.words is not None:
                self.words.taken_over(began, self.framed, self.probabilities, self._between)
            window = trimmed(window, began)
        return None if turn is None else (window, turn)

    def restart(self, position: int) -> None:
        """Continue after a gap, without any audio from before it."""
        self.begin, self.samples, self.framed = position, _no_samples(), position
        self.memory, self.probabilities = VoiceMemory.fresh(), []
        self.tracker.floor = position
        if self.words is not None:
            self.words.restart(position)

    def audio(self, begin: int, end: int) -> Audio:
        """Return float32[end − begin] in −1…1."""
        return _audio(self._between(begin, end))

    def under_way(self) -> UnderWay | None:
        return None if self.words is None else self.words.under_way(self.framed)

    def spoken_since(self, begin: int) -> Utterance:
        frames = (self.framed - begin) // FRAME
        start = self.framed - frames * FRAME
        return utterance_of(start, self._between(start, self.framed), self.probabilities[-frames:])

    def _between(self, begin: int, end: int) -> Samples:
        return self.samples[begin - self.begin : end - self.begin]

    def window_probabilities(self, window: Window) -> NDArray[np.float64]:
        """Return the voice probabilities of the 32 ms frames that begin within the window's audio."""
        frames = np.array(self.probabilities)
        begins = self.framed - FRAME * np.arange(len(frames), 0, -1)
        return np.asarray(frames[(begins >= window.start) & (begins < window.audio_end)])

    @property
    def facts(self) -> bool:
        return self.measured is not None

    @property
    def needed_from(self) -> int:
        for_tone = self.tracker.needed_from(self.framed, self.plan)
        for_words = self.framed if self.words is None else self.words.bounds.needed_from(self.framed)
        return min(self.framed, for_tone, for_words)

    def held_audio(self) -> tuple[int, Samples]:
        return self.begin, self.samples

    def refill(self, start: int, samples: Samples) -> None:
        if start != self.end:
            raise ValueError(f"restore the samples from position {self.end} first, not from {start}")
        self.append(samples)

    def forget_heard(self) -> None:
        """Drop the audio that no later window can use."""
        needed = self.needed_from
        self.samples = self.samples[max(0, needed - self.begin) :]
        self.begin = max(self.begin, needed)
        frames = -(-(self.framed - needed) // FRAME)
        self.probabilities = self.probabilities[len(self.probabilities) - min(frames, len(self.probabilities)) :]

    def freeze(self, *, with_audio: bool) -> dict[str, Any]:
        """Return the state for a checkpoint: at most a window and a hop of audio, and about 27 kB per speaker."""
        return {
            "address": list(self.address),
            "plan": [self.plan.length, self.plan.hop],
            "begin": self.begin,
            "end": self.end,
            "samples": freeze_array(self.samples) if with_audio else b"",
            "framed": self.framed,
            "memory": self.memory.to_bytes(),
            "tracker": self.tracker.freeze(),
            "probabilities": self.probabilities,
            "pitch": self.pitch.freeze(),
            "speakers": self.speakers.freeze(),
            "voices": [[number, voice.freeze()] for number, voice in self.voices.items()],
            "measured": None if self.measured is None else self.measured.freeze(),
            "unclear": self.unclear,
            "corrections": self.corrections.freeze(),
            "listened": self.listened,
            "laugh": None if self.laugh is None else list(self.laugh),
            "words": None if self.words is None else self.words.freeze(),
        }

    @classmethod
    def thaw(cls, frozen: dict[str, Any], plan: WindowPlan, *, facts: bool = False) -> "SpeechState":
        """Read what `freeze` wrote. Without audio, `refill` must supply the samples from `needed_from` on first.

        plan: for checkpoints that do not store one; the others keep the plan that the session began with.
        facts: infer no tone from here on; what is usual in each voice is kept.
        """
        measured = _measured(frozen, facts=facts)
        listener = cls(
            Address(*frozen["address"]),
            WindowPlan(*frozen["plan"]) if "plan" in frozen else plan,
            frozen["begin"],
            thaw_array(frozen["samples"], np.int16),
            frozen["framed"],
            VoiceMemory.from_bytes(frozen["memory"]),
            UtteranceTracker.thaw(frozen["tracker"]),
            frozen["probabilities"],
            PitchHistory.thaw(frozen["pitch"]),
            Speakers.thaw(frozen["speakers"]),
            {} if measured is not None else {number: Voice.thaw(voice) for number, voice in frozen["voices"]},
            measured,
            Corrections.thaw(frozen.get("corrections")),
            frozen["unclear"],
            # Checkpoints from before laughter was detected have neither field.
            listened=frozen.get("listened", 0),
            laugh=Untold(*frozen["laugh"]) if frozen.get("laugh") else None,
            words=SessionWords.thaw(frozen["words"]) if frozen.get("words") else None,
        )
        if not frozen["samples"]:
            listener.begin = min(listener.needed_from, frozen["end"])
        return listener


def _measured(frozen: dict[str, Any], *, facts: bool) -> Measured | None:
    # Older checkpoints do not have this field.
    kept = frozen.get("measured")
    if kept is not None:
        return Measured.thaw(kept)
    profiles = [[number, voice["profile"]] for number, voice in frozen["voices"]]
    return Measured.thaw({"voices": profiles, "said": None}) if facts else None


def joined_frames(listeners: Sequence[SpeechState]) -> Iterator[tuple[list[SpeechState], NDArray[np.float32]]]:
    """Yield, frame by frame, the listeners that have one, with their frames as float32[B, 512].

    Call `heard_frame` on each yielded listener before the next step.
    """
    while True:
        ready = [(listener, frame) for listener in listeners if (frame := listener.next_frame()) is not None]
        if not ready:
            return
        yield [listener for listener, _ in ready], np.stack([frame for _, frame in ready])


def _audio(samples: Samples) -> Audio:
    return samples.astype(np.float32) / np.float32(_FULL_SCALE)
