"""The mixture's numbers are fitted to the intended affects, whatever the weights of corpora."""

from dataclasses import replace

import numpy as np
import pytest

from shared.contract.tone_event import Affect
from training.features.replay import Replayed
from training.fit.mixture_fit import START, HeadScores, fitted

AFFECTS: tuple[Affect, ...] = ("neutral", "sad")


def replayed(truth: list[str], relative: float, variety: float) -> Replayed:
    """Windows whose relative scores say what is meant, as clearly as told, of voices that vary so much."""
    count = len(truth)
    signs = np.array([[1.0, -1.0] if name == "neutral" else [-1.0, 1.0] for name in truth])
    return Replayed(
        AFFECTS,
        relative * signs,
        np.zeros((count, 2)),
        np.zeros((count, 2)),
        np.full(count, 0.1),
        np.full(count, variety),
        np.full(count, 60.0),
        np.zeros(count),
        np.full(count, 3.0),
        np.array(truth),
        np.arange(count),
        np.zeros(count, np.intp),
        1.0,
    )


MIXED = replayed(["neutral", "sad"] * 20, 2.0, 9.0)
ORDINARY = replayed(["neutral"] * 40, -0.5, 1.0)


def test_voices_that_vary_are_answered_by_what_is_relative_and_others_evenly() -> None:
    mixture = fitted([HeadScores({"mixed": MIXED}, [ORDINARY])])
    clear = MIXED.probabilities(mixture)
    assert clear[1::2, 1].min() > 0.9
    assert ORDINARY.probabilities(mixture)[:, 0].min() > 0.9


def test_affects_that_the_head_does_not_know_count_for_nothing() -> None:
    strange = replace(MIXED, truth=np.array(["neutral", "surprised"] * 20))
    known = replayed(["neutral"] * 20, 2.0, 9.0)
    one, other = (fitted([HeadScores({"mixed": each}, [ORDINARY])]) for each in (strange, known))
    np.testing.assert_allclose(one.numbers(), other.numbers(), atol=0.01)


def test_calm_is_even_to_a_head_that_has_no_word_for_it() -> None:
    calm = replace(ORDINARY, truth=np.full(40, "calm"))
    assert fitted([HeadScores({}, [calm])]) == fitted([HeadScores({}, [ORDINARY])])


def test_without_sessions_there_is_nothing_to_fit() -> None:
    with pytest.raises(ValueError, match="at least one head"):
        fitted([])
    assert fitted([HeadScores({}, [ORDINARY])]) != START
