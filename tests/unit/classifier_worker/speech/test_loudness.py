"""What is loud though nobody speaks is not called silence."""

import numpy as np

from classifier_worker.speech.speech_state import SpeechState
from classifier_worker.speech.tone.reader import Address
from classifier_worker.speech.windows.utterance import WindowPlan


def listener() -> SpeechState:
    return SpeechState(Address("1-x", False), WindowPlan(48_000, 16_000))


def test_loud_within_half_a_second_and_quiet_again_soon_after() -> None:
    heard = listener()
    noise = np.full(1_600, 4_000, np.int16)
    noise[::2] *= -1
    for _ in range(5):
        heard.append(noise)
    assert heard.loud
    for _ in range(20):
        heard.append(noise // 40)
    assert not heard.loud


def test_the_noise_of_a_room_is_not_loud() -> None:
    heard = listener()
    heard.append(np.random.default_rng(1).normal(0, 100, 32_000).astype(np.int16))
    assert not heard.loud


def test_how_the_audio_was_cut_hardly_matters() -> None:
    whole, cut = listener(), listener()
    sound = np.random.default_rng(2).normal(0, 3_000, 16_000).astype(np.int16)
    whole.append(sound)
    for begin in range(0, 16_000, 100):
        cut.append(sound[begin : begin + 100])
    assert whole.loud
    assert cut.loud
