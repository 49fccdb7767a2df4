"""Cut a stream of audio into utterances to be written down.

    cutter = UtteranceCutter(VoiceActivity())
    for utterance in cutter.feed(samples): …
    for utterance in cutter.finish(): …

An utterance ends after the same pause as those whose tone is read (windows/utterance.py); a long one is cut where the
voice is weakest.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.models.voice_activity import VoiceActivity, VoiceMemory
from classifier_worker.speech.windows.utterance import FRAME, HANGOVER, ONSET, ONSET_FRAMES, PADDING, SUSTAIN

LONGEST: Final = 600
"""Frames (19 s) after which an utterance is cut …"""
CUT_WITHIN: Final = 160
"""… at the weakest of the last 5 s."""

_FULL_SCALE: Final = np.float32(32768.0)
_PADDING_FRAMES: Final = PADDING // FRAME
_HANGOVER_FRAMES: Final = -(-HANGOVER // FRAME)


class Utterance(NamedTuple):
    """A stretch of speech, with the air around it."""

    start: int
    """16 kHz position of its first sample."""
    audio: NDArray[np.float32]
    """16 kHz, −1…1."""
    voice: NDArray[np.float64]
    """Voice probability of each of its 32 ms frames."""

    @property
    def end(self) -> int:
        """16 kHz position after its last sample."""
        return self.start + len(self.audio)


class UtteranceCutter:
    """Finds the utterances of one recording, in order, without overlaps. They do not depend on how it is fed."""

    def __init__(self, activity: VoiceActivity) -> None:
        self._activity = activity
        self._memory = VoiceMemory.fresh()
        self._rest = np.zeros(0, np.float32)
        self._frames: list[NDArray[np.float32]] = []
        """What may still belong to an utterance."""
        self._voice: list[float] = []
        self._start = 0
        """Position of the first of these frames."""
        self._onset = -1
        """Index of the utterance's first voiced frame; −1 between utterances."""
        self._voiced_end = 0
        """Index after its last voiced frame."""

    def feed(self, samples: NDArray[np.int16]) -> Iterator[Utterance]:
        """Yield the utterances that end in the 16 kHz samples that come next."""
        audio = np.concatenate([self._rest, samples.astype(np.float32) / _FULL_SCALE])
        whole = len(audio) // FRAME * FRAME
        self._rest = audio[whole:]
        for frame in audio[:whole].reshape(-1, FRAME):
            probabilities, memories = self._activity.step(frame[None], [self._memory])
            self._memory = memories[0]
            yield from self._heard(frame, float(probabilities[0]))

    def finish(self) -> Iterator[Utterance]:
        """Yield the utterance that the end of the audio cuts off, if there is one."""
        if self._onset >= 0:
            yield self._cut(min(len(self._frames), self._voiced_end + _PADDING_FRAMES))

    def _heard(self, frame: NDArray[np.float32], probability: float) -> Iterator[Utterance]:
        self._frames.append(frame)
        self._voice.append(probability)
        count = len(self._frames)
        if self._onset < 0:
            if count >= ONSET_FRAMES and min(self._voice[-ONSET_FRAMES:]) >= ONSET:
                self._onset, self._voiced_end = count - ONSET_FRAMES, count
                self._forget(max(0, self._onset - _PADDING_FRAMES))
            else:
                self._forget(max(0, count - _PADDING_FRAMES - ONSET_FRAMES))
            return
        if probability >= SUSTAIN:
            self._voiced_end = count
        if count - self._voiced_end >= _HANGOVER_FRAMES:
            yield self._cut(self._voiced_end + _PADDING_FRAMES)
            self._onset = -1
        elif count >= LONGEST:
            weakest = count - CUT_WITHIN + int(np.argmin(self._voice[-CUT_WITHIN:]))
            yield self._cut(weakest)
            self._onset, self._voiced_end = 0, len(self._frames)

    def _cut(self, end: int) -> Utterance:
        """Return the frames up to `end`, and keep those after it."""
        utterance = Utterance(self._start, np.concatenate(self._frames[:end]), np.array(self._voice[:end]))
        self._forget(end)
        return utterance

    def _forget(self, frames: int) -> None:
        del self._frames[:frames], self._voice[:frames]
        self._start += frames * FRAME
        self._onset = max(-1, self._onset - frames) if self._onset >= 0 else -1
        self._voiced_end -= frames
