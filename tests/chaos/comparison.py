"""Compare a disturbed run's events with an undisturbed run's: missing, doubled, out of order or different."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import orjson

from shared.contract.event_id import EventId


class Entry(NamedTuple):
    """One stored event as a reader got it."""

    id: str
    kind: str
    data: str
    """The JSON as it came, not decoded: equal means byte for byte."""

    def json(self) -> dict[str, object]:
        found: dict[str, object] = orjson.loads(self.data)
        return found


@dataclass(frozen=True, slots=True)
class Difference:
    """Number of events that differ, by kind of difference."""

    lost: int = 0
    doubled: int = 0
    disordered: int = 0
    """Events whose id is below that of the event before."""
    strange: int = 0
    """Events that the undisturbed run does not have."""
    changed: int = 0
    """Events under the same id with another kind or other data."""

    def __add__(self, other: "Difference") -> "Difference":
        return Difference(
            self.lost + other.lost,
            self.doubled + other.doubled,
            self.disordered + other.disordered,
            self.strange + other.strange,
            self.changed + other.changed,
        )

    def __bool__(self) -> bool:
        return self != Difference()


def difference(expected: Sequence[Entry], found: Sequence[Entry]) -> Difference:
    """Return the differences; all are zero exactly if both are equal."""
    wanted = {entry.id: entry for entry in expected}
    got = Counter(entry.id for entry in found)
    places = [EventId.parse(entry.id) for entry in found]
    return Difference(
        lost=sum(event_id not in got for event_id in wanted),
        doubled=sum(count - 1 for count in got.values()),
        disordered=sum(after < before for before, after in pairwise(places)),
        strange=sum(event_id not in wanted for event_id in got),
        changed=len({entry.id for entry in found if entry.id in wanted and entry != wanted[entry.id]}),
    )


def apart(entries: Sequence[Entry]) -> tuple[list[Entry], list[Entry]]:
    """Part tone from words, each with the ids that they would have without the other.

    Words come when they are written down, so their place among the other events may differ between two runs, and with
    it the number of another event at the same sample. Their own order, and what they say, may not.
    """
    others: list[Entry] = []
    transcripts: list[Entry] = []
    sample = before = 0
    for entry in entries:
        place = EventId.parse(entry.id)
        if place.sample != sample:
            sample, before = place.sample, 0
        if entry.kind == "transcript-event":
            before += 1
            transcripts.append(entry._replace(id=f"{str(entry.json()['utterance_id']).removeprefix('u')}-1"))
        else:
            others.append(entry._replace(id=str(EventId(place.sample, place.n - before))))
    return others, transcripts


def difference_apart(expected: Sequence[Entry], found: Sequence[Entry]) -> Difference:
    """Return the differences in tone and those in words, added up."""
    pairs = zip(apart(expected), apart(found), strict=True)
    return sum((difference(wanted, got) for wanted, got in pairs), Difference())
