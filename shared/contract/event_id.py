"""The id of a stored event: `{sample}-{n}`, the same in SSE and as the entry id of the durable stream."""

import re
from typing import Final, NamedTuple

_ID = re.compile(r"(\d{1,15})-(\d{1,15})", re.ASCII)


class EventId(NamedTuple):
    """Orders a session's stored events: the 16 kHz sample position, then n = 1, 2, … at that sample."""

    sample: int
    n: int

    def __str__(self) -> str:
        return f"{self.sample}-{self.n}"

    @classmethod
    def parse(cls, text: str) -> "EventId":
        """Parse an id written as `{sample}-{n}`. Raises ValueError with a message for people."""
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
"""The position before every event."""
