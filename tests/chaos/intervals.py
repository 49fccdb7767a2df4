"""Measure how much longer clients waited for their next event than in the undisturbed run, by disturbance."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Arrivals:
    """The times at which a call's client got its events."""

    began: float
    """When the first sample was spoken, seconds of the run."""
    at: Mapping[str, float]
    """Event id → seconds of the run, in order."""


@dataclass(frozen=True, slots=True)
class Wait:
    """An interval without events."""

    until: float
    """When the event came, seconds of the run."""
    beyond: float
    """Seconds by which the interval was longer than the undisturbed run's; below zero where events came in a burst."""


def waits(undisturbed: Arrivals, disturbed: Arrivals) -> list[Wait]:
    """One for each event that both runs have: from the event before it, at first from the beginning of speech."""
    found = []
    before, expected_before = disturbed.began, undisturbed.began
    for event_id, expected in undisturbed.at.items():
        at = disturbed.at.get(event_id)
        if at is None:
            continue
        found.append(Wait(at, (at - before) - (expected - expected_before)))
        before, expected_before = at, expected
    return found


def longest_after(moments: Sequence[float], every: Iterable[Wait]) -> list[float]:
    """For each of the moments, which are in order, the longest `beyond` of a wait that ended after it and before the
    next one; 0 without any."""
    longest = [0.0] * len(moments)
    for wait in every:
        place = bisect_right(moments, wait.until) - 1
        if place >= 0:
            longest[place] = max(longest[place], wait.beyond)
    return longest
