"""TranscriptEvent: the words of one utterance. PartialTranscript: those of one that is still being spoken."""

from collections.abc import Iterable
from typing import Annotated, Final, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

from shared.contract.tone_event import Affect, Unit

Polarity = Literal["negative", "neutral", "positive"]

DOUBTFUL_WORD: Final = 0.5
"""Probability below which a word counts as doubtful."""

DOUBT: Final = "(?)"
"""Follows a doubtful word in text for people."""

Seconds = Annotated[float, Field(ge=0.0)]


class Recognised(Protocol):
    """A recognised word, in whatever form."""

    @property
    def text(self) -> str: ...

    @property
    def probability(self) -> float: ...


def marked_text(text: str, words: Iterable[Recognised]) -> str:
    """Return the text with a mark after each doubtful word. words: their texts occur in `text` in this order."""
    marked, done = "", 0
    for word in words:
        found = text.find(word.text, done)
        if found < 0 or not word.text:
            continue
        end = found + len(word.text)
        marked += text[done:end] + (DOUBT if word.probability < DOUBTFUL_WORD else "")
        done = end
    return marked + text[done:]


class SpokenWord(BaseModel):
    """One word with the punctuation attached to it; in languages without spaces one character."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    text: str
    start: Seconds
    end: Seconds
    probability: Unit
    """How likely the recogniser found it. Not calibrated: a low value marks a doubtful word, no more."""


class WordsTone(BaseModel):
    """What the words alone say, whatever the voice does."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    polarity: Polarity
    confidence: Unit
    """Calibrated probability of `polarity`."""
    affect: Affect | None = None
    """None if the words fit several, or none."""


class Mismatch(BaseModel):
    """Words and voice that part, where both are sure."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    words: Polarity
    voice: Affect
    sentence: str
    """What a person reads: "Friendly words, tense voice." It claims nothing about what the speaker means."""


class TranscriptEvent(BaseModel):
    """The words of one utterance, stored in the one order of the session's events.

    A consumer ignores fields that it does not know; new optional ones may be added at the end.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    event_type: Literal["transcript"] = "transcript"
    session_id: str
    timestamp: Seconds
    """Seconds of session audio at which the utterance was over; never wall-clock."""
    utterance_id: str
    """Unique in the session. Tone events of the same utterance carry it, too."""
    start: Seconds
    """Start of the first word; seconds of session audio, like all times here."""
    end: Seconds
    """End of the last word."""
    text: str
    words: list[SpokenWord]
    """In order; their texts occur in `text` in this order."""
    language: str
    """ISO 639-1, such as "en": the one requested, or the likeliest."""
    speaker_id: str | None = None
    """As in tone events; None if it is not known whose voice it was."""
    words_tone: WordsTone | None = None
    mismatch: Mismatch | None = None
    seq: Annotated[int, Field(ge=1)] | None = None
    """Counts this session's transcript events 1, 2, 3 …, so that a subscriber sees holes."""

    def to_json(self) -> str:
        """Return the payload on `linnet:words:{session_id}`, and what follows "data: " in an SSE block."""
        return self.model_dump_json(exclude_none=False)

    @classmethod
    def from_json(cls, data: str | bytes) -> "TranscriptEvent":
        """Read the event written by `to_json`. Raises pydantic.ValidationError."""
        return cls.model_validate_json(data)


class PartialTranscript(BaseModel):
    """What has been recognised of an utterance that is still being spoken. Sent live, never stored.

    The next one of the same utterance replaces it; the TranscriptEvent with its `utterance_id` replaces all of them.
    An empty text takes it back: there were no words after all.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    event_type: Literal["partial-transcript"] = "partial-transcript"
    session_id: str
    timestamp: Seconds
    """Seconds of session audio up to which it was recognised."""
    utterance_id: str
    start: Seconds
    """Where the utterance begins."""
    text: str
    """Begins with `stable`."""
    stable: str
    """The part with which later partial transcripts of this utterance also begin."""
    language: str

    def to_json(self) -> str:
        """Return the payload on `linnet:words:{session_id}`, and what follows "data: " in an SSE block."""
        return self.model_dump_json()
