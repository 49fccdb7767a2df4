"""The mixture of two estimates: sharp for a voice that varies, cautious for any other."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier_worker.speech.tone.mixture import USUAL_SECONDS, Mixture, Voices, is_even, softmax
from training.fit.mixture_fit import START

AFFECTS: tuple[Any, ...] = ("neutral", "warm", "sad", "frustrated")
EVEN = is_even(AFFECTS)


def answer(mixture: Mixture, **given: float) -> NDArray[np.float64]:
    """Of a window that stands out from its speaker as frustrated, and by itself sounds sad."""
    facts = {"strangeness": 0.1, "variety": 1.0, "seconds": 60.0, **given}
    relative, absolute = np.array([[0.0, 0.0, 0.0, 3.0]]), np.array([[0.0, 0.0, 1.0, 0.0]])
    strangeness, variety, seconds = (np.array([facts[name]]) for name in ("strangeness", "variety", "seconds"))
    nothing = np.zeros((1, 4))
    found: NDArray[np.float64] = mixture.probabilities(
        relative, absolute, Voices(nothing, strangeness, variety, seconds), EVEN
    )[0]
    return found


def test_probabilities_add_up_to_one() -> None:
    for variety in (0.0, 1.0, 3.0, 100.0):
        assert answer(START, variety=variety).sum() == pytest.approx(1.0)


def test_only_a_voice_that_varies_is_answered_sharply() -> None:
    usual, varied = answer(START, variety=1.0), answer(START, variety=8.0)
    assert varied[3] > 0.8
    assert usual[3] < 0.4
    assert usual.argmax() == 0


def test_variety_is_believed_once_it_has_been_heard() -> None:
    shares = [
        float(START.variedness(np.array([8.0]), np.array([seconds]))[0]) for seconds in (0.0, USUAL_SECONDS, 60.0)
    ]
    assert shares[0] < 0.05
    assert shares == sorted(shares)
    assert shares[-1] > 0.9


def test_what_a_voice_has_sounded_like_counts_once_it_is_known() -> None:
    lasting = np.array([[0.0, 0.0, 2.0, 0.0]])
    flat = np.zeros((1, 4))

    def sad(strangeness: float) -> float:
        strange, variety, seconds = (np.array([value]) for value in (strangeness, 1.0, 60.0))
        return float(START.probabilities(flat, flat, Voices(lasting, strange, variety, seconds), EVEN)[0][2])

    assert sad(0.1) > sad(0.9) > sad(1.0)


def test_a_stranger_is_answered_more_evenly() -> None:
    assert answer(START, strangeness=1.0)[0] > answer(START, strangeness=0.0)[0]


def test_numbers_make_the_same_mixture_again() -> None:
    assert Mixture.of(START.numbers()) == START
    other = replace(START, even=2.5)
    assert Mixture.of(other.numbers()) == other
    with pytest.raises(ValueError, match="11 numbers, not 10"):
        Mixture.of(np.zeros(10))


def test_rows_do_not_depend_on_each_other() -> None:
    rng = np.random.default_rng(2)
    one, two, three = (rng.normal(0, 2, (6, 4)) for _ in range(3))
    strange, variety, seconds = rng.uniform(0, 1, 6), rng.uniform(0, 9, 6), rng.uniform(0, 90, 6)

    def answers(rows: slice) -> NDArray[np.float64]:
        voices = Voices(three[rows], strange[rows], variety[rows], seconds[rows])
        return START.probabilities(one[rows], two[rows], voices, EVEN)

    together = answers(slice(None))
    for row in range(6):
        np.testing.assert_array_equal(answers(slice(row, row + 1))[0], together[row])


def test_huge_scores_give_no_nan() -> None:
    assert softmax(np.array([[1e9, -1e9, 0.0]])).tolist() == [[1.0, 0.0, 0.0]]
    assert np.isfinite(START.variedness(np.array([1e30]), np.array([1e9]))).all()


def test_even_affects_are_neutral_and_calm() -> None:
    assert is_even(("warm", "calm", "neutral")).tolist() == [0.0, 1.0, 1.0]
