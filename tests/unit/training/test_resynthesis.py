"""What each manner of speaking changes, and that it changes nothing else."""

import numpy as np
import pytest
import pyworld
from numpy.typing import NDArray

from training.data.resynthesis import MANNERS, UNTOUCHED, resynthesised

RATE = 16_000


@pytest.fixture(scope="module")
def vowel() -> NDArray[np.float32]:
    """Two seconds whose pitch swings between 100 and 150 Hz twice a second."""
    times = np.arange(2 * RATE) / RATE
    pitch = 125.0 + 25.0 * np.sin(2 * np.pi * 2.0 * times)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    voice = sum(np.cos(number * phase) / number for number in range(1, 20))
    return np.asarray(0.1 * np.asarray(voice), np.float32)


def made(vowel: NDArray[np.float32], manner: str) -> NDArray[np.float32]:
    return resynthesised(vowel, manner, np.random.default_rng(1))


def pitch_of(audio: NDArray[np.float32]) -> NDArray[np.float64]:
    found, _ = pyworld.dio(audio.astype(np.float64), RATE)
    return np.asarray(found[found > 0], np.float64)


@pytest.mark.parametrize("manner", MANNERS)
def test_every_manner_is_as_loud_and_repeats_itself(vowel: NDArray[np.float32], manner: str) -> None:
    audio = made(vowel, manner)
    assert np.sqrt(np.mean(audio**2)) == pytest.approx(np.sqrt(np.mean(vowel**2)), rel=0.05)
    assert np.array_equal(audio, made(vowel, manner))


@pytest.mark.parametrize(
    ("manner", "ratio"), [(UNTOUCHED, 1.0), ("high", 2 ** (4 / 12)), ("low", 2 ** (-4 / 12)), ("young", 1.5)]
)
def test_pitch_moves_as_it_says(vowel: NDArray[np.float32], manner: str, ratio: float) -> None:
    assert np.median(pitch_of(made(vowel, manner))) / np.median(pitch_of(vowel)) == pytest.approx(ratio, rel=0.04)


def test_flat_takes_most_of_the_movement(vowel: NDArray[np.float32]) -> None:
    assert np.std(np.log(pitch_of(made(vowel, "flat")))) < 0.4 * np.std(np.log(pitch_of(vowel)))


@pytest.mark.parametrize(("manner", "ratio"), [("slow", 4 / 3), ("old", 7 / 6), ("high", 1.0), (UNTOUCHED, 1.0)])
def test_only_slow_and_old_last_longer(vowel: NDArray[np.float32], manner: str, ratio: float) -> None:
    assert len(made(vowel, manner)) / len(vowel) == pytest.approx(ratio, rel=0.02)


def test_rough_breaks_the_regular_periods(vowel: NDArray[np.float32]) -> None:
    steps = {manner: np.std(np.diff(np.log(pitch_of(made(vowel, manner))))) for manner in (UNTOUCHED, "rough")}
    assert steps["rough"] > steps[UNTOUCHED]
