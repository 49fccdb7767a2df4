"""How far, and in which direction, a voice has moved from this speaker's own recent tone.

    state, shift = compare(state, scores, projection)

Magnitude: the total variation distance between the scores now and their recent average, that is, the share of the
probability that went from some affects to others; 0 the same … 1 nothing in common. A new value is given out only when
it differs from the last one by STEP, so that what a page says of it does not flicker; under SAME it is 0.
Direction: the change of tension, which is how far the projection lies from the centre of Russell's circle towards
distress (135°; 1980, p. 1161), 0 on the side of relaxation. From even speech to cheerful or calm speech is a shift, but
nothing escalates or de-escalates.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from classifier_worker.speech.circumplex import Projection
from shared.contract.tone_event import AFFECTS, Affect, ShiftDirection

NEWEST: Final = 0.2
"""Weight of the newest window in the recent average: half of it stems from the last three windows."""

ENTER: Final = 0.2
LEAVE: Final = 0.1
"""Change of tension that begins and that ends a direction. Even speech that turns half frustrated changes by 0.34."""

HOLD: Final = 4
"""Windows for which a direction is given out at least, about 4 s: tones that alternate from second to second are not
followed."""

STEP: Final = 0.1
SAME: Final = 0.05
"""Change of the magnitude that is given out, and the magnitude that counts as none. The smoothed scores of somebody who
speaks on in one tone differ by less."""

_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class RecentTone:
    """One speaker's recent tone."""

    scores: Mapping[Affect, float] = field(default_factory=dict)
    """Averaged probabilities; empty before the first window."""
    tension: float = 0.0
    """Averaged, 0 none … 1 distressed."""
    direction: ShiftDirection = "stable"
    magnitude: float = 0.0
    """As last given out."""
    held: int = HOLD
    """Windows for which the direction was given out, counted up to HOLD."""

    def to_dict(self) -> dict[str, Any]:
        return {
            "scores": dict(self.scores),
            "tension": self.tension,
            "direction": self.direction,
            "magnitude": self.magnitude,
            "held": self.held,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "RecentTone":
        scores = cast(dict[Affect, float], dict(values["scores"]))
        return cls(scores, values["tension"], values["direction"], values["magnitude"], values["held"])


@dataclass(frozen=True, slots=True)
class Shift:
    """A window against the recent tone."""

    magnitude: float
    """0…1; 4 decimals. 0 for a speaker's first window."""
    direction: ShiftDirection


NONE: Final = Shift(0.0, "stable")


def compare(state: RecentTone, scores: Mapping[Affect, float], projection: Projection) -> tuple[RecentTone, Shift]:
    """The shift of a window from what came before it, and the state that has taken it in.

    scores: affect → probability 0…1, smoothed; the same affects each time. projection: of those scores.
    To be called for each classified window of the speaker, also for those under the reliability floor.
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
    """Total variation, 0…1, 4 decimals. Summed in one fixed order, so that it is the same to the last bit."""
    moved = sum(abs(now.get(affect, 0.0) - past.get(affect, 0.0)) for affect in AFFECTS)
    return round(min(1.0, moved / 2.0), 4)


def _magnitude(last: float, distance: float) -> float:
    """Hysteresis: the last value stays until the distance is STEP away from it."""
    if distance < SAME:
        return 0.0
    return distance if abs(distance - last) >= STEP else last


def _direction(last: ShiftDirection, change: float) -> ShiftDirection:
    """Hysteresis: a direction begins at ENTER and lasts until the change falls under LEAVE."""
    bound_up = LEAVE if last == "escalating" else ENTER
    bound_down = LEAVE if last == "de-escalating" else ENTER
    if change >= bound_up:
        return "escalating"
    return "de-escalating" if change <= -bound_down else "stable"
