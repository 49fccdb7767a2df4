"""Reduce text to what the text tone model reads: plain words, and keys of the pieces that they contain.

The recogniser chooses case and punctuation, not the speaker, so neither is read.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final
from zlib import crc32

FILLERS: Final = frozenset({"uh", "uhm", "um", "er", "erm", "hm", "hmm", "mm", "mhm", "mmhm", "uhuh"})
"""Sounds that are written as words and say nothing."""
MOST_WORDS: Final = 200
"""Words beyond these are not read, which bounds the cost."""
LONGEST_PHRASE: Final = 3
"""Most words in a row that are read together."""
PIECES: Final = (3, 4, 5)
"""Letters in a row, within one word, that are read together."""

_WORD: Final = re.compile(r"[a-z]+(?:'[a-z]+)*")
_DRAWN_OUT: Final = re.compile(r"(.)\1{2,}")


def plain_words(text: str) -> list[str]:
    """Return the English words in lower case: no punctuation, digits, accents or fillers; "sooo" becomes "soo"."""
    letters = unicodedata.normalize("NFKD", text.replace("’", "'")).lower()
    letters = "".join(letter for letter in letters if not unicodedata.combining(letter))
    words = (_DRAWN_OUT.sub(r"\1\1", word) for word in _WORD.findall(letters))
    return [word for word in words if word not in FILLERS][:MOST_WORDS]


def key(piece: str) -> int:
    """Return the 32-bit number by which the model knows a piece of text."""
    return crc32(piece.encode())


def keys(words: Sequence[str]) -> set[int]:
    """Return the keys of all phrases of one to three words, and of all pieces of each word."""
    found = {key(phrase) for phrase in _phrases(words)}
    for word in set(words):
        found.update(key(piece) for piece in _pieces(word))
    return found


def _phrases(words: Sequence[str]) -> Iterator[str]:
    for size in range(1, LONGEST_PHRASE + 1):
        for start in range(len(words) - size + 1):
            yield " ".join(words[start : start + size])


def _pieces(word: str) -> Iterator[str]:
    bounded = f"<{word}>"
    for size in PIECES:
        for start in range(len(bounded) - size + 1):
            yield f"#{bounded[start : start + size]}"
