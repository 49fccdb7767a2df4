"""Move the mixture and the floors from the likeliest numbers towards the bars that a model must reach.

The likeliest mixture fits every window as well as it can, but people rely on something else: that events are right,
that ordinary talk causes few claims, and that half of it is called even. A random search (Solis and Wets 1981,
Mathematics of Operations Research 6(1), 19–30) over the eleven numbers and the floors, with a fixed seed.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.tone.mixture import Mixture
from classifier_worker.speech.tone.tone_head import ToneHead
from shared.contract.tone_event import EVEN
from training.data.recipe import SEED
from training.features.replay import Replayed
from training.features.session_mixtures import Kind
from training.figures.bars import BARS, SAID, bar_values, figures_of
from training.figures.outcome import FLOOR, Clips, acted_figures, clips, said
from training.fit.leave_out import calibrated_as

Floats = NDArray[np.float64]

TRIES: Final = 900
MARGIN: Final = 0.05
"""Share of a bar by which the search aims beyond it, because figures for unseen people are slightly worse."""
MOST: Final = 0.5
"""Largest contribution of one bar, as a share of it, so that a bar out of reach does not outweigh all others."""

LEAST_RIGHT: Final = 0.75
"""Share of a marked affect's events that must be right on the tuning corpora …"""
LEAST_SAID: Final = SAID * (1.0 + MARGIN)
"""… as long as this share of the clips keeps an event: the bar, including MARGIN."""
FLOOR_STEP: Final = 0.025
HIGHEST: Final = 0.9

_MOVED_AT_ONCE: Final = 0.35
"""Share of the numbers that a trial moves."""
_LARGEST_STEP, _SMALLEST_STEP, _GROWTH, _SHRINKING = 1.5, 0.08, 1.15, 0.985


@dataclass(frozen=True, slots=True, eq=False)
class Decided:
    """The tuning data: heads, each with an acted corpus it was not trained on, and the final head's ordinary speech."""

    acted: Mapping[str, tuple[ToneHead, Mapping[Kind, Replayed]]]
    ordinary: Mapping[str, Replayed]
    research: bool
    """Index of the bars."""


def searched(head: ToneHead, start: Mixture, decided: Decided, tries: int = TRIES) -> ToneHead:
    """Return the head with the mixture and the floors that come closest to the bars."""
    floors = [0.9 if affect == "neutral" else FLOOR for affect in head.affects]
    numbers = np.concatenate([start.numbers(), floors])
    least = _missed(numbers, head, decided)
    lowest, highest, steps = _range(len(floors))
    rng, size = np.random.default_rng(SEED), 1.0
    for _ in range(tries):
        moved = rng.random(len(numbers)) < _MOVED_AT_ONCE
        tried = np.clip(numbers + size * steps * rng.normal(size=len(numbers)) * moved, lowest, highest)
        missed = _missed(tried, head, decided)
        better = missed < least
        if better:
            numbers, least = tried, missed
        size = min(_LARGEST_STEP, size * _GROWTH) if better else max(_SMALLEST_STEP, size * _SHRINKING)
    return _raised(with_numbers(head, np.round(numbers, 3)), decided)


def _raised(head: ToneHead, decided: Decided) -> ToneHead:
    """Raise the floor of each marked affect that would be right less often than LEAST_RIGHT, as long as enough events
    remain."""
    for place, affect in enumerate(head.affects):
        while affect not in EVEN and _right(_clips(head, decided), affect) < LEAST_RIGHT:
            floor = round(head.floors[place] + FLOOR_STEP, 3)
            higher = replace(head, floors=(*head.floors[:place], floor, *head.floors[place + 1 :]))
            if floor > HIGHEST or _said(_clips(higher, decided)) < LEAST_SAID:
                break
            head = higher
    return head


def _clips(head: ToneHead, decided: Decided) -> list[Clips]:
    """Return the mixed sessions of each tuning corpus."""
    return [clips(calibrated_as(head, lacking), replayed["mixed"]) for lacking, replayed in decided.acted.values()]


def _right(of_corpora: Sequence[Clips], affect: str) -> float:
    """Return how often the affect is right when reported; 1 if it never is reported."""
    told = np.concatenate([(each.truth == affect)[each.answer == affect] for each in of_corpora])
    return float(told.mean()) if len(told) else 1.0


def _said(of_corpora: Sequence[Clips]) -> float:
    """Return the share of clips with an event, averaged over the corpora."""
    return float(np.mean([acted_figures(each)["said"] for each in of_corpora]))


def with_numbers(head: ToneHead, numbers: Floats) -> ToneHead:
    """Return the head with a mixture, float64[11], followed by a floor for each of its affects."""
    count = len(Mixture.__dataclass_fields__)
    floors = tuple(float(floor) for floor in numbers[count:])
    return replace(head, mixture=Mixture.of(numbers[:count]), floors=floors)


def shortfall(reached: Mapping[str, list[float]], *, research: bool) -> float:
    """Sum the share by which each bar is missed, including MARGIN, at most MOST each."""
    total = 0.0
    for part, values in reached.items():
        for (_, sense, of_open, of_research), value in zip(BARS[part], values, strict=True):
            bar = of_research if research else of_open
            missed = value - bar * (1.0 - MARGIN) if sense == "at most" else bar * (1.0 + MARGIN) - value
            # Without events, there is no share that is right.
            total += MOST if math.isnan(value) else min(MOST, max(0.0, missed / bar))
    return total


def _missed(numbers: Floats, head: ToneHead, decided: Decided) -> float:
    whole = with_numbers(head, numbers)
    ordinary = {name: said(whole, replayed) for name, replayed in decided.ordinary.items()}
    kinds: tuple[Kind, ...] = ("mixed", "one")
    acted = {
        kind: {
            corpus: clips(calibrated_as(whole, lacking), replayed[kind])
            for corpus, (lacking, replayed) in decided.acted.items()
        }
        for kind in kinds
    }
    minutes = {name: replayed.minutes for name, replayed in decided.ordinary.items()}
    return shortfall(bar_values(figures_of(ordinary, minutes, acted)), research=decided.research)


def _range(floors: int) -> tuple[Floats, Floats, Floats]:
    """The lowest and highest value and the typical step of each number."""
    mixture = [
        (-9.0, 2.0, 1.0),  # gate
        (1.0, 12.0, 1.0),  # steepness
        (0.2, 6.0, 0.6),  # varied
        (-6.0, 3.0, 0.6),  # varied_even
        (-2.0, 4.0, 0.4),  # varied_even_strange
        (-0.5, 0.9, 0.15),  # varied_strange
        (-0.2, 2.0, 0.2),  # relative
        (0.0, 2.0, 0.2),  # absolute
        (0.0, 3.0, 0.3),  # lasting
        (-1.0, 5.0, 0.6),  # even
        (-1.0, 5.0, 0.5),  # even_strange
    ]
    columns = np.array([*mixture, *[(FLOOR, 0.97, 0.05)] * floors], np.float64).T
    return columns[0], columns[1], columns[2]
