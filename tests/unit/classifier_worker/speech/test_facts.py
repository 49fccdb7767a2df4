"""Measured facts: what is said, when it is said again, and that nothing inferred has a place in it."""

from collections.abc import Sequence

import msgpack
import numpy as np
import pytest

from classifier_worker.speech.facts import Measured, MeasuredVoice, Sound, read
from classifier_worker.speech.models.pitch_history import PitchFrames
from classifier_worker.speech.prosody.flags import FLAGS, VoiceProfile, measure
from classifier_worker.speech.speakers.diarization import Turn
from classifier_worker.speech.speech_state import SpeechState
from classifier_worker.speech.tone.reader import Address
from classifier_worker.speech.tone.speaker_memory import Voice
from classifier_worker.speech.windows.utterance import Window, WindowPlan
from classifier_worker.speech.wording.facts import AS_USUAL, in_words
from shared.contract.facts_event import FactsEvent
from shared.contract.tone_event import AFFECTS, ToneEvent
from tests.inferred import INFERRED
from tests.unit.classifier_worker.speech.tone.test_tone import reader

SECOND = 16_000


def sound(loudness: float = -20.0) -> Sound:
    """Three seconds of voice around 120 Hz, rising and falling by four semitones, level at the end."""
    pitch = 120.0 * 2.0 ** (np.sin(np.minimum(np.arange(187), 141) / 9.0) / 6.0)
    frames = (pitch, np.ones(187), np.full(187, loudness))
    audio = np.sin(2.0 * np.pi * 120.0 * np.arange(48_000) / SECOND).astype(np.float32)
    return Sound(PitchFrames(*(f.astype(np.float32) for f in frames)), np.ones(94), audio)


def said(loudness: Sequence[float], speakers: Sequence[int] | None = None) -> list[FactsEvent | None]:
    """The events of windows a second apart, each that loud."""
    measured, found, before = Measured(), [], 0
    for number, decibels in enumerate(loudness):
        speaker = speakers[number] if speakers else 0
        end = (3 + number) * SECOND
        window = Window(end - 3 * SECOND, end, end, SECOND, 0.0)
        turn = Turn(speaker, sure=True, changed=speaker != before, known=(0, 1))
        measured, event = read(measured, "session", window, sound(decibels), turn)
        found.append(event)
        before = speaker
    return found


def test_a_facts_event_has_no_field_that_holds_anything_inferred() -> None:
    assert set(FactsEvent.model_fields) == {
        "event_type",
        "session_id",
        "timestamp",
        "speaker_id",
        "prosody_flags",
        "pitch_hz",
        "loudness_db",
        "text",
        "seq",
        "utterance_id",
    }
    assert not INFERRED & set(FactsEvent.model_fields)
    assert set(ToneEvent.model_fields) - set(FactsEvent.model_fields) == INFERRED, "all that a ToneEvent infers"


def test_the_same_is_not_said_twice() -> None:
    found = said([-20.0] * 12)
    assert [event.text for event in found if event] == [None, AS_USUAL]
    assert found[0] is not None and found[0].prosody_flags == []
    assert found[5] is not None and found[5].timestamp == 8.0, "once five windows have told what is usual"


def test_a_change_is_said_when_it_comes_and_when_it_goes() -> None:
    found = said([*[-20.0] * 8, *[-10.0] * 2, *[-20.0] * 2])
    assert [event is not None for event in found[6:]] == [False, False, True, False, True, False]
    louder, over = found[8], found[10]
    assert louder is not None and "louder" in louder.prosody_flags and louder.loudness_db == -10.0
    assert louder.text is not None and "ouder" in louder.text
    assert over is not None and over.prosody_flags == [] and over.text == AS_USUAL


def test_another_speaker_is_said_and_is_compared_with_their_own_voice() -> None:
    found = said([-20.0] * 7 + [-10.0] * 7, [0] * 7 + [1] * 7)
    turn = found[7]
    assert turn is not None and (turn.speaker_id, turn.prosody_flags, turn.text) == ("speaker_b", [], None)
    assert [event.text for event in found[8:] if event] == [AS_USUAL]


def test_laughter_is_said_and_is_no_part_of_what_is_usual() -> None:
    measured, found = Measured(), []
    for number, laughing in enumerate([False] * 7 + [True, True, False]):
        end = (3 + number) * SECOND
        window, turn = Window(end - 3 * SECOND, end, end, SECOND, 0.0), Turn(0, sure=True, changed=False, known=(0,))
        measured, event = read(measured, "session", window, sound()._replace(laughing=laughing), turn)
        found.append(event)
    assert [(event.prosody_flags, event.text) for event in found[6:] if event] == [
        (["laughing"], "Laughing"),
        ([], AS_USUAL),
    ]


def test_what_is_known_of_the_voices_survives_freezing_exactly() -> None:
    measured = Measured()
    for end in range(3, 12):
        window = Window((end - 3) * SECOND, end * SECOND, end * SECOND, SECOND, 0.0)
        turn = Turn(end % 2, sure=True, changed=True, known=(0, 1))
        thawed = Measured.thaw(msgpack.unpackb(msgpack.packb(measured.freeze())))
        assert thawed == measured
        measured, event = read(measured, "session", window, sound(-20.0 - end), turn)
        assert (measured, event) == read(thawed, "session", window, sound(-20.0 - end), turn)


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (["louder"], "Louder than usual"),
        (["louder", "faster"], "Louder and faster than usual"),
        (["quieter", "rising_pitch", "long_pause"], "Quieter than usual, rising at the end, after a long pause"),
        (["whispered"], "Whispered"),
        (["quieter", "whispered"], "Quieter than usual, whispered"),
        (["louder", "raised_voice"], "Voice raised"),
        (["louder", "laughing"], "Louder than usual, laughing"),
        (["louder", "faster", "raised_voice"], "Faster than usual, voice raised"),
        (["a_later_flag"], "A later flag"),
    ],
)
def test_flags_are_said_in_plain_words(flags: list[str], text: str) -> None:
    assert in_words(flags, usual_known=True) == text


def test_every_flag_has_words_and_none_of_them_names_a_tone() -> None:
    for flag in FLAGS:
        text = in_words([flag], usual_known=True)
        assert text and "_" not in text
        assert not any(affect in text.lower() for affect in AFFECTS)
    assert in_words([], usual_known=True) == AS_USUAL
    assert in_words([], usual_known=False) is None


def test_a_checkpoint_with_tones_goes_on_without_them_and_keeps_what_is_usual() -> None:
    plan = WindowPlan(3 * SECOND, SECOND)
    listener = SpeechState(Address("session", False), plan)
    heard = sound()
    profile = VoiceProfile().with_window(measure(*heard.pitch, heard.voiced, heard.audio))
    listener.voices = {0: Voice(reader().new_voice().baseline, profile)}
    frozen = msgpack.unpackb(msgpack.packb(listener.freeze(with_audio=True)))
    thawed = SpeechState.thaw(frozen, plan, facts=True)
    assert thawed.voices == {}
    assert thawed.measured == Measured({0: MeasuredVoice(profile)})
    again = SpeechState.thaw(thawed.freeze(with_audio=True), plan)
    assert again.measured == thawed.measured, "once so it stays so"


def test_a_checkpoint_of_before_there_were_facts_still_loads() -> None:
    plan = WindowPlan(3 * SECOND, SECOND)
    frozen = SpeechState(Address("session", False), plan).freeze(with_audio=True)
    del frozen["measured"]
    assert SpeechState.thaw(frozen, plan).measured is None
    assert SpeechState.thaw(frozen, plan, facts=True).measured == Measured()
