"""One session's utterances on their way to words: the one under way, and those whose words are not stored yet.

An utterance that is over keeps its audio until its words are stored: whatever happens to the session until then (a gap,
a pause, another worker), the words stay the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.frozen_arrays import freeze_array, thaw_array
from classifier_worker.speech.windows.utterance import FRAME
from classifier_worker.speech.words.utterances import Bounds, Utterance, UtteranceBounds, utterance_of
from shared.contract.tone_event import Affect, ToneEvent

Samples = NDArray[np.int16]


def utterance_id(start: int) -> str:
    """Return the id of the utterance that begins at this position."""
    return f"u{start}"


class Tone(NamedTuple):
    """The tone that the voice had in an utterance, where it is known."""

    affect: Affect
    confidence: float


@dataclass(slots=True)
class Voices:
    """Whose voice an utterance is, and in what tone, as far as its windows have shown."""

    start: int
    """Start of the utterance; −1 for none."""
    windows: dict[str, int] = field(default_factory=dict)
    """speaker_id → number of windows."""
    tones: dict[str, Tone] = field(default_factory=dict)
    """speaker_id → its most confident tone."""

    @property
    def utterance_id(self) -> str:
        return utterance_id(self.start)

    def heard(self, speaker_id: str) -> None:
        """Add a window of that speaker."""
        self.windows[speaker_id] = self.windows.get(speaker_id, 0) + 1

    def sounded(self, event: ToneEvent) -> None:
        """Add a window's tone."""
        surest = self.tones.get(event.speaker_id)
        if surest is None or event.confidence > surest.confidence:
            self.tones[event.speaker_id] = Tone(event.affect, event.confidence)

    @property
    def speaker_id(self) -> str | None:
        """Return the speaker with the most windows, the first if several tie; None if no window was classified."""
        return max(self.windows, key=self.windows.__getitem__, default=None)

    @property
    def tone(self) -> Tone | None:
        """Return that speaker's most confident tone."""
        speaker = self.speaker_id
        return None if speaker is None else self.tones.get(speaker)

    def freeze(self) -> list[Any]:
        return [self.start, self.windows, {name: list(tone) for name, tone in self.tones.items()}]

    @classmethod
    def thaw(cls, frozen: list[Any]) -> "Voices":
        start, windows, tones = frozen
        return cls(start, windows, {name: Tone(*tone) for name, tone in tones.items()})


@dataclass(frozen=True, slots=True)
class Awaited:
    """An utterance that is over and whose words are not stored yet."""

    bounds: Bounds
    samples: Samples
    voice: NDArray[np.float32]
    """Voice probability of each of its 32 ms frames."""
    voices: Voices

    @property
    def utterance_id(self) -> str:
        return utterance_id(self.bounds.start)

    @property
    def utterance(self) -> Utterance:
        """Return the recogniser's input."""
        return utterance_of(self.bounds.start, self.samples, self.voice)

    def freeze(self) -> list[Any]:
        return [list(self.bounds), freeze_array(self.samples), freeze_array(self.voice), self.voices.freeze()]

    @classmethod
    def thaw(cls, frozen: list[Any]) -> "Awaited":
        bounds, samples, voice, voices = frozen
        return cls(Bounds(*bounds), thaw_array(samples, np.int16), thaw_array(voice, np.float32), Voices.thaw(voices))


class UnderWay(NamedTuple):
    """The utterance that is being spoken, as far as it is known. Positions are 16 kHz samples."""

    utterance_id: str
    start: int
    end: int


Between = Callable[[int, int], Samples]
"""Returns the session's samples from one position to another."""


@dataclass(slots=True)
class SessionWords:
    """The utterances of a session. Positions are 16 kHz samples."""

    bounds: UtteranceBounds = field(default_factory=UtteranceBounds)
    voices: Voices = field(default_factory=lambda: Voices(-1))
    """Voices in the utterance under way."""
    awaited: list[Awaited] = field(default_factory=list)
    """Utterances awaiting their words, in the order in which they were spoken."""

    def frame(self, end: int, voice: Sequence[float], between: Between) -> None:
        """Add the voice frame that ends at `end`. voice: probabilities of the frames up to it."""
        self._closed(self.bounds.frame(end, voice), end, voice, between)

    def cut(self, end: int, voice: Sequence[float], between: Between) -> None:
        """End the utterance under way, because the audio stops at `end`."""
        self._closed(self.bounds.cut(end), end, voice, between)

    def taken_over(self, position: int, end: int, voice: Sequence[float], between: Between) -> None:
        """Begin a new utterance at `position`, where another voice took over."""
        whole = end - -(-(end - position) // FRAME) * FRAME
        self._closed(self.bounds.split(whole, end), end, voice, between)

    def restart(self, position: int) -> None:
        """Continue after a gap or a pause."""
        self.bounds.floor = position

    def voices_at(self, end: int) -> Voices | None:
        """Return the voices of the utterance to which the window due at `end` belongs; None if it belongs to none."""
        if self.bounds.speaking:
            return self.voices
        last = self.awaited[-1] if self.awaited else None
        return last.voices if last is not None and last.bounds.closed == end else None

    def under_way(self, end: int) -> UnderWay | None:
        """Return the utterance that is being spoken, as far as `end`; None between utterances."""
        start = self.bounds.start
        return UnderWay(utterance_id(start), start, end) if self.bounds.speaking else None

    def _closed(self, bounds: Bounds | None, end: int, voice: Sequence[float], between: Between) -> None:
        if bounds is not None:
            first = len(voice) - (end - bounds.start) // FRAME
            probabilities = np.array(voice[first : first + (bounds.end - bounds.start) // FRAME], np.float32)
            self.awaited.append(Awaited(bounds, between(bounds.start, bounds.end).copy(), probabilities, self.voices))
        if self.voices.start != self.bounds.start:
            self.voices = Voices(self.bounds.start)

    def freeze(self) -> dict[str, Any]:
        return {
            "bounds": self.bounds.freeze(),
            "voices": self.voices.freeze(),
            "awaited": [one.freeze() for one in self.awaited],
        }

    @classmethod
    def thaw(cls, frozen: dict[str, Any]) -> "SessionWords":
        return cls(
            UtteranceBounds.thaw(frozen["bounds"]),
            Voices.thaw(frozen["voices"]),
            [Awaited.thaw(one) for one in frozen["awaited"]],
        )
