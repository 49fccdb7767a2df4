"""Service events: sentences that tell a session which part of its audio could not be processed. The session
continues."""

from typing import Final, Literal

from shared.audio import SAMPLE_BYTES
from shared.contract.pcm_stream import Chunk

Trouble = Literal[
    "audio-set-aside", "entry-unreadable", "listening-afresh", "model-changed", "record-unreadable", "words-set-aside"
]
"""Codes of service events; `keys.TROUBLES` counts them."""

WORDS: Final[dict[Trouble, str]] = {
    "audio-set-aside": "A piece of audio could not be processed and was skipped.",
    "entry-unreadable": "A piece of audio arrived damaged and was skipped.",
    "listening-afresh": "The data on the voices was lost. Linnet is getting to know them again.",
    "model-changed": "A different tone model is in use from this point. "
    "It has to relearn what is usual for each voice.",
    "words-set-aside": "The words of one utterance could not be written down. Its tone is not affected.",
    "record-unreadable": "This session's data is damaged. No more of it can be analysed: start a new session.",
}


def trouble_with(chunk: Chunk) -> Trouble:
    """Return why the chunk is set aside."""
    return "audio-set-aside" if chunk.fault is None else "entry-unreadable"


def seconds_of(chunk: Chunk, sample_rate: int) -> float:
    """Return the length of the chunk's audio, for the operator's log."""
    return len(chunk.pcm) / SAMPLE_BYTES / sample_rate
