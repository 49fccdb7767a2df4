"""Voice activity: hears speech, not noise; every session alone, whatever the batch."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from classifier_worker.speech.models.voice_activity import FRAME, VoiceActivity, VoiceMemory

SPEECH = Path(__file__).resolve().parents[6] / "shared" / "speech"


@pytest.fixture(scope="module")
def voice_activity() -> VoiceActivity:
    return VoiceActivity()


def buzz(rows: int, frames: int) -> NDArray[np.float32]:
    rng = np.random.default_rng(3)
    time = np.arange(frames * FRAME) / 16_000
    pitch = rng.uniform(90, 250, (rows, 1))
    wave = sum(np.sin(2 * np.pi * harmonic * pitch * time) / harmonic for harmonic in range(1, 15))
    return (0.1 * np.asarray(wave) * (np.sin(2 * np.pi * 3 * time) > 0)).astype(np.float32)


def run(voice_activity: VoiceActivity, audio: NDArray[np.float32]) -> tuple[NDArray[np.float32], list[VoiceMemory]]:
    memories = [VoiceMemory.fresh() for _ in audio]
    heard = []
    for at in range(0, audio.shape[1] // FRAME * FRAME, FRAME):
        probabilities, memories = voice_activity.step(audio[:, at : at + FRAME], memories)
        heard.append(probabilities)
    return np.stack(heard, axis=1), memories


@pytest.mark.speech
def test_a_session_is_heard_the_same_bit_for_bit_in_every_batch(voice_activity: VoiceActivity) -> None:
    audio = buzz(64, 8)
    alone = [run(voice_activity, audio[row : row + 1]) for row in range(64)]
    for size in (2, 3, 4, 5, 7, 8, 11, 16, 20, 33, 63, 64):
        for first in {0, (64 - size) // 2, 64 - size}:
            probabilities, memories = run(voice_activity, audio[first : first + size])
            for row in range(size):
                assert np.array_equal(probabilities[row], alone[first + row][0][0])
                assert memories[row].to_bytes() == alone[first + row][1][0].to_bytes()


@pytest.mark.speech
def test_memory_survives_bytes_exactly(voice_activity: VoiceActivity) -> None:
    audio = buzz(1, 6)
    _, memories = run(voice_activity, audio)
    thawed = VoiceMemory.from_bytes(memories[0].to_bytes())
    expected, _ = voice_activity.step(audio[:, :FRAME], memories)
    again, _ = voice_activity.step(audio[:, :FRAME], [thawed])
    assert np.array_equal(expected, again)


@pytest.mark.speech
def test_silence_and_noise_are_no_speech(voice_activity: VoiceActivity) -> None:
    noise = np.random.default_rng(5).normal(0, 0.01, (1, 60 * FRAME)).astype(np.float32)
    assert run(voice_activity, np.zeros_like(noise))[0].max() < 0.3
    assert run(voice_activity, noise)[0][:, 5:].max() < 0.5


@pytest.mark.speech
def test_speech_is_speech(voice_activity: VoiceActivity) -> None:
    clip = SPEECH / "emodb" / "03a01Fa.flac"
    if not clip.exists():
        pytest.skip("needs the speech data beside the project, ../shared/speech")
    audio = soundfile.read(clip, dtype="float32")[0]
    assert (run(voice_activity, audio[None])[0] > 0.5).mean() > 0.6


@pytest.mark.speech
def test_no_sessions_is_fine(voice_activity: VoiceActivity) -> None:
    probabilities, memories = voice_activity.step(np.zeros((0, FRAME), np.float32), [])
    assert probabilities.shape == (0,)
    assert memories == []


@pytest.mark.speech
def test_frames_that_do_not_fit_are_refused_in_words(voice_activity: VoiceActivity) -> None:
    with pytest.raises(ValueError, match="1 memories need frames"):
        voice_activity.step(np.zeros((1, 480), np.float32), [VoiceMemory.fresh()])


def test_a_memory_of_another_length_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="1280 bytes, not 5"):
        VoiceMemory.from_bytes(b"12345")
