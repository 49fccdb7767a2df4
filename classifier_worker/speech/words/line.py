"""One line of a transcript: what was said, by whom, and in what tone."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from classifier_worker.speech.words.transcript import Transcript, Word
from classifier_worker.speech.words.utterances import Utterance
from shared.audio import PIPELINE_RATE
from shared.contract.facts_event import FactsEvent
from shared.contract.tone_event import ToneEvent

DOUBTFUL_WORD: Final = 0.5
"""Probability below which a word is marked."""
MARK: Final = "(?)"

_HANGOVER_SECONDS: Final = 0.6
"""A window's timestamp may be this much later than the end of its utterance, whose silence it includes."""
_DECIMALS: Final = 3


@dataclass(frozen=True, slots=True)
class Line:
    """An utterance's words beside its tone. Times are seconds from the beginning of the recording."""

    start: float
    end: float
    text: str
    words: tuple[Word, ...]
    language: str
    mean_log_probability: float
    no_speech_probability: float
    speaker_id: str | None
    """None if no window of the utterance was classified."""
    label: str | None
    """Label of the most confident tone event in the utterance; None if there was none."""
    affect: str | None

    @property
    def marked_text(self) -> str:
        """Return the text, with a mark after each doubtful word."""
        text, at = "", 0
        for word in self.words:
            end = self.text.index(word.text, at) + len(word.text)
            text += self.text[at:end] + (MARK if word.probability < DOUBTFUL_WORD else "")
            at = end
        return text

    def as_json(self) -> dict[str, Any]:
        """Return the line as an object for JSON."""
        return {"event_type": "transcript", **asdict(self)}


def line_of(utterance: Utterance, transcript: Transcript, events: Sequence[ToneEvent | FactsEvent]) -> Line:
    """Put an utterance's words beside the events of the recording so far."""
    start = utterance.start / PIPELINE_RATE
    end = utterance.end / PIPELINE_RATE
    during = [event for event in events if start < event.timestamp <= end + _HANGOVER_SECONDS]
    speakers = Counter(event.speaker_id for event in during)
    speaker = max(speakers, key=lambda name: speakers[name]) if speakers else None
    tones = [event for event in during if isinstance(event, ToneEvent) and event.speaker_id == speaker]
    tone = max(tones, key=lambda event: event.confidence, default=None)
    return Line(
        start=round(start + transcript.words[0].start, _DECIMALS),
        end=round(start + transcript.words[-1].end, _DECIMALS),
        text=transcript.text,
        words=tuple(_moved(word, start) for word in transcript.words),
        language=transcript.language,
        mean_log_probability=transcript.mean_log_probability,
        no_speech_probability=transcript.no_speech_probability,
        speaker_id=speaker,
        label=None if tone is None else tone.label,
        affect=None if tone is None else tone.affect,
    )


def _moved(word: Word, seconds: float) -> Word:
    start, end = (round(seconds + time, _DECIMALS) for time in (word.start, word.end))
    return replace(word, start=start, end=end)
