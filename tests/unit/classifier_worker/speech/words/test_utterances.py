from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier_worker.speech.models.voice_activity import VoiceActivity, VoiceMemory
from classifier_worker.speech.words.utterances import LONGEST, Utterance, UtteranceCutter

FRAME = 512


class Loudness:
    """Voice activity by level, so that the test says where there is voice."""

    def step(
        self, frames: NDArray[np.float32], memories: list[VoiceMemory]
    ) -> tuple[NDArray[np.float32], list[VoiceMemory]]:
        return np.minimum(frames.max(axis=1), 1.0), memories


def audio(*parts: tuple[int, float]) -> NDArray[np.int16]:
    return np.concatenate([np.full(frames * FRAME, level * 32767, np.int16) for frames, level in parts])


def cut(samples: NDArray[np.int16], block: int = 16_000) -> list[Utterance]:
    cutter = UtteranceCutter(cast(VoiceActivity, Loudness()))
    found: list[Utterance] = []
    for at in range(0, len(samples), block):
        found += cutter.feed(samples[at : at + block])
    return [*found, *cutter.finish()]


def frames(utterances: list[Utterance]) -> list[tuple[int, int]]:
    return [(one.start // FRAME, one.end // FRAME) for one in utterances]


TALK = audio((30, 0.0), (20, 0.9), (10, 0.0), (5, 0.9), (40, 0.0), (2, 0.9), (40, 0.0), (9, 0.9))


def test_utterances_have_air_around_them_and_clicks_are_none() -> None:
    assert frames(cut(TALK)) == [(21, 74), (138, 156)]


@pytest.mark.parametrize("block", [100, 512, 700, 100_000])
def test_utterances_do_not_depend_on_how_the_audio_comes(block: int) -> None:
    whole = cut(TALK)
    for one, same in zip(cut(TALK, block), whole, strict=True):
        assert one.start == same.start
        assert one.audio.tobytes() == same.audio.tobytes()
        assert one.voice.tobytes() == same.voice.tobytes()


def test_a_long_utterance_is_cut_where_the_voice_is_weakest_and_nothing_is_lost() -> None:
    found = frames(cut(audio((320, 0.9), (3, 0.4), (200, 0.9), (30, 0.0))))
    assert found[0] == (0, 320)
    assert found[1] == (320, 532)
    assert all(end - start <= LONGEST for start, end in found)
