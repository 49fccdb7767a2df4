"""Decide whether a new session has words, and in which language: as requested, as far as the server can."""

from typing import Annotated, Final, Literal, NamedTuple

from pydantic import AfterValidator

from shared.contract.languages import LANGUAGES

NO_WORDS: Final = (
    "This server writes down no words, so the session has none; its operator can set LINNET_WORDS to tiny.en or base."
)
ENGLISH_ONLY: Final = (
    "This server writes down English only, so the language is en; its operator can set LINNET_WORDS to base."
)

_SEND_A_CODE: Final = (
    "Send the two-letter code of a language, such as en, de or fr, or leave it out to have the language of each "
    "utterance recognised"
)


def _known(code: str) -> str:
    code = code.strip().lower()
    if code and code not in LANGUAGES:
        raise ValueError(_SEND_A_CODE)
    return code


Language = Annotated[str, AfterValidator(_known)]
"""A language that can be written down; "" for the likeliest of each utterance."""


class StartWords(NamedTuple):
    """The words settings of a new session."""

    words: bool
    language: str
    warnings: list[str]


def start_words(words: bool | None, language: str | None, size: Literal["off", "tiny.en", "base"]) -> StartWords:
    """Return the settings of a session that requests `words` and `language`, on a server with LINNET_WORDS `size`."""
    if size == "off":
        return StartWords(False, "", [NO_WORDS] if words else [])
    if words is False:
        return StartWords(False, "", [])
    if size == "tiny.en" and language not in (None, "", "en"):
        return StartWords(True, "en", [ENGLISH_ONLY])
    return StartWords(True, language or "", [])
