"""Turn Whisper's tokens into text, and group them into words."""

import unicodedata
from collections.abc import Sequence
from typing import Final, NamedTuple

UNSPACED: Final = frozenset({"zh", "ja", "th", "lo", "my", "yue", "km", "bo"})
"""Languages written without spaces: each character counts as a word."""

_START, _END, _TRANSCRIBE = "<|startoftranscript|>", "<|endoftext|>", "<|transcribe|>"
_TRANSLATE, _NO_TIMES = "<|translate|>", "<|notimestamps|>"
_NO_SPEECH: Final = ("<|nospeech|>", "<|nocaptions|>")


class Spelt(NamedTuple):
    """A word and the tokens that spell it."""

    text: str
    """The word as in the transcript, with the space before it."""
    first: int
    end: int
    """The tokens first … end − 1 spell it."""


class Vocabulary:
    """The tokens of one size of Whisper."""

    def __init__(self, tokens: Sequence[str], *, languages: bool) -> None:
        """languages: whether the size knows languages other than English."""
        ids = {token: number for number, token in enumerate(tokens)}
        self._bytes = [_bytes_of(token) for token in tokens]
        self.end = ids[_END]
        self.start = ids[_START]
        self.no_speech = next(ids[name] for name in _NO_SPEECH if name in ids)
        self.languages: dict[str, int] = {}
        """The token of each language; empty for a size that knows only English."""
        if languages:
            self.languages = {tokens[i][2:-2]: i for i in range(self.start + 1, ids[_TRANSLATE])}
        self._task = [ids[_TRANSCRIBE]] if languages else []
        self._no_times = ids[_NO_TIMES]

    def opening(self, language: str) -> list[int]:
        """Return the tokens after the start token that request a transcript without times in a language."""
        return [*([self.languages[language]] if self.languages else []), *self._task, self._no_times]

    def words(self, tokens: Sequence[int], language: str) -> list[Spelt]:
        """Group tokens into words. Bytes that do not make up a character are shown as �."""
        words: list[Spelt] = []
        for piece in self._characters(tokens):
            if words and (_punctuation(piece.text) or not _begins_a_word(piece.text, language)):
                last = words.pop()
                words.append(Spelt(last.text + piece.text, last.first, piece.end))
            else:
                words.append(piece)
        return words

    def _characters(self, tokens: Sequence[int]) -> list[Spelt]:
        """Return the shortest runs of tokens that are whole characters."""
        pieces, first, held = [], 0, b""
        for place, token in enumerate(tokens):
            held += self._bytes[token]
            last = place == len(tokens) - 1
            try:
                text = held.decode("utf-8", "replace" if last else "strict")
            except UnicodeDecodeError:
                continue
            pieces.append(Spelt(text, first, place + 1))
            first, held = place + 1, b""
        return pieces


def _begins_a_word(text: str, language: str) -> bool:
    return language in UNSPACED or text.startswith(" ")


def _punctuation(text: str) -> bool:
    return all(unicodedata.category(character)[0] in "PZ" for character in text)


def _bytes_of(token: str) -> bytes:
    if token.startswith("<|") and token.endswith("|>"):
        return b""
    return bytes(_BYTES[character] for character in token)


def _byte_alphabet() -> dict[str, int]:
    """Return GPT-2's alphabet for bytes: printable Latin-1 stands for itself, the other bytes for U+0100 and
    following."""
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + place): byte for place, byte in enumerate(others)}


_BYTES: Final = _byte_alphabet()
