"""A model of one's own is never surer than `open`, and says when it was held back."""

from dataclasses import replace

import pytest

from tests.unit.test_calibration import head, people
from training.calibration import fitted
from training.calibration_bounds import BLUNTEST, bounded, held_back
from training.recipe import OPEN, Calibration

SHARPEST = OPEN.calibration or Calibration(float("nan"), float("nan"), float("nan"))


def test_it_is_no_surer_than_open_however_well_a_few_people_are_told_apart() -> None:
    tests = [(head(), people(0.05, 0.06, 100))]
    likeliest = fitted(tests)
    assert likeliest.temperature < 0.2
    used = bounded(likeliest, tests)
    assert (used.temperature, used.caution) == (SHARPEST.temperature, SHARPEST.caution)
    assert SHARPEST.variety <= used.variety <= BLUNTEST
    told = held_back(likeliest, SHARPEST)
    assert f"likeliest would be {likeliest.temperature} and, for strangers, {likeliest.caution} more" in told
    assert f"held at {SHARPEST.temperature} and {SHARPEST.caution}" in told


def test_where_one_number_is_held_the_other_makes_up_for_it() -> None:
    """Strangers need 2.5 in all, whichever of the two gives it."""
    tests = [(head(), people(0.3, 2.5, 300))]
    likeliest = fitted(tests)
    used = bounded(likeliest, tests)
    assert used.temperature == SHARPEST.temperature > likeliest.temperature
    assert used.caution < likeliest.caution - 0.2
    assert used.temperature + used.caution == pytest.approx(2.5, rel=0.15)
    tests = [(head(), people(2.5, 2.5, 300))]
    used = bounded(fitted(tests), tests)
    assert used.caution == SHARPEST.caution
    assert SHARPEST.temperature < used.temperature < 2.5


def test_within_bounds_it_is_the_likeliest_and_nothing_is_told() -> None:
    tests = [(head(), people(1.5, 3.0, 300))]
    likeliest = replace(fitted(tests), variety=9.0)
    assert bounded(likeliest, tests) == likeliest
    assert held_back(likeliest, likeliest) == ""


def test_guessing_is_called_guessing() -> None:
    hopeless = Calibration(float("inf"), 900.0, 9.0)
    used = bounded(hopeless, [(head(), people(1000.0, 1000.0, 100))])
    assert max(used.temperature, used.caution) <= BLUNTEST
    assert "hardly better than guessing" in held_back(hopeless, used)
