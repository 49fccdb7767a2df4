"""How far, and in which direction, a voice has moved from the speaker's recent tone.

    state, shift = compare(state, scores, projection)

Magnitude: the total variation distance between the current scores and their recent average, that is, the share of the
probability that moved between affects; 0 identical … 1 nothing in common. A new value is reported only if it differs
from the last one by STEP, so that the page's text does not flicker; below SAME it is 0.
Direction: the change of tension, which is how far the projection lies from the centre of Russell's circle towards
distress (135°; 1980, p. 1161), 0 on the side of relaxation. A change from even to cheerful or calm speech is a shift,
but neither an escalation nor a de-escalation.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from classifier_worker.speech.circumplex import Projection
from shared.contract.tone_event import AFFECTS, Affect, ShiftDirection

NEWEST: Final = 0.2
"""Weight of the newest window in the recent average: the last three windows make up half of it."""

ENTER: Final = 0.2
LEAVE: Final = 0.1
"""Changes of tension that begin and end a direction. Even speech that turns half frustrated changes by 0.34."""

HOLD: Final = 4
"""Fewest windows that a direction lasts, about 4 s, so that it does not follow tones that alternate every second."""

STEP: Final = 0.1
SAME: Final = 0.05
"""Smallest change of the reported magnitude, and the magnitude that counts as none. The smoothed scores of a speaker
who stays in one tone differ by less."""

_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class RecentTone:
    """One speaker's recent tone."""

    scores: Mapping[Affect, float] = field(default_factory=dict)
    """Averaged probabilities; empty before the first window."""
    tension: float = 0.0
    """Averaged tension, 0 none … 1 distressed."""
    direction: ShiftDirection = "stable"
    magnitude: float = 0.0
    """Magnitude last reported."""
    held: int = HOLD
    """Windows for which the direction has been reported, counted up to HOLD."""

    def freeze(self) -> dict[str, Any]:
        return {
            "scores": dict(self.scores),
            "tension": self.tension,
            "direction": self.direction,
            "magnitude": self.magnitude,
            "held": self.held,
        }

    @classmethod
    def thaw(cls, frozen: dict[str, Any]) -> "RecentTone":
        scores = cast(dict[Affect, float], dict(frozen["scores"]))
        return cls(scores, frozen["tension"], frozen["direction"], frozen["magnitude"], frozen["held"])


@dataclass(frozen=True, slots=True)
class Shift:
    """A window compared with the recent tone."""

    magnitude: float
    """0…1; 4 decimals. 0 for a speaker's first window."""
    direction: ShiftDirection


NONE: Final = Shift(0.0, "stable")


def compare(state: RecentTone, scores: Mapping[Affect, float], projection: Projection) -> tuple[RecentTone, Shift]:
    """Return the updated state and the shift of a window from the earlier ones.

    scores: affect → probability 0…1, smoothed; the same affects each time. projection: that of those scores.
    Call it for each classified window of the speaker, including those below the reliability floor.
    """
    tension = max(0.0, (projection.arousal - projection.valence) / 2.0)
    if not state.scores:
        first = {affect: round(p, _DECIMALS) for affect, p in scores.items()}
        return RecentTone(first, round(tension, _DECIMALS)), NONE
    direction = state.direction if state.held < HOLD else _direction(state.direction, tension - state.tension)
    held = min(HOLD, state.held + 1) if direction == state.direction else 1
    magnitude = _magnitude(state.magnitude, _distance(state.scores, scores))
    recent = {
        affect: round((1.0 - NEWEST) * state.scores.get(affect, 0.0) + NEWEST * p, _DECIMALS)
        for affect, p in scores.items()
    }
    averaged = round((1.0 - NEWEST) * state.tension + NEWEST * tension, _DECIMALS)
    return RecentTone(recent, averaged, direction, magnitude, held), Shift(magnitude, direction)


def _distance(past: Mapping[Affect, float], now: Mapping[Affect, float]) -> float:
    """Return the total variation, 0…1, 4 decimals. Summed in a fixed order, so that it is bit-identical everywhere."""
    moved = sum(abs(now.get(affect, 0.0) - past.get(affect, 0.0)) for affect in AFFECTS)
    return round(min(1.0, moved / 2.0), 4)


def _magnitude(last: float, distance: float) -> float:
    """Apply hysteresis: keep the last value until the distance differs from it by STEP."""
    if distance < SAME:
        return 0.0
    return distance if abs(distance - last) >= STEP else last


def _direction(last: ShiftDirection, change: float) -> ShiftDirection:
    """Apply hysteresis: a direction begins at ENTER and lasts until the change falls below LEAVE."""
    bound_up = LEAVE if last == "escalating" else ENTER
    bound_down = LEAVE if last == "de-escalating" else ENTER
    if change >= bound_up:
        return "escalating"
    return "de-escalating" if change <= -bound_down else "stable"
