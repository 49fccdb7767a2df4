"""The utterances of one session, from voice probabilities and samples that tell their position."""

import msgpack
import numpy as np
import pytest
from numpy.typing import NDArray

from classifier_worker.speech.words.session_words import SessionWords
from shared.contract.tone_event import ToneEvent

FRAME = 512


class Talk:
    """Feeds voice probabilities frame by frame, as a speech state does."""

    def __init__(self) -> None:
        self.words = SessionWords()
        self.voice: list[float] = []

    @property
    def end(self) -> int:
        return len(self.voice) * FRAME

    def hear(self, frames: int, probability: float) -> None:
        for _ in range(frames):
            self.voice.append(probability)
            self.words.frame(self.end, self.voice, samples)

    def cut(self) -> None:
        self.words.cut(self.end, self.voice, samples)

    @property
    def found(self) -> list[tuple[int, int]]:
        return [(one.bounds.start // FRAME, one.bounds.end // FRAME) for one in self.words.awaited]


def samples(begin: int, end: int) -> NDArray[np.int16]:
    return (np.arange(begin, end) % 30_000).astype(np.int16)


def tone(speaker: str, confidence: float, affect: str = "sad") -> ToneEvent:
    return ToneEvent(
        session_id="s",
        timestamp=1.0,
        label="",
        confidence=confidence,
        affect=affect,
        speaker_id=speaker,
        shift_magnitude=0.0,
        shift_direction="stable",
    )


def test_an_utterance_that_is_over_keeps_its_audio() -> None:
    talk = Talk()
    talk.hear(20, 0.0)
    talk.hear(30, 0.9)
    assert talk.words.under_way(talk.end) is not None
    talk.hear(20, 0.0)
    assert talk.words.under_way(talk.end) is None
    [one] = talk.words.awaited
    assert talk.found == [(11, 59)]
    assert one.samples.tolist() == samples(11 * FRAME, 59 * FRAME).tolist()
    assert one.voice.tolist() == np.array([0.0] * 9 + [0.9] * 30 + [0.0] * 9, np.float32).tolist()
    assert one.utterance_id == f"u{11 * FRAME}"


def test_another_voice_begins_another_utterance() -> None:
    talk = Talk()
    talk.hear(60, 0.9)
    talk.words.taken_over(30 * FRAME + 100, talk.end, talk.voice, samples)
    talk.hear(10, 0.9)
    talk.hear(20, 0.0)
    assert talk.found == [(0, 30), (30, 79)]


def test_the_end_of_the_audio_ends_the_utterance() -> None:
    talk = Talk()
    talk.hear(20, 0.9)
    talk.cut()
    assert talk.found == [(0, 20)]
    talk.words.restart(talk.end)
    talk.hear(20, 0.9)
    talk.cut()
    assert talk.found == [(0, 20), (20, 40)]


def test_the_speaker_with_the_most_windows_and_their_surest_tone_are_the_utterances() -> None:
    talk = Talk()
    talk.hear(20, 0.9)
    voices = talk.words.voices_at(talk.end)
    assert voices is not None
    for speaker, confidence in (("speaker_b", 0.99), ("speaker_a", 0.7), ("speaker_a", 0.8)):
        voices.heard(speaker)
        voices.sounded(tone(speaker, confidence))
    talk.hear(16, 0.0)
    assert talk.words.voices_at(talk.end) is voices, "the window that ends with the utterance is part of it"
    assert voices.speaker_id == "speaker_a"
    assert voices.tone == ("sad", 0.8)
    talk.hear(1, 0.0)
    assert talk.words.voices_at(talk.end) is None
    talk.hear(3, 0.9)
    assert talk.words.voices_at(talk.end) is not voices


@pytest.mark.parametrize("frames", [10, 45, 80])
def test_a_checkpoint_changes_nothing(frames: int) -> None:
    plain, thawed = Talk(), Talk()
    for talk in (plain, thawed):
        for count, probability in ((20, 0.9), (20, 0.0), (30, 0.9), (30, 0.0)):
            for _ in range(count):
                talk.hear(1, probability)
                if talk is thawed and len(talk.voice) == frames:
                    talk.words = SessionWords.thaw(msgpack.unpackb(msgpack.packb(talk.words.freeze())))
    assert msgpack.packb(plain.words.freeze()) == msgpack.packb(thawed.words.freeze())
    assert len(plain.words.awaited) == 2
