"""Events from made-up features: only neutral and calm for a synthetic voice."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from classifier_worker.speech.models.pitch_history import PitchFrames
from classifier_worker.speech.speakers.diarization import Turn
from classifier_worker.speech.tone.baseline import Everybody
from classifier_worker.speech.tone.mixture import Mixture
from classifier_worker.speech.tone.reader import STRANGER_SECONDS, Address, Sound, ToneReader
from classifier_worker.speech.tone.speaker_memory import Voice
from classifier_worker.speech.tone.tone_head import LinearReader, ToneHead
from classifier_worker.speech.tone.variety import Variety
from classifier_worker.speech.windows.utterance import Window
from shared.contract.tone_event import Affect, ToneEvent

AFFECTS: tuple[Affect, ...] = ("neutral", "calm", "warm", "frustrated")
PERSON, MACHINE = -4.0, 4.0
"""Log-odds that a machine made the voice."""


ABSOLUTE_ONLY = Mixture(-30.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0)


def reader(floor: float = 0.0, floors: tuple[float, ...] = (0.0,) * 4) -> ToneReader:
    """Its features are the logits of AFFECTS."""
    everybody = Everybody(np.zeros(4, np.float32), np.ones(4, np.float32))
    linear = LinearReader(np.eye(4), np.zeros(4))
    return ToneReader(ToneHead(AFFECTS, linear, linear, ABSOLUTE_ONLY, floors, everybody), floor)


def sound(probabilities: Mapping[Affect, float], synthetic: float, loudness: float = -20.0) -> Sound:
    """Three seconds of voice at 120 Hz, falling and rising by four semitones."""
    time = np.arange(187)
    pitch = 120.0 * 2.0 ** (np.sin(time / 9.0) / 6.0)
    frames = (pitch, np.ones(187), np.full(187, loudness))
    features = np.log([probabilities.get(affect, 0.001) for affect in AFFECTS]).astype(np.float32)
    audio = np.sin(2.0 * np.pi * 120.0 * np.arange(48_000) / 16_000).astype(np.float32)
    return Sound(features, PitchFrames(*(f.astype(np.float32) for f in frames)), np.ones(94), synthetic, audio)


KNOWN = Variety((0.0,) * 4, 1.0, 60.0)
"""Of a voice that is no stranger."""


def said(
    *windows: Mapping[Affect, float],
    synthetic: float,
    elcor: bool = False,
    louder: bool = False,
    reading: ToneReader | None = None,
    variety: Variety = KNOWN,
) -> list[ToneEvent | None]:
    """The events of one speaker's windows, a minute apart, so that none is smoothed by the one before."""
    reading = reading or reader()
    voice: Voice = replace(reading.new_voice(), variety=variety)
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


@pytest.mark.parametrize("probabilities", [IMPATIENT, PLEASED])
def test_an_even_voice_is_called_even_and_nothing_else_is_hinted_at(probabilities: Mapping[Affect, float]) -> None:
    (event,) = said(probabilities, synthetic=PERSON)
    assert event is not None
    assert event.label == "Even and neutral"
    assert event.subtext is not None
    for word in ("impatien", "frustrat", "angry", "friendl", "warm", "or else"):
        assert word not in event.subtext


def test_of_a_stranger_no_marked_tone_is_said() -> None:
    careful = reader(0.6)
    marked: Mapping[Affect, float] = {"frustrated": 0.95}
    assert said(marked, synthetic=PERSON, variety=Variety(), reading=careful) == [None]
    heard = Variety((0.0,) * 4, 1.0, STRANGER_SECONDS)
    (event,) = said(marked, synthetic=PERSON, variety=heard, reading=careful)
    assert event is not None
    assert event.affect == "frustrated"
    (even,) = said({"neutral": 0.95}, synthetic=PERSON, variety=Variety(), reading=careful)
    assert even is not None


def test_with_a_floor_of_nothing_everything_is_said() -> None:
    (event,) = said({"frustrated": 0.4, "warm": 0.3, "neutral": 0.3}, synthetic=PERSON, variety=Variety())
    assert event is not None


def test_each_affect_has_a_floor_of_its_own() -> None:
    strict = reader(0.6, (0.9, 0.0, 0.7, 0.95))
    assert said({"neutral": 0.85, "warm": 0.15}, synthetic=PERSON, reading=strict) == [None]
    assert said({"warm": 0.65, "neutral": 0.35}, synthetic=PERSON, reading=strict) == [None]
    assert said({"frustrated": 0.9, "warm": 0.09}, synthetic=PERSON, reading=strict) == [None]
    (warm,) = said({"warm": 0.8, "frustrated": 0.1}, synthetic=PERSON, reading=strict)
    assert warm is not None


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
