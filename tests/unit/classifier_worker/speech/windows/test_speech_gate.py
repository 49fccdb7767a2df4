import numpy as np
import pytest
from numpy.typing import NDArray

from classifier_worker.speech.models.sound_kind import SoundKind
from classifier_worker.speech.windows.speech_gate import TAIL, speech_in

SPEECH = SoundKind(0.98, 0.0, 0.01, -3.0)
NOISE = SoundKind(0.02, 0.0, 0.0, 0.0)
MUSIC = SoundKind(0.1, 0.2, 0.99, 0.0)
SONG = SoundKind(0.97, 0.7, 0.9, 0.0)
UNACCOMPANIED = SoundKind(0.8, 0.6, 0.1, 0.0)
DOUBTFUL = SoundKind(0.6, 0.05, 0.1, 0.5)
OVER_MUSIC = SoundKind(0.98, 0.05, 0.95, -1.0)

WINDOW = np.zeros(3 * TAIL, np.float32)
VOICE = np.full(94, 0.99)


class Ears:
    """Says of the last second one thing, of anything longer another, and remembers what it was asked."""

    def __init__(self, last: SoundKind, whole: SoundKind) -> None:
        self.last, self.whole = last, whole
        self.asked: list[int] = []

    def __call__(self, audio: NDArray[np.float32]) -> SoundKind:
        self.asked.append(len(audio))
        return self.last if len(audio) <= TAIL else self.whole


@pytest.mark.parametrize(
    ("last", "whole", "spoken"),
    [
        (SPEECH, SPEECH, True),
        (NOISE, SPEECH, True),
        (DOUBTFUL, DOUBTFUL, True),
        (MUSIC, MUSIC, False),
        (SONG, SONG, False),
        (UNACCOMPANIED, UNACCOMPANIED, False),
        (OVER_MUSIC, OVER_MUSIC, True),
        (SONG, SPEECH, True),
    ],
)
def test_what_is_heard_decides(last: SoundKind, whole: SoundKind, spoken: bool) -> None:
    kind = speech_in(WINDOW, VOICE, Ears(last, whole))
    assert kind == ((last if last == SPEECH else whole) if spoken else None)


def test_clear_speech_is_asked_about_once() -> None:
    ears = Ears(SPEECH, MUSIC)
    assert speech_in(WINDOW, VOICE, ears) is not None
    assert ears.asked == [TAIL]


def test_a_short_window_is_asked_about_once() -> None:
    ears = Ears(DOUBTFUL, MUSIC)
    assert speech_in(WINDOW[:TAIL], VOICE[:31], ears) is not None
    assert ears.asked == [TAIL]


def test_without_any_sure_voice_nobody_asks() -> None:
    ears = Ears(SPEECH, SPEECH)
    assert speech_in(WINDOW, np.full(94, 0.69), ears) is None
    assert speech_in(WINDOW, np.zeros(0), ears) is None
    assert ears.asked == []


def test_under_noise_sure_voice_counts_for_the_detector_of_sounds() -> None:
    voice = np.zeros(94)
    voice[:9] = 0.95
    assert speech_in(WINDOW, voice, Ears(NOISE, NOISE)) is None
    voice[9] = 0.95
    assert speech_in(WINDOW, voice, Ears(NOISE, NOISE)) is not None


def test_sure_voice_does_not_count_against_music() -> None:
    assert speech_in(WINDOW, VOICE, Ears(MUSIC, MUSIC)) is None
