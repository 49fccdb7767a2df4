"""Record where a session's events were lost, so that a listener that was away can be told later."""

from dataclasses import dataclass

from redis.asyncio import Redis

from gateway.session.session_keys import Place
from shared.contract.event_id import EventId
from shared.store.lua import Script

_NOTE = Script(__file__, "note_rewound")


@dataclass(frozen=True, slots=True)
class Rewound:
    """A range of ids, after `start` and up to `end`, whose content may once have been different."""

    start: EventId
    end: EventId

    @classmethod
    def parse(cls, text: str | None) -> "Rewound | None":
        """Parse the session record's field; None if nothing was lost."""
        start, _, end = (text or "").partition(" ")
        try:
            return cls(EventId.parse(start), EventId.parse(end))
        except ValueError:
            return None

    def covers(self, event_id: EventId) -> bool:
        """Return whether a client that has events up to this id may have received different content."""
        return self.start < event_id <= self.end

    def with_(self, other: "Rewound | None") -> "Rewound":
        """Return a range that covers both."""
        return self if other is None else Rewound(min(self.start, other.start), max(self.end, other.end))

    def __str__(self) -> str:
        return f"{self.start} {self.end}"


async def note(redis: Redis, place: Place, lost: Rewound) -> None:
    """Store the loss with the session. Raises as any command does."""
    known: bytes | None = await redis.hget(place.record, "rewound")  # type: ignore[misc]
    merged = lost.with_(Rewound.parse(known.decode() if known else None))
    await _NOTE.run(redis, [place.record], [str(merged)])
