import pytest

from classifier_worker.speech.circumplex import PLACES, Projection, project
from shared.contract.tone_event import AFFECTS


def test_every_affect_has_a_place_on_or_inside_the_circle() -> None:
    assert set(PLACES) == set(AFFECTS)
    assert all(place.arousal**2 + place.valence**2 <= 1.001 for place in PLACES.values())


def test_neutral_is_the_origin_and_nothing_is_neutral() -> None:
    assert project({"neutral": 1.0}) == project({}) == Projection(0.0, 0.0)


@pytest.mark.parametrize(
    ("affect", "aroused", "pleasant"),
    [
        ("calm", False, True),
        ("warm", True, True),
        ("sad", False, False),
        ("anxious", True, False),
        ("frustrated", True, False),
        ("surprised", True, True),
    ],
)
def test_the_quadrants_are_russells(affect: str, aroused: bool, pleasant: bool) -> None:
    place = PLACES[affect]  # type: ignore[index]
    assert (place.arousal > 0, place.valence > 0) == (aroused, pleasant)


def test_scores_that_do_not_sum_to_one_are_scaled() -> None:
    assert project({"sad": 0.3, "neutral": 0.3}) == project({"sad": 0.5, "neutral": 0.5})


def test_a_mixture_lies_between() -> None:
    mixed = project({"warm": 0.5, "sad": 0.5})
    assert PLACES["sad"].valence < mixed.valence < PLACES["warm"].valence


def test_the_measured_voice_moves_arousal_and_not_valence() -> None:
    plain, loud = project({"neutral": 1.0}), project({"neutral": 1.0}, activation=1.0)
    assert loud.arousal > plain.arousal
    assert loud.valence == plain.valence


def test_values_are_rounded_and_in_range() -> None:
    point = project({"anxious": 1 / 3, "urgent": 2 / 3}, activation=1.0)
    assert point.arousal == round(point.arousal, 4) <= 1.0
