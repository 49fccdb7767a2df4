import pytest

from classifier_worker.transcription.choice import choice


@pytest.mark.parametrize(
    ("cost", "memory", "wanted"),
    [
        (0.1, 8e9, "base"),
        (0.25, 3e9, "base"),
        (0.1, 2e9, "tiny.en"),
        (0.3, 8e9, "tiny.en"),
        (0.7, 8e9, "off"),
    ],
)
def test_a_machine_gets_what_it_is_fast_enough_for(cost: float, memory: float, wanted: str) -> None:
    assert choice(cost, int(memory)) == wanted
