"""What rooms do to a voice is damped by how much they do it, and nothing else is."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier_worker.speech.baseline import Everybody
from classifier_worker.speech.embedding import FEATURE_COUNT
from classifier_worker.speech.tone_head import ToneHead
from tests.unit.clips import AFFECTS, clip, clips
from training.features import Spoken
from training.fit import fit
from training.nuisance import Damping, between_conditions, damping

PEOPLE = ("lab/a", "lab/b", "lab/c")
ROOMS = ("opening clean", "opening room", "opening telephone")
WIDTH = 12
EVERYBODY = Everybody(np.full(WIDTH, 1.0, np.float32), np.full(WIDTH, 2.0, np.float32))
EVEN = np.ones(WIDTH, np.float32)


def differences(rows: int, seed: int = 1) -> NDArray[np.float32]:
    rng = np.random.default_rng(seed)
    return (rng.standard_normal((rows, WIDTH)) * np.geomspace(0.1, 10.0, WIDTH)).astype(np.float32)


def matrix(damped: Damping) -> NDArray[np.float32]:
    return damped(np.eye(WIDTH, dtype=np.float32))


def moved(spoken: Sequence[Spoken], by: NDArray[np.float32]) -> list[Spoken]:
    """by: float32[N, D] or [D], what the room adds to each clip."""
    every = np.broadcast_to(by, (len(spoken), by.shape[-1]))
    return [replace(clip, windows=clip.windows + more) for clip, more in zip(spoken, every, strict=True)]


def in_rooms(direction: NDArray[np.float32], each: int) -> list[Spoken]:
    """Everybody's clips in each room, which moves each clip along one direction, and all of somebody's anywhere."""
    spoken, rng = [], np.random.default_rng(5)
    for person in PEOPLE:
        for room in ROOMS:
            heard = clips([person], each, heard=room, width=len(direction))
            shaken = rng.standard_normal((len(heard), 1)).astype(np.float32) * direction
            everything = 3 * rng.standard_normal(len(direction))
            spoken += moved(moved(heard, shaken), everything.astype(np.float32))
    return spoken


@pytest.mark.parametrize("rows", [5, 200], ids=["fewer rows than features", "more rows than features"])
def test_damping_is_the_inverse_root_of_one_plus_the_covariance(rows: int) -> None:
    varied, tolerated = differences(rows), 2.0
    covariance = varied.astype(np.float64).T @ varied / rows
    variances, directions = np.linalg.eigh(np.eye(WIDTH) + covariance / tolerated)
    expected = (directions / np.sqrt(variances)) @ directions.T
    # Directions that hardly vary are left alone: half a percent.
    np.testing.assert_allclose(matrix(damping(varied, tolerated)), expected, atol=0.0051)


def test_a_direction_that_varies_as_much_as_is_tolerated_is_shortened_to_the_root_of_a_half() -> None:
    varied = np.zeros((2, WIDTH), np.float32)
    varied[:, 3] = (2.0, -2.0)
    expected = np.eye(WIDTH)
    expected[3, 3] = np.sqrt(0.5)
    np.testing.assert_allclose(matrix(damping(varied, 4.0)), expected, atol=1e-6)


def test_a_head_on_damped_features_is_a_damped_head_on_features() -> None:
    damped, rng = damping(differences(40), 1.0), np.random.default_rng(2)
    rows, weights = (rng.standard_normal((count, WIDTH)).astype(np.float32) for count in (7, 3))
    np.testing.assert_allclose(damped(rows) @ weights.T, rows @ damped(weights).T, atol=1e-4)


def test_only_what_a_room_does_to_one_clip_otherwise_than_to_the_next_is_a_difference() -> None:
    """Neither tone, nor the speaker, nor what the room does to all that somebody says."""
    spoken = in_rooms(np.eye(WIDTH, dtype=np.float32)[4], 10)
    varied = between_conditions(spoken, EVERYBODY, EVEN)
    assert varied.shape == (len(spoken), WIDTH)
    others = np.delete(np.arange(WIDTH), 4)
    assert np.abs(varied[:, others]).max() < 2e-3, "no more than rounding"
    # Of three rooms' unit variance a mean takes a third, and of 30 clips' a thirtieth; everybody's spread is 2.
    assert varied[:, 4].var() == pytest.approx(2 / 3 * 29 / 30 / 4, rel=0.15)
    weights = np.linspace(0.5, 1.0, WIDTH, dtype=np.float32)
    assert np.array_equal(between_conditions(spoken, EVERYBODY, weights), varied * weights)


def test_of_clips_in_one_condition_nothing_is_known_and_nothing_is_damped() -> None:
    """The whole clip in one room and its opening in another are not the same clip twice."""
    once = [*clips(PEOPLE, 2, width=WIDTH), *clips(PEOPLE, 2, heard="opening room", width=WIDTH)]
    varied = between_conditions(once, EVERYBODY, EVEN)
    assert varied.shape == (0, WIDTH)
    assert np.array_equal(matrix(damping(varied, 3.0)), np.eye(WIDTH))
    assert np.array_equal(matrix(damping(differences(40), np.inf)), np.eye(WIDTH))


def test_rooms_that_hold_different_clips_cannot_be_compared() -> None:
    fewer = [*clips(PEOPLE, 2, heard=ROOMS[0], width=WIDTH), *clips(PEOPLE, 1, heard=ROOMS[1], width=WIDTH)]
    with pytest.raises(ValueError, match="different clips"):
        between_conditions(fewer, EVERYBODY, EVEN)


def test_a_tone_is_read_less_from_what_rooms_change() -> None:
    direction = np.zeros(FEATURE_COUNT, np.float32)
    direction[::4] = clip("lab/a", "anger", 1.0, 1).windows[0, ::4] - clip("lab/a", "anger", 0.0, 1).windows[0, ::4]
    spoken = in_rooms(direction, 4)
    plain, damped = (fit(spoken, AFFECTS, seed=3, tolerated=tolerated) for tolerated in (np.inf, 3.0))

    def read(head: ToneHead) -> float:
        """The share that comes from what rooms change."""
        return float(np.abs(head.weights[:, ::4]).sum() / np.abs(head.weights).sum())

    assert read(damped) < 0.85 * read(plain)
