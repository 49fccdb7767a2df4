"""What is said of a window, from made-up features: nothing but neutral and calm of a machine's voice."""

from collections.abc import Mapping

import numpy as np
import pytest

from classifier_worker.speech.baseline import Everybody
from classifier_worker.speech.pitch_history import PitchFrames
from classifier_worker.speech.speakers import Turn
from classifier_worker.speech.tone import Address, Sound, ToneReader
from classifier_worker.speech.tone_head import ToneHead
from classifier_worker.speech.utterance import Window
from classifier_worker.speech.voice import Voice
from shared.tone_event import Affect, ToneEvent

AFFECTS: tuple[Affect, ...] = ("neutral", "calm", "warm", "frustrated")
PERSON, MACHINE = -4.0, 4.0
"""Log-odds that a machine made the voice."""


def reader(floor: float = 0.0) -> ToneReader:
    """Its features are the logits of AFFECTS."""
    everybody = Everybody(np.zeros(4, np.float32), np.ones(4, np.float32))
    return ToneReader(ToneHead(AFFECTS, np.eye(4), np.zeros(4), 1.0, 0.0, everybody, 0.0), floor)


def sound(probabilities: Mapping[Affect, float], synthetic: float, loudness: float = -20.0) -> Sound:
    """Three seconds of voice at 120 Hz, falling and rising by four semitones."""
    time = np.arange(187)
    pitch = 120.0 * 2.0 ** (np.sin(time / 9.0) / 6.0)
    frames = (pitch, np.ones(187), np.full(187, loudness))
    features = np.log([probabilities.get(affect, 0.001) for affect in AFFECTS]).astype(np.float32)
    audio = np.sin(2.0 * np.pi * 120.0 * np.arange(48_000) / 16_000).astype(np.float32)
    return Sound(features, PitchFrames(*(f.astype(np.float32) for f in frames)), np.ones(94), synthetic, audio)


def said(
    *windows: Mapping[Affect, float], synthetic: float, elcor: bool = False, louder: bool = False
) -> list[ToneEvent | None]:
    """The events of one speaker's windows, a minute apart, so that none is smoothed by the one before."""
    reading = reader()
    voice: Voice = reading.new_voice()
    found = []
    for number, probabilities in enumerate(windows):
        end = 48_000 + number * 960_000
        window = Window(end - 48_000, end, end, 48_000, 60.0 if number else 0.0)
        heard = sound(probabilities, synthetic, -20.0 + (20.0 if louder and number >= 6 else 0.0))
        turn = Turn(0, sure=False, changed=False, joined=(), known=(0,))
        voice, event = reading.read(voice, Address("session", elcor), window, heard, turn)
        found.append(event)
    return found


IMPATIENT: Mapping[Affect, float] = {"neutral": 0.65, "frustrated": 0.34}
PLEASED: Mapping[Affect, float] = {"neutral": 0.81, "warm": 0.19}
AFFECTED: tuple[Mapping[Affect, float], ...] = (
    IMPATIENT,
    PLEASED,
    {"neutral": 0.65, "warm": 0.34},
    {"calm": 0.65, "frustrated": 0.34},
    {"calm": 0.65, "neutral": 0.34},
    {"neutral": 0.65, "calm": 0.34},
    {"calm": 0.82, "frustrated": 0.18},
    {"neutral": 0.99},
    {"calm": 0.99},
)


def test_of_a_person_a_second_affect_and_the_valence_are_said() -> None:
    first, second = said(IMPATIENT, PLEASED, synthetic=PERSON)
    assert first is not None
    assert first.label == "Even, a little impatient"
    assert first.subtext is not None
    assert ", or else frustrated or angry" in first.subtext
    assert second is not None
    assert second.label == "Even, slightly friendly"


@pytest.mark.parametrize("elcor", [False, True])
@pytest.mark.parametrize("probabilities", AFFECTED)
def test_of_a_machine_s_voice_nothing_is_said_but_neutral_and_calm(
    probabilities: Mapping[Affect, float], elcor: bool
) -> None:
    for event in said(*[probabilities] * 8, synthetic=MACHINE, elcor=elcor, louder=True):
        assert event is not None
        assert event.affect in ("neutral", "calm")
        assert event.label in ("Even and neutral", "Even and calm", "Calm and even")
        assert event.subtext is not None
        delivery = event.subtext.partition("]")[0] if elcor else "plain neutrality"
        assert "plain neutrality" in delivery or "plain calm" in delivery, event.subtext
        for word in ("impatien", "frustrat", "angry", "warm", "friendl", "brisk", "lively composure"):
            assert word not in event.subtext
        # What the page makes its details and its curves of.
        assert event.scores is not None
        assert set(event.scores) == {"neutral", "calm"}
        assert event.scores[event.affect] == event.confidence
        assert event.arousal is None
        assert event.valence is None


def test_a_machine_s_voice_never_escalates() -> None:
    strained: Mapping[Affect, float] = {"neutral": 0.5, "frustrated": 0.49}
    calm: Mapping[Affect, float] = {"neutral": 0.99}
    person = said(calm, strained, calm, calm, synthetic=PERSON)
    assert [event.shift_direction for event in person if event is not None][1] == "escalating"
    for event in said(calm, strained, calm, calm, synthetic=MACHINE):
        assert event is not None
        assert (event.shift_direction, event.shift_magnitude) == ("stable", 0.0)


def test_another_affect_of_a_machine_s_voice_is_not_said() -> None:
    assert said({"frustrated": 0.9, "neutral": 0.1}, synthetic=MACHINE) == [None]
