"""A model of one's own is never surer than `open`, and says when it was held back."""

import pytest

from training.calibration_bounds import BLUNTEST, bounded, held_back
from training.recipe import OPEN, Calibration

SHARPEST = OPEN.calibration or Calibration(float("nan"), float("nan"))


@pytest.mark.parametrize(("temperature", "caution"), [(0.017, 0.003), (0.317, 0.0), (0.0, 5.0), (1.4, 0.0)])
def test_it_is_no_surer_than_open(temperature: float, caution: float) -> None:
    """The first two came of three speakers, 12 clips of each emotion, and of two such corpora."""
    likeliest = Calibration(temperature, caution)
    used = bounded(likeliest)
    assert used.temperature == max(temperature, SHARPEST.temperature)
    assert used.caution == max(caution, SHARPEST.caution)
    told = held_back(likeliest)
    assert str(temperature) in told
    assert f"held at {used.temperature} and {used.caution}" in told


def test_within_bounds_it_is_the_likeliest_and_nothing_is_told() -> None:
    likeliest = Calibration(SHARPEST.temperature + 0.3, SHARPEST.caution + 0.2)
    assert bounded(likeliest) == likeliest
    assert held_back(likeliest) == ""
    assert held_back(SHARPEST) == ""


def test_guessing_is_called_guessing() -> None:
    hopeless = Calibration(float("inf"), 900.0)
    assert bounded(hopeless) == Calibration(BLUNTEST, BLUNTEST)
    assert "hardly better than guessing" in held_back(hopeless)
