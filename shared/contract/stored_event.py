"""Stored events: the entries of a session's durable stream, their ids, and their form in SSE.

The stream entry's id is the SSE id, `{sample}-{n}`; its fields are `event` (the kind) and `data` (JSON).
SSE: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from shared.contract.event_id import EventId

EventKind = Literal["tone-event", "facts-event", "service-event", "audio-gap", "correction", "session-ended"]
EVENT_KINDS: Final[tuple[EventKind, ...]] = get_args(EventKind)


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One entry of a session's durable stream."""

    id: EventId
    kind: EventKind
    data: str
    """JSON on one line."""

    def to_sse(self) -> bytes:
        return f"id: {self.id}\nevent: {self.kind}\ndata: {self.data}\n\n".encode()

    @classmethod
    def from_sse(cls, block: str) -> "StoredEvent":
        """Parse one SSE block. Raises ValueError if it is not a stored event."""
        fields = dict(line.split(": ", 1) for line in block.strip().splitlines() if ": " in line and line[0] != ":")
        kind = fields.get("event")
        if kind not in EVENT_KINDS or "id" not in fields or "data" not in fields:
            raise ValueError("not the SSE block of a stored event")
        return cls(EventId.parse(fields["id"]), kind, fields["data"])
