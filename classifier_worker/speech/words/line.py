"""One line of a transcript: what was said, by whom, and in what tone."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from classifier_worker.speech.words.transcript import Transcript, Word
from classifier_worker.speech.words.utterances import Utterance
from shared.audio import PIPELINE_RATE
from shared.contract.facts_event import FactsEvent
from shared.contract.tone_event import ToneEvent
from shared.contract.transcript_event import marked_text

_HANGOVER_SECONDS: Final = 0.6
"""A window's timestamp may be this much later than the end of its utterance, whose silence it includes."""


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
        return marked_text(self.text, self.words)

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
    words = transcript.words_from(start)
    return Line(
        start=words[0].start,
        end=words[-1].end,
        text=transcript.text,
        words=tuple(words),
        language=transcript.language,
        mean_log_probability=transcript.mean_log_probability,
        no_speech_probability=transcript.no_speech_probability,
        speaker_id=speaker,
        label=None if tone is None else tone.label,
        affect=None if tone is None else tone.affect,
    )
