"""What an audience was sent last, so that events which Redis has lost, or now has otherwise, are noticed."""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from shared.contract.stored_event import EventId, StoredEvent

KEPT: Final = 32
"""Events: more than a second or two of any session, which is what a Redis can lose that syncs every second."""


class SentEvents:
    """The newest events that were sent, by id, as hashes."""

    def __init__(self) -> None:
        self._hashes: OrderedDict[EventId, int] = OrderedDict()

    def add(self, event: StoredEvent) -> None:
        """What was first sent under an id counts: a second content is what is to be noticed."""
        self._hashes.setdefault(event.id, _hash(event))
        if len(self._hashes) > KEPT:
            self._hashes.popitem(last=False)

    def differs(self, event_id: EventId, found: StoredEvent | None) -> bool:
        """Whether something else, or nothing, stands now where the event with this id was."""
        known = self._hashes.get(event_id)
        return known is not None and (found is None or _hash(found) != known)

    @property
    def oldest(self) -> EventId | None:
        return min(self._hashes, default=None)

    def diverges(self, found: Iterable[StoredEvent]) -> bool:
        """Whether `found` holds an event that was not sent like that; otherwise only the newest are missing."""
        return any(self._hashes.get(event.id) != _hash(event) for event in found)

    def common(self, found: Iterable[StoredEvent]) -> EventId | None:
        """The newest id under which `found` holds what was sent, or None; what was sent later is forgotten."""
        same = {event.id for event in found if self._hashes.get(event.id) == _hash(event)}
        newest = max(same, default=None)
        for event_id in [known for known in self._hashes if newest is None or known > newest]:
            del self._hashes[event_id]
        return newest


def _hash(event: StoredEvent) -> int:
    return hash((event.kind, event.data))
