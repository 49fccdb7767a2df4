"""What a session is told when something of it cannot be heard: a service event in words. It goes on."""

from typing import Final, Literal

import orjson

from classifier_worker.hearing import Hearing
from shared.audio import PIPELINE_RATE, SAMPLE_BYTES
from shared.pcm_stream import Chunk
from shared.stored_event import StoredEvent

Trouble = Literal["audio-set-aside", "entry-unreadable", "listening-afresh", "record-unreadable"]
"""Codes of service events; `keys.TROUBLES` counts them."""

WORDS: Final[dict[Trouble, str]] = {
    "audio-set-aside": "A piece of audio could not be processed and was left out.",
    "entry-unreadable": "A piece of audio arrived damaged and was left out.",
    "listening-afresh": "What was known of the voices was lost. Linnet listens afresh.",
    "record-unreadable": "What was known of this session was damaged. Nothing more of it can be heard.",
}


def trouble_event(hearing: Hearing, trouble: Trouble) -> StoredEvent:
    """Tells the session of its trouble, where it stands."""
    timestamp = round(hearing.position / PIPELINE_RATE, 4)
    data = orjson.dumps({"code": trouble, "detail": WORDS[trouble], "timestamp": timestamp}).decode()
    return hearing.store(hearing.position, "service-event", data)


def trouble_with(chunk: Chunk) -> Trouble:
    """Why the chunk is set aside."""
    return "audio-set-aside" if chunk.fault is None else "entry-unreadable"


def seconds_of(chunk: Chunk, sample_rate: int) -> float:
    """Audio in the chunk, as the operator's log has it."""
    return len(chunk.pcm) / SAMPLE_BYTES / sample_rate


def set_aside(hearing: Hearing, chunk: Chunk) -> list[StoredEvent]:
    """The session as if the chunk had never come, but told of it. What follows it begins with an audio-gap.

    An end marker ends the session all the same, without the audio that was still to be classified.
    """
    hearing.included = chunk.entry_id
    if chunk.correction is None:
        hearing.sounded = chunk.entry_id
    events = [trouble_event(hearing, trouble_with(chunk))]
    if chunk.end is not None:
        events.append(hearing.end(chunk.end))
    return events
