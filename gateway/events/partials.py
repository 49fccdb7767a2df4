"""The partial transcript of the utterance that is being spoken: sent live, never stored."""

from collections import OrderedDict
from typing import Annotated, Final, NamedTuple

import orjson
from pydantic import Field, TypeAdapter, ValidationError

from shared.contract.stored_event import StoredEvent
from shared.contract.transcript_event import PartialTranscript, TranscriptEvent

_KEPT: Final = 64
"""Finished utterances remembered; a partial transcript is at most one or two of them late."""

_MESSAGE: Final[TypeAdapter[TranscriptEvent | PartialTranscript]] = TypeAdapter(
    Annotated[TranscriptEvent | PartialTranscript, Field(discriminator="event_type")]
)


class Partial(NamedTuple):
    """A partial transcript to send."""

    utterance_id: str
    block: bytes


class Partials:
    """What to send a session's audience from its words channel."""

    def __init__(self) -> None:
        self.newest: Partial | None = None
        """For the utterance under way; None if there is none."""
        self._over: OrderedDict[str, None] = OrderedDict()

    def hear(self, data: bytes) -> Partial | None:
        """Process one message of the channel and return what to send to listeners now.

        Stored transcripts come in order from the durable stream, so here they only end the utterance.
        """
        try:
            said = _MESSAGE.validate_json(data)
        except ValidationError:
            return None
        if isinstance(said, TranscriptEvent):
            self._end(said.utterance_id)
            return None
        if said.utterance_id in self._over or b"\n" in data or b"\r" in data:
            return None
        partial = Partial(said.utterance_id, b"event: transcript\ndata: " + data + b"\n\n")
        if said.text:
            self.newest = partial
        else:
            self._close(said.utterance_id)
        return partial

    def note(self, *stored: StoredEvent) -> None:
        """Notice the ends of utterances: a later partial transcript of one is of no use to anyone."""
        for event in stored:
            if event.kind == "transcript-event":
                self._end(str(orjson.loads(event.data).get("utterance_id")))

    def _end(self, utterance_id: str) -> None:
        self._close(utterance_id)
        self._over[utterance_id] = None
        if len(self._over) > _KEPT:
            self._over.popitem(last=False)

    def _close(self, utterance_id: str) -> None:
        if self.newest is not None and self.newest.utterance_id == utterance_id:
            self.newest = None
