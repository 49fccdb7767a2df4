"""What stays of a partial transcript: the words on which two in a row agree.

Liu, Spanakis & Niehues, "Low-Latency Sequence-to-Sequence Speech Recognition and Translation by Partial Hypothesis
Selection", Interspeech 2020: local agreement.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Final, NamedTuple

from classifier_worker.speech.words.transcript import Transcript, Word
from classifier_worker.speech.words.vocabulary import UNSPACED

_NEAR: Final = 0.3
"""Seconds by which two transcripts may place the same word differently."""
_LONG: Final = 4.0
"""Seconds of stable text beyond which its audio is left out, so that a long utterance costs no more than a short
one."""


class Shown(NamedTuple):
    """A partial text to show."""

    stable: str
    text: str
    """Begins with `stable`."""


@dataclass(slots=True)
class StableText:
    """The text of one utterance under way. What is stable never changes. Times are seconds since it began."""

    stable: list[Word] = field(default_factory=list)
    last: list[Word] = field(default_factory=list)
    """The words after the stable ones in the last transcript."""

    @property
    def begin(self) -> float:
        """Return where the audio of the next transcript begins."""
        return self.stable[-1].end if self.stable and self.stable[-1].end >= _LONG else 0.0

    def take(self, transcript: Transcript, begin: float) -> Shown:
        """Add the next transcript, of audio from `begin` to an end later than the last one's."""
        rest = self._rest(transcript.words_from(begin), begin)
        agreed = len(list(takewhile(lambda pair: _same(*pair), zip(self.last, rest, strict=False))))
        self.stable += rest[:agreed]
        self.last = rest[agreed:]
        between = "" if transcript.language in UNSPACED else " "
        stable = between.join(word.text for word in self.stable)
        return Shown(stable, between.join(word.text for word in (*self.stable, *self.last)))

    def _rest(self, words: Sequence[Word], begin: float) -> list[Word]:
        """Return the words after the stable ones."""
        if not self.stable:
            return list(words)
        known = [plain(word) for word in self.stable]
        if begin == 0.0 and [plain(word) for word in words[: len(known)]] == known:
            return list(words[len(known) :])
        last = self.stable[-1]
        rest = [word for word in words if word.end > last.end]
        repeated = rest and rest[0].start < last.end + _NEAR and _same(rest[0], last)
        return rest[1:] if repeated else rest


def plain(word: Word) -> str:
    """Return the word without case and punctuation, which change with what follows."""
    return "".join(letter for letter in word.text.casefold() if letter.isalnum())


def _same(one: Word, other: Word) -> bool:
    return plain(one) == plain(other)
