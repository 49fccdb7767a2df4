"""Read a session's durable event stream."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, cast

from redis.asyncio import Redis

from gateway.session.session_keys import Place
from shared.contract.event_id import BEGINNING, EventId
from shared.contract.stored_event import EventKind, StoredEvent

PAGE: Final = 500
"""Entries per read."""

RawEntry = tuple[bytes, dict[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Page:
    """The part of a stream beyond an id."""

    known: bool
    """False if the session no longer has a record: erased, or past its retention."""
    lost_until: EventId
    """Events up to here were cut off by the limit on the stream."""
    link: str | None
    """The key of the session's read-only link at the moment of reading."""
    events: list[StoredEvent]
    at: StoredEvent | None = None
    """The event whose id was the starting point."""

    @property
    def full(self) -> bool:
        """Return whether there may be more after this page."""
        return len(self.events) >= PAGE


def stored_event(entry: RawEntry) -> StoredEvent:
    entry_id, fields = entry
    return StoredEvent(
        EventId.parse(entry_id.decode()), cast(EventKind, fields[b"event"].decode()), fields[b"data"].decode()
    )


async def read_beyond(redis: Redis, positions: Iterable[tuple[Place, EventId]]) -> list[Page]:
    """Read one page of each stream beyond the given id, all in one round trip.

    The transaction reads entries and `events_after` at the same moment, so no cut can hide between them.
    """
    afters: list[EventId] = []
    async with redis.pipeline(transaction=True) as pipe:
        for place, after in positions:
            pipe.hmget(place.record, ["state", "events_after", "link"])
            afters.append(after)
            pipe.xrange(place.events, str(after), "+", PAGE + 1)
        answers = await pipe.execute()
    return [
        _page(record, cast(list[RawEntry], entries), after)
        for record, entries, after in zip(answers[::2], answers[1::2], afters, strict=True)
    ]


def _page(record: Sequence[bytes | None], entries: list[RawEntry], after: EventId) -> Page:
    state, lost_until, link = record
    events = [stored_event(entry) for entry in entries]
    at = events.pop(0) if events and events[0].id == after else None
    return Page(
        state is not None,
        EventId.parse(lost_until.decode()) if lost_until else BEGINNING,
        link.decode() if link else None,
        events[:PAGE],
        at,
    )


async def newest(redis: Redis, place: Place) -> StoredEvent | None:
    """Return the stream's last entry."""
    entries: list[RawEntry] = await redis.xrevrange(place.events, count=1)
    return stored_event(entries[0]) if entries else None


async def up_to(redis: Redis, place: Place, event_id: EventId) -> StoredEvent | None:
    """Return the event with this id, or else the newest one before it."""
    entries: list[RawEntry] = await redis.xrevrange(place.events, str(event_id), "-", 1)
    return stored_event(entries[0]) if entries else None


async def find(redis: Redis, place: Place, event_id: EventId) -> StoredEvent | None:
    """Return the event with exactly this id."""
    entries: list[RawEntry] = await redis.xrange(place.events, str(event_id), str(event_id), 1)
    return stored_event(entries[0]) if entries else None


async def forwards(redis: Redis, place: Place) -> AsyncIterator[list[StoredEvent]]:
    """Yield the whole stream in pages, oldest first."""
    after = BEGINNING
    while True:
        [page] = await read_beyond(redis, [(place, after)])
        if page.events:
            yield page.events
            after = page.events[-1].id
        if not page.full:
            return


async def backwards(redis: Redis, place: Place) -> AsyncIterator[list[StoredEvent]]:
    """Yield the whole stream in pages, newest first."""
    below = "+"
    while True:
        entries: list[RawEntry] = await redis.xrevrange(place.events, below, "-", PAGE)
        if entries:
            yield [stored_event(entry) for entry in entries]
            below = f"({entries[-1][0].decode()}"
        if len(entries) < PAGE:
            return
