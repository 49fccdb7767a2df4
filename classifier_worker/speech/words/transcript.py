"""What was said in one utterance."""

from dataclasses import dataclass, replace
from typing import Final

from shared.contract.transcript_event import WordsTone

DECIMALS: Final = 3
"""Decimals of times, in seconds, and of probabilities."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word with the punctuation attached to it; in languages without spaces one character."""

    text: str
    start: float
    """Seconds from the beginning of the utterance."""
    end: float
    probability: float
    """How likely the recogniser found it, 0…1. Not calibrated: a low value marks a doubtful word, no more."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """The words of one utterance; none if nothing was said that can be written down."""

    text: str
    words: tuple[Word, ...]
    language: str
    """ISO 639-1, such as "en": the one requested, or the likeliest."""
    mean_log_probability: float
    """Mean over the tokens of the text, natural logarithm."""
    no_speech_probability: float
    tone: WordsTone | None = None
    """What the words alone express; None if that is unknown."""

    def words_from(self, begin: float) -> list[Word]:
        """Return the words with times of the recording or session in which the utterance begins at `begin`, s."""
        return [
            replace(word, start=round(begin + word.start, DECIMALS), end=round(begin + word.end, DECIMALS))
            for word in self.words
        ]
