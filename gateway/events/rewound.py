"""Where a session's events were lost once, so that a listener who was away and comes back later is told, too."""

from dataclasses import dataclass

from redis.asyncio import Redis

from gateway.session.session_keys import Place
from shared.contract.stored_event import EventId
from shared.store.lua import Script

_NOTE = Script("""
-- KEYS session record; ARGV two ids
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], 'rewound', ARGV[1]) end
""")


@dataclass(frozen=True, slots=True)
class Rewound:
    """Behind `start`, up to `end`, an id may have had other contents before."""

    start: EventId
    end: EventId

    @classmethod
    def parse(cls, text: str | None) -> "Rewound | None":
        """What the session record holds; None when nothing was lost."""
        start, _, end = (text or "").partition(" ")
        try:
            return cls(EventId.parse(start), EventId.parse(end))
        except ValueError:
            return None

    def covers(self, event_id: EventId) -> bool:
        """Whether a client that has had events up to this id may have had others."""
        return self.start < event_id <= self.end

    def with_(self, other: "Rewound | None") -> "Rewound":
        """Both as one."""
        return self if other is None else Rewound(min(self.start, other.start), max(self.end, other.end))

    def __str__(self) -> str:
        return f"{self.start} {self.end}"


async def note(redis: Redis, place: Place, lost: Rewound) -> None:
    """Keeps it with the session. Raises as any command does."""
    known: bytes | None = await redis.hget(place.record, "rewound")  # type: ignore[misc]
    merged = lost.with_(Rewound.parse(known.decode() if known else None))
    await _NOTE.run(redis, [place.record], [str(merged)])
