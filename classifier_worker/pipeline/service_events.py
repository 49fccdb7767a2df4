"""What a session is told when part of it cannot be processed: a service event in words. It continues."""

from typing import Final, Literal

from shared.audio import SAMPLE_BYTES
from shared.contract.pcm_stream import Chunk

Trouble = Literal["audio-set-aside", "entry-unreadable", "listening-afresh", "model-changed", "record-unreadable"]
"""Codes of service events; `keys.TROUBLES` counts them."""

WORDS: Final[dict[Trouble, str]] = {
    "audio-set-aside": "A piece of audio could not be processed and was left out.",
    "entry-unreadable": "A piece of audio arrived damaged and was left out.",
    "listening-afresh": "What was known of the voices was lost. Linnet listens afresh.",
    "model-changed": "From here on another tone model listens. It learns again what is usual for each voice.",
    "record-unreadable": "What was known of this session was damaged. Nothing more of it can be heard.",
}


def trouble_with(chunk: Chunk) -> Trouble:
    """Why the chunk is set aside."""
    return "audio-set-aside" if chunk.fault is None else "entry-unreadable"


def seconds_of(chunk: Chunk, sample_rate: int) -> float:
    """Audio in the chunk, as the operator's log has it."""
    return len(chunk.pcm) / SAMPLE_BYTES / sample_rate
