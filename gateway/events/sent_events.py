"""Remember what an audience was sent last, to notice events that Redis has lost or changed."""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from shared.contract.event_id import EventId
from shared.contract.stored_event import StoredEvent

KEPT: Final = 32
"""Events kept: more than a session has in the second or two that Redis can lose if it syncs every second."""


class SentEvents:
    """The newest events that were sent, by id, as hashes."""

    def __init__(self) -> None:
        self._hashes: OrderedDict[EventId, int] = OrderedDict()

    def add(self, event: StoredEvent) -> None:
        """Remember the first content sent under an id: a second one is what must be noticed."""
        self._hashes.setdefault(event.id, _hash(event))
        if len(self._hashes) > KEPT:
            self._hashes.popitem(last=False)

    def differs(self, event_id: EventId, found: StoredEvent | None) -> bool:
        """Return whether the event with this id is now missing or has different content."""
        known = self._hashes.get(event_id)
        return known is not None and (found is None or _hash(found) != known)

    @property
    def oldest(self) -> EventId | None:
        return min(self._hashes, default=None)

    def diverges(self, found: Iterable[StoredEvent]) -> bool:
        """Return whether an event in `found` differs from what was sent; otherwise only the newest are missing."""
        return any(self._hashes.get(event.id) != _hash(event) for event in found)

    def common(self, found: Iterable[StoredEvent]) -> EventId | None:
        """Return the newest event id whose content in `found` equals what was sent, or None; forget what was sent
        later."""
        same = {event.id for event in found if self._hashes.get(event.id) == _hash(event)}
        newest = max(same, default=None)
        for event_id in [known for known in self._hashes if newest is None or known > newest]:
            del self._hashes[event_id]
        return newest


def _hash(event: StoredEvent) -> int:
    return hash((event.kind, event.data))
