"""Find where utterances begin and end, and which of their windows are due, from voice probabilities alone.

Positions are 16 kHz samples of the session. There is one probability per 32 ms frame.
"""

from dataclasses import asdict, dataclass
from typing import Any, Final, NamedTuple

FRAME: Final = 512
"""Samples in a frame of Silero VAD at 16 kHz."""

ONSET: Final = 0.5
"""Voice probability from which a frame may begin an utterance (Silero's own default threshold)."""
SUSTAIN: Final = 0.35
"""Voice probability that keeps an utterance going (Silero's default: threshold − 0.15)."""
ONSET_FRAMES: Final = 3
"""Consecutive frames, ≈ 0.1 s, that begin an utterance; a click is shorter."""
HANGOVER: Final = 8_000
"""0.5 s without voice ends an utterance; pauses within fluent speech are mostly shorter (Heldner & Edlund, "Pauses,
gaps and overlaps in conversations", J. Phonetics 38, 2010)."""
PADDING: Final = 4_800
"""0.3 s kept before the first and after the last voiced frame: soft onsets and endings carry tone."""
SHORTEST_SPEECH: Final = 4_000
"""0.25 s of voice, such as a spoken "No.", is enough to classify."""
SHORTEST_WINDOW: Final = 16_000
"""1 s, the shortest window; a shorter reply is padded with the surrounding audio."""
LENGTH_STEP: Final = 1_600
"""Shorter windows come in steps of 0.1 s, so that they can share a batch."""


class Window(NamedTuple):
    """A section of audio to classify."""

    start: int
    end: int
    """Position at which the window was due. For a reply, this includes the silence that ended it."""
    audio_end: int
    """Where its speech ends, including padding: the models get start … audio_end."""
    fresh: int
    """Samples of its audio that were in no earlier window."""
    pause_before: float
    """Seconds without speech before it, for the first window of an utterance after another one; else 0."""


@dataclass(frozen=True, slots=True)
class WindowPlan:
    """Window length and hop in 16 kHz samples."""

    length: int
    hop: int


@dataclass(slots=True)
class UtteranceTracker:
    """Tracks one session's utterances."""

    floor: int = 0
    """Earliest position that a window may reach back to: the start of the audio, or the end of a gap."""
    begin: int = -1
    """Where the utterance's audio begins, including padding; −1 between utterances."""
    onset: int = -1
    """Start of a run of voiced frames that may become an utterance; −1 if there is none."""
    voiced_end: int = -1
    """End of the last voiced frame; −1 before any."""
    voiced: int = 0
    """Voiced samples of this utterance."""
    next_end: int = 0
    """End of the next full window."""
    classified: int = -1
    """End of the last window's audio, in any utterance; −1 before any."""
    last_due: int = -1
    """Where the last window ended; −1 before any."""
    pause: float = 0.0

    @property
    def speaking(self) -> bool:
        return self.begin >= 0

    def frame(self, end: int, probability: float, plan: WindowPlan) -> Window | None:
        """Add the frame that ends at `end`; return the window that becomes due, at most one per frame."""
        if not self.speaking:
            self._listen_for_onset(end, probability, plan)
            return None
        if probability >= SUSTAIN:
            self.voiced_end = end
            self.voiced += FRAME
        if end - self.voiced_end >= HANGOVER:
            return self._finish(end, plan)
        if end >= self.next_end:
            return self._full_window(plan)
        return None

    def cut(self, end: int, plan: WindowPlan) -> Window | None:
        """End the utterance because the audio stops at `end`, by a gap or the session's end."""
        self.onset = -1
        return self._finish(end, plan) if self.speaking else None

    def taken_over(self, position: int, *, given: bool) -> None:
        """Continue the utterance as a new one from `position`, where another voice took over.

        given: whether the window that showed this was classified as that voice's. Otherwise it is dropped, and the next
        one is due as soon as there is enough of that voice. Does nothing if the utterance is over.
        """
        if not self.speaking:
            return
        self.begin = position
        if not given:
            self.classified = self.last_due = position
            self.next_end = position + SHORTEST_WINDOW
            self.voiced, self.pause = max(0, self.voiced_end - position), 0.0

    def needed_from(self, position: int, plan: WindowPlan) -> int:
        """Return the oldest sample that a later window may need, if frames are known up to `position`."""
        # A coming reply, or one about to end, may reach back this far to fill the shortest window.
        oldest = (self.onset if self.onset >= 0 else position) - SHORTEST_WINDOW
        if self.speaking and self._unclassified:
            oldest = min(oldest, self.begin - LENGTH_STEP, self.voiced_end - SHORTEST_WINDOW)
        elif self.speaking:
            oldest = min(oldest, min(self.next_end, self.classified + SHORTEST_WINDOW) - plan.length)
        return max(self.floor, oldest)

    @property
    def _unclassified(self) -> bool:
        """Return whether no window of this utterance was due yet."""
        return self.classified <= self.begin

    def _listen_for_onset(self, end: int, probability: float, plan: WindowPlan) -> None:
        if probability < ONSET:
            self.onset = -1
            return
        if self.onset < 0:
            self.onset = end - FRAME
        if end - self.onset < ONSET_FRAMES * FRAME:
            return
        self.pause = max(0, self.onset - self.voiced_end) / 16_000 if self.voiced_end >= 0 else 0.0
        # The last window's end without the padding after it: no speech is classified as new twice.
        self.begin = max(self.floor, self.onset - PADDING, self.classified)
        self.voiced, self.voiced_end = end - self.onset, end
        self.next_end = self.begin + plan.length
        if self.last_due >= 0:
            self.next_end = max(self.next_end, self.last_due + plan.hop)  # at most one event a hop
        self.onset = -1

    def _full_window(self, plan: WindowPlan) -> Window | None:
        end = self.next_end
        self.next_end += plan.hop
        if self.voiced_end <= end - plan.hop:
            return None
        # Not before the point where another voice took over; in steps, so that it can share a batch.
        room = end - self.begin
        length = plan.length if room >= plan.length else room // LENGTH_STEP * LENGTH_STEP
        return self._window(end - length, end, end)

    def _finish(self, end: int, plan: WindowPlan) -> Window | None:
        """Return the final window: 1 s of speech not classified yet, or a reply too short for a full window."""
        last = min(self.voiced_end + PADDING, end)
        left = last - max(self.begin, self.classified)
        due = left >= SHORTEST_WINDOW or (self._unclassified and self.voiced >= SHORTEST_SPEECH)
        window = self._rest(last, end, plan) if due else None
        self.begin = -1
        return window

    def _rest(self, last: int, end: int, plan: WindowPlan) -> Window | None:
        if self.last_due >= 0 and end - self.last_due < plan.hop:
            return None  # at most one event a hop
        length = max(SHORTEST_WINDOW, -(-(last - self.begin) // LENGTH_STEP) * LENGTH_STEP)
        start = max(self.floor, last - min(length, plan.length))
        # At the very start there may be no audio before the reply: use the audio after it, then any audio there is.
        stop = min(end, start + min(length, plan.length))
        stop -= (stop - start) % LENGTH_STEP
        if stop - start < SHORTEST_WINDOW // 2:
            return None
        return self._window(start, stop, end)

    def _window(self, start: int, audio_end: int, end: int) -> Window:
        fresh = audio_end - max(start, self.classified)
        pause = self.pause if self._unclassified else 0.0
        self.classified, self.last_due = audio_end, end
        return Window(start, end, audio_end, fresh, pause)

    def freeze(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def thaw(cls, frozen: dict[str, Any]) -> "UtteranceTracker":
        return cls(**frozen)
