"""Cut a stream of audio into utterances to be written down.

    cutter = UtteranceCutter(VoiceActivity())
    for utterance in cutter.feed(samples): …
    for utterance in cutter.finish(): …

An utterance ends after the same pause as those whose tone is read (windows/utterance.py); a long one is cut where the
voice is weakest.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.models.voice_activity import VoiceActivity, VoiceMemory
from classifier_worker.speech.windows.utterance import FRAME, HANGOVER, ONSET, ONSET_FRAMES, PADDING, SUSTAIN

LONGEST: Final = 375
"""Frames (12 s) after which an utterance is cut, so that its words do not take long to write down."""
CUT_WITHIN: Final = 160
"""The cut is at the weakest of this many last frames (5 s)."""

_FULL_SCALE: Final = np.float32(32768.0)
_PADDING: Final = PADDING // FRAME * FRAME


class Utterance(NamedTuple):
    """A section of speech, with the silence around it."""

    start: int
    """16 kHz position of its first sample."""
    audio: NDArray[np.float32]
    """16 kHz, −1…1."""
    voice: NDArray[np.float64]
    """Voice probability of each of its 32 ms frames."""

    @property
    def end(self) -> int:
        """Return the 16 kHz position after its last sample."""
        return self.start + len(self.audio)


def utterance_of(start: int, samples: NDArray[np.int16], voice: Sequence[float] | NDArray[np.float32]) -> Utterance:
    """Return the recogniser's input: these samples, which begin at `start`."""
    return Utterance(start, samples.astype(np.float32) / _FULL_SCALE, np.asarray(voice, np.float64))


class Bounds(NamedTuple):
    """Where an utterance lies. Positions are 16 kHz samples."""

    start: int
    end: int
    closed: int
    """Position at which it was known to be over."""


@dataclass(slots=True)
class UtteranceBounds:
    """Finds one session's utterances, in order, without overlaps, from voice probabilities alone."""

    floor: int = 0
    """Earliest position at which an utterance may begin."""
    start: int = -1
    """Where the utterance under way begins; −1 between utterances."""
    voiced_end: int = 0
    """End of its last voiced frame."""

    @property
    def speaking(self) -> bool:
        return self.start >= 0

    def frame(self, end: int, voice: Sequence[float]) -> Bounds | None:
        """Add the frame that ends at `end`; return the utterance that it closes, if any.

        voice: probabilities of all frames of the utterance under way, or more, the last one this frame's.
        """
        if not self.speaking:
            self._listen_for_onset(end, voice)
            return None
        if voice[-1] >= SUSTAIN:
            self.voiced_end = end
        if end - self.voiced_end >= HANGOVER:
            return self.cut(end)
        if end - self.start >= LONGEST * FRAME:
            after = CUT_WITHIN - int(np.argmin(voice[-CUT_WITHIN:]))
            return self.split(end - after * FRAME, end)
        return None

    def cut(self, end: int) -> Bounds | None:
        """Close the utterance under way, if any, no later than `end`, up to which audio is known."""
        if not self.speaking:
            return None
        bounds = Bounds(self.start, min(end, self.voiced_end + _PADDING), end)
        self.floor, self.start = bounds.end, -1
        return bounds

    def split(self, position: int, now: int) -> Bounds | None:
        """Close the utterance under way at `position`, where the next one begins. Return None if it does not reach that
        far."""
        if not self.speaking or not self.start < position < now:
            return None
        bounds = Bounds(self.start, position, now)
        self.floor = self.start = position
        self.voiced_end = now
        return bounds

    def needed_from(self, framed: int) -> int:
        """Return the oldest sample that an utterance may need, if frames are known up to `framed`."""
        return self.start if self.speaking else max(self.floor, framed - ONSET_FRAMES * FRAME - _PADDING)

    def freeze(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def thaw(cls, frozen: dict[str, Any]) -> "UtteranceBounds":
        return cls(**frozen)

    def _listen_for_onset(self, end: int, voice: Sequence[float]) -> None:
        latest = voice[-ONSET_FRAMES:]
        if len(latest) < ONSET_FRAMES or min(latest) < ONSET:
            return
        self.start = max(self.floor, end - ONSET_FRAMES * FRAME - _PADDING)
        self.voiced_end = end


class UtteranceCutter:
    """Cuts one recording into utterances. They do not depend on how it is fed."""

    def __init__(self, activity: VoiceActivity) -> None:
        self._activity = activity
        self._memory = VoiceMemory.fresh()
        self._bounds = UtteranceBounds()
        self._begin = 0
        """Position of the first sample kept."""
        self._audio = np.zeros(0, np.float32)
        self._voice: list[float] = []
        """Voice probabilities of the whole frames among the samples kept."""

    def feed(self, samples: NDArray[np.int16]) -> Iterator[Utterance]:
        """Yield the utterances that end in the 16 kHz samples that come next."""
        self._audio = np.concatenate([self._audio, samples.astype(np.float32) / _FULL_SCALE])
        while (at := len(self._voice) * FRAME) + FRAME <= len(self._audio):
            probabilities, memories = self._activity.step(self._audio[None, at : at + FRAME], [self._memory])
            self._memory = memories[0]
            self._voice.append(float(probabilities[0]))
            yield from self._found(self._bounds.frame(self._framed, self._voice))

    def finish(self) -> Iterator[Utterance]:
        """Yield the utterance that the end of the audio cuts off, if there is one."""
        yield from self._found(self._bounds.cut(self._framed))

    @property
    def _framed(self) -> int:
        return self._begin + len(self._voice) * FRAME

    def _found(self, bounds: Bounds | None) -> Iterator[Utterance]:
        if bounds is not None:
            first, last = (bounds.start - self._begin) // FRAME, (bounds.end - self._begin) // FRAME
            yield Utterance(bounds.start, self._audio[first * FRAME : last * FRAME], np.array(self._voice[first:last]))
        needed = (self._bounds.needed_from(self._framed) - self._begin) // FRAME
        if needed > 0:
            del self._voice[:needed]
            self._audio = self._audio[needed * FRAME :]
            self._begin += needed * FRAME
