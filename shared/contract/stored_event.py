"""Stored events: the entries of a session's durable stream, their ids, and their form in SSE.

The stream entry's id is the SSE id, `{sample}-{n}`; its fields are `event` (the kind) and `data` (JSON).
SSE: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from dataclasses import dataclass
from typing import Literal

from shared.contract.event_id import EventId

EventKind = Literal[
    "tone-event", "facts-event", "transcript-event", "service-event", "audio-gap", "correction", "session-ended"
]


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One entry of a session's durable stream."""

    id: EventId
    kind: EventKind
    data: str
    """JSON, on one line."""

    def to_sse(self) -> bytes:
        return f"id: {self.id}\nevent: {self.kind}\ndata: {self.data}\n\n".encode()
