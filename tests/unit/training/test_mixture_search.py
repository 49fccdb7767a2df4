"""The search for the mixture's numbers and the floors moves towards the bars, and the same way every time."""

import numpy as np
import pytest

from classifier_worker.speech.tone.mixture import Mixture
from shared.contract.tone_event import Affect
from tests.unit.training.test_outcome import ABSOLUTE_ONLY, AFFECTS, head, session
from training.features.replay import replay
from training.figures.bars import BARS
from training.figures.outcome import FLOOR
from training.fit import mixture_search
from training.fit.leave_out import calibrated_as
from training.fit.mixture_search import MARGIN, MOST, Decided, searched, shortfall, with_numbers

MARKED: list[tuple[Affect, float]] = [("sad", 0.75), ("warm", 0.75), ("frustrated", 0.75), ("sad", 0.75)]
EVENLY: list[tuple[Affect, float]] = [("neutral", 0.9)] * 6


def at_the_bars(share: float) -> dict[str, list[float]]:
    """Every bar of `open` passed by this share of it."""
    return {
        part: [bar * (1 - share if sense == "at most" else 1 + share) for _, sense, bar, _ in rows]
        for part, rows in BARS.items()
    }


def decided() -> Decided:
    acted = [session(each, truth=each[0]) for each in MARKED]
    kinds = {"mixed": replay(head(), acted), "one": replay(head(), acted)}
    return Decided({"acted": (head(), kinds)}, {"read": replay(head(), [session(*EVENLY)])}, research=False)  # type: ignore[dict-item]


def test_nothing_is_missed_a_margin_beyond_every_bar() -> None:
    assert shortfall(at_the_bars(MARGIN + 1e-9), research=False) == pytest.approx(0.0)


def test_what_is_missed_counts_by_its_share_and_never_more_than_the_most() -> None:
    reached = at_the_bars(MARGIN + 1e-9)
    reached["mixed"][1] -= BARS["mixed"][1][2] * 0.2
    assert shortfall(reached, research=False) == pytest.approx(0.2)
    reached["mixed"][1] = 0.0
    assert shortfall(reached, research=False) == pytest.approx(MOST)


def test_what_cannot_be_told_counts_as_missed() -> None:
    reached = at_the_bars(MARGIN + 1e-9)
    reached["mixed"][1] = float("nan")
    assert shortfall(reached, research=False) == pytest.approx(MOST)


def test_research_is_held_to_its_own_bars() -> None:
    assert shortfall(at_the_bars(MARGIN), research=True) > shortfall(at_the_bars(MARGIN), research=False)


def test_a_search_finds_the_same_numbers_every_time_and_bounded_floors() -> None:
    once = searched(head(), ABSOLUTE_ONLY, decided(), tries=12)
    again = searched(head(), ABSOLUTE_ONLY, decided(), tries=12)
    assert (once.mixture, once.floors) == (again.mixture, again.floors)
    assert all(FLOOR <= floor <= 0.97 for floor in once.floors)


def test_more_tries_never_end_further_from_the_bars() -> None:
    missed = []
    for tries in (0, 5, 40):
        found = searched(head(), ABSOLUTE_ONLY, decided(), tries=tries)
        numbers = np.concatenate([found.mixture.numbers(), found.floors])
        missed.append(mixture_search._missed(numbers, head(), decided()))
    assert missed[0] + 1e-6 >= missed[1]
    assert missed[1] + 1e-6 >= missed[2]


def test_an_affect_that_is_wrong_too_often_gets_a_higher_floor() -> None:
    known = EVENLY[:3]
    wrong = [
        session(*known, ("warm", 0.72), truth="sad"),
        session(*known, ("warm", 0.95), truth="warm"),
        session(*known, ("sad", 0.8), truth="sad"),
    ]
    replayed = replay(head(), wrong)
    decided_on = Decided({"acted": (head(), {"mixed": replayed, "one": replayed})}, {}, research=False)
    raised = dict(zip(AFFECTS, mixture_search._raised(head((0.9, 0.6, 0.6, 0.6)), decided_on).floors, strict=True))
    assert raised["warm"] == pytest.approx(0.725)
    assert (raised["sad"], raised["neutral"]) == (0.6, 0.9)


def test_floors_go_to_their_affects_whatever_the_order() -> None:
    whole = head()
    numbers = np.concatenate([Mixture(*range(11)).numbers(), [0.9, 0.8, 0.7, 0.6]])
    lacking = calibrated_as(with_numbers(whole, numbers), head())
    assert dict(zip(lacking.affects, lacking.floors, strict=True)) == {
        "neutral": 0.9,
        "warm": 0.8,
        "sad": 0.7,
        "frustrated": 0.6,
    }
