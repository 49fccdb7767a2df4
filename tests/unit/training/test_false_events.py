"""What counts as a wrong event for a sound other than speech."""

import pytest

from shared.contract.tone_event import Affect, ToneEvent
from tests.wordings import labels
from training.studies.false_events import ALLOWED_LABELS, SYNTHETIC, Said


def event(affect: Affect, label: str) -> ToneEvent:
    return ToneEvent(
        session_id="s",
        timestamp=3.0,
        label=label,
        confidence=0.9,
        affect=affect,
        speaker_id="speaker_a",
        shift_magnitude=0.0,
        shift_direction="stable",
    )


def wrong(kind: str, affect: Affect, label: str) -> int:
    said = Said(kind, "a sound", 120.0)
    said.take(event(affect, label))
    return said.wrong


@pytest.mark.parametrize("label", ["Even, a little impatient", "Even, slightly troubled", "Brisk and neutral"])
def test_a_label_that_says_more_than_neutral_or_calm_of_a_machine_s_voice_is_wrong(label: str) -> None:
    assert wrong(SYNTHETIC, "neutral", label) == 1


def test_an_affect_that_is_neither_is_wrong_whatever_its_label() -> None:
    assert wrong(SYNTHETIC, "warm", "Even and neutral") == 1


@pytest.mark.parametrize("label", sorted(ALLOWED_LABELS))
def test_neutral_and_calm_are_what_a_machine_s_voice_may_sound_like(label: str) -> None:
    assert label in labels(), "the worker has no such label"
    assert wrong(SYNTHETIC, "neutral", label) == 0


def test_of_noise_everything_is_wrong() -> None:
    assert wrong("noise", "neutral", "Even and neutral") == 1
