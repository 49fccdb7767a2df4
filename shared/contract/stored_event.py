"""Stored events: the entries of a session's durable stream, their ids, and their form in SSE.

The stream entry's id is the SSE id, `{sample}-{n}`; its fields are `event` (the kind) and `data` (JSON).
SSE: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import re
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, get_args

EventKind = Literal["tone-event", "facts-event", "service-event", "audio-gap", "correction", "session-ended"]
EVENT_KINDS: Final[tuple[EventKind, ...]] = get_args(EventKind)

_ID = re.compile(r"(\d{1,15})-(\d{1,15})", re.ASCII)


class EventId(NamedTuple):
    """Orders a session's stored events: the 16 kHz sample position, then n = 1, 2, … at that sample."""

    sample: int
    n: int

    def __str__(self) -> str:
        return f"{self.sample}-{self.n}"

    @classmethod
    def parse(cls, text: str) -> "EventId":
        """The id written as `{sample}-{n}`. Raises ValueError, in words for a person."""
        match = _ID.fullmatch(text)
        if match is None:
            raise ValueError(
                f"{text[:40]!r} is not an event id. Send an id exactly as this stream sent it, for example 48000-1."
            )
        return cls(int(match[1]), int(match[2]))

    def next_at(self, sample: int) -> "EventId":
        """Return the next id for an event at `sample`. Ids never decrease."""
        return EventId(sample, 1) if sample > self.sample else EventId(self.sample, self.n + 1)


BEGINNING: Final = EventId(0, 0)
"""Before every event."""


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
