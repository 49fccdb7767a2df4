import pytest

from classifier_worker.speech.words.loops import looping


@pytest.mark.parametrize(
    ("tokens", "kept"),
    [
        ([], 0),
        ([1, 2, 3, 4, 5, 6], 0),
        ([1, 2, 3, 4, 1, 2, 3, 4], 0),  # said twice: people do
        ([9, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4], 5),
        ([1, 2, 3, 4, 5, 6, 7] * 3, 7),
        ([7, 7, 7], 0),  # "no, no, no"
        ([5, *[7] * 8], 2),
        ([1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 8], 0),  # not at the end
    ],
)
def test_a_loop_is_cut_after_its_first_phrase(tokens: list[int], kept: int) -> None:
    assert looping(tokens) == kept
