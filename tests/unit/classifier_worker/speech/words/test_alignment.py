import numpy as np
import pytest

from classifier_worker.speech.words.alignment import monotonic_path, token_starts, within_voice


def test_the_cheapest_path_gives_every_step_to_one_token_in_order() -> None:
    cost = np.array([[0, 0, 9, 9, 9, 9], [9, 9, 0, 9, 9, 9], [9, 9, 9, 0, 0, 0]], float)
    assert monotonic_path(cost).tolist() == [0, 2, 3]


def test_a_token_that_was_looked_for_nowhere_still_gets_a_step() -> None:
    cost = np.array([[0, 0, 0, 9], [5, 5, 5, 5], [9, 9, 9, 0]], float)
    assert monotonic_path(cost).tolist() == [0, 2, 3]


def test_more_tokens_than_steps_are_refused() -> None:
    with pytest.raises(ValueError, match="3 tokens do not fit into 2 steps"):
        monotonic_path(np.zeros((3, 2)))


def test_tokens_begin_where_the_heads_look_for_them() -> None:
    attention = np.full((2, 4, 80), 0.01, np.float32)
    for token, (first, end) in enumerate([(0, 20), (20, 30), (30, 60), (60, 80)]):
        attention[:, token, first:end] = 1.0
    # A step that every token looks at tells nothing.
    attention[:, :, 70] = 5.0
    assert np.abs(token_starts(attention) - [0, 20, 30, 60]).max() <= 2


VOICE = np.array([0.0] * 10 + [0.9] * 10 + [0.0] * 20)


def test_a_word_lasts_only_as_long_as_the_voice() -> None:
    assert within_voice(0.0, 1.0, VOICE) == pytest.approx((0.32, 0.64))


def test_a_word_beside_the_voice_may_be_misplaced_but_stays() -> None:
    assert within_voice(0.66, 0.72, VOICE) == (0.66, 0.72)


def test_a_word_where_nobody_speaks_is_left_out() -> None:
    assert within_voice(0.9, 1.2, VOICE) is None


def test_a_word_after_the_end_is_left_out() -> None:
    assert within_voice(1.3, 1.28, VOICE) is None
    assert within_voice(1.3, 1.28, None) is None
