"""Laughter: how it is described and remembered, and that real laughs are told and speech is not called one."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from classifier_worker.speech.backend import Feed
from classifier_worker.speech.models.sound_kind import SoundKinds
from classifier_worker.speech.models.vocal_bursts import SIZE, SPAN, STEP, BurstHead, Untold, descriptions, level
from classifier_worker.speech.models.voice_activity import VoiceMemory
from classifier_worker.speech.speech_backend import SpeechBackend
from classifier_worker.speech.speech_state import SpeechState
from classifier_worker.speech.tone.reader import Address
from classifier_worker.speech.windows.utterance import FRAME, WindowPlan
from shared.settings import Settings
from training.data.corpus import SPEECH
from training.data.sounds import sound

Audio = NDArray[np.float32]

SAMPLE = Path(__file__).resolve().parents[5] / "frontend" / "public" / "sample.flac"
EMOGATOR = SPEECH / "expressive" / "emogator"
LAUGHS: Sequence[str] = ("000348-13-1.flac",)
"""Bursts of elation in which people laugh who are not trained on (every fourth person of EmoGator is not)."""

needs_laughs = pytest.mark.skipif(not EMOGATOR.is_dir(), reason="the speech folder, ../shared/speech, is not there")


def read(path: Path) -> Audio:
    return np.asarray(soundfile.read(path, dtype="float32")[0], np.float32)


def head() -> BurstHead:
    rng = np.random.default_rng(5)
    arrays = (rng.normal(size=shape).astype(np.float32).astype(np.float64) for shape in (SIZE, (4, SIZE), 4, 4))
    mean, hidden, hidden_bias, out = arrays
    return BurstHead(mean, np.ones(SIZE), hidden, hidden_bias, out, 0.25, 0.5)


@pytest.fixture(scope="module")
def kinds() -> SoundKinds:
    return SoundKinds()


@pytest.fixture(scope="module")
def backend() -> SpeechBackend:
    return SpeechBackend(Settings(reliability_floor=0.0))


def test_a_head_survives_writing_and_reading(tmp_path: Path) -> None:
    head().save(tmp_path / "head.npz")
    described = np.cos(np.arange(2.0 * SIZE)).reshape(2, SIZE)
    stored = BurstHead.load(tmp_path / "head.npz")
    assert stored.log_odds(described).tolist() == head().log_odds(described).tolist()
    assert stored.surest(described) == head().surest(described)


def test_only_seconds_that_end_in_what_is_new_are_looked_at() -> None:
    rng = np.random.default_rng(2)
    texture, level_db = rng.normal(size=(298, 128)), rng.normal(size=298)
    everything = descriptions(texture, level_db)
    assert len(everything) == 1 + (298 - SPAN) // STEP
    assert descriptions(texture, level_db, 100).tolist() == everything[:4].tolist()
    assert descriptions(texture, level_db, 1).tolist() == everything[:1].tolist()


def test_less_than_a_second_is_described_too() -> None:
    assert np.isfinite(descriptions(np.ones((40, 128)), np.full(40, -100.0))).all()


def test_the_level_has_a_value_a_frame_and_is_in_decibels() -> None:
    audio = np.full(16_000, 0.1, np.float32)
    assert level(audio) == pytest.approx(np.full(SPAN, -20.0), abs=1e-3)


def test_a_laugh_is_told_with_the_speaker_s_next_event_only() -> None:
    laugh = Untold(until=48_000, speaker=1)
    assert laugh.belongs_to(1, voices=2, start=48_000 + 32_000)
    assert not laugh.belongs_to(1, voices=2, start=48_000 + 32_001)
    assert not laugh.belongs_to(0, voices=2, start=48_000)


def test_whose_a_laugh_without_words_is_nobody_knows_among_two() -> None:
    laugh = Untold(until=48_000, speaker=None)
    assert laugh.belongs_to(0, voices=1, start=50_000)
    assert not laugh.belongs_to(0, voices=2, start=50_000)


def test_a_laugh_survives_a_checkpoint_and_older_checkpoints_have_none() -> None:
    plan = WindowPlan(48_000, 16_000)
    listener = SpeechState(Address("s", False), plan, laugh=Untold(48_000, None))
    frozen = listener.freeze(with_audio=True)
    assert SpeechState.thaw(frozen, plan).laugh == Untold(48_000, None)
    del frozen["laugh"]
    assert SpeechState.thaw(frozen, plan).laugh is None


def stirred(probabilities: Sequence[float], *, resumed: bool = False) -> list[int]:
    """Positions at which a listener wants the last second looked at, one voice probability a frame."""
    plan = WindowPlan(48_000, 16_000)
    listener, found = SpeechState(Address("s", False), plan), []
    for probability in probabilities:
        listener.append(np.zeros(FRAME, np.int16))
        listener.heard_frame(probability, VoiceMemory.fresh())
        audio = listener.stirring()
        if audio is not None:
            assert len(audio) == 16_000
            found.append(listener.framed // FRAME)
        if resumed:
            listener.forget_heard()
            listener = SpeechState.thaw(listener.freeze(with_audio=True), plan)
    return found


def test_what_is_a_little_like_a_voice_is_looked_at_each_half_second() -> None:
    assert stirred([0.0] * 200) == []
    assert stirred([0.45] * 100) == [32, 48, 64, 80, 96]
    assert stirred([0.0] * 60 + [0.45] + [0.0] * 60) == [61, 77]
    assert stirred([0.45] * 100, resumed=True) == stirred([0.45] * 100)


def test_an_utterance_s_windows_are_looked_at_instead() -> None:
    assert stirred([0.0] * 40 + [0.9] * 50) == [41]


def test_reading_aloud_is_no_laughter(kinds: SoundKinds) -> None:
    audio = read(SAMPLE)
    assert kinds.of(audio[: len(audio) // 2]).laughing < 0.0
    assert kinds.of(audio[len(audio) // 2 :]).laughing < 0.0


@pytest.mark.parametrize(
    ("kind", "name"), [("coughs and the like", "coughs"), ("noise", "white"), ("music", "piano")], ids=str
)
def test_other_sounds_are_no_laughter(kinds: SoundKinds, kind: str, name: str) -> None:
    assert kinds.of(np.asarray(sound(kind, name, 6.0, -20.0, 3) / 32768, np.float32)).laughing < 0.0


@needs_laughs
@pytest.mark.parametrize("name", LAUGHS)
def test_a_laugh_is_laughter(kinds: SoundKinds, name: str) -> None:
    assert kinds.of(read(EMOGATOR / name)).laughing >= 0.0


def flags_of(backend: SpeechBackend, audio: Audio, block: int = 16_000, *, resumed: bool = False) -> list[list[str]]:
    """Of every event of a session, in order. resumed: each block is heard by a worker that has just taken over."""
    samples = (audio * 32767).astype(np.int16)
    state, found = backend.open("s", elcor=False), []
    for at in range(0, len(samples), block):
        feed = Feed(state, at, samples[at : at + block], at + block >= len(samples))
        found += [event.prosody_flags for _, event in backend.classify([feed])[0].events]
        if resumed:
            state = backend.thaw(state.freeze(with_audio=True))
    return found


@needs_laughs
@pytest.mark.parametrize("name", LAUGHS)
def test_a_laugh_among_words_is_a_flag_of_the_speaker_s_event(backend: SpeechBackend, name: str) -> None:
    words, silence, laugh = read(SAMPLE)[: 4 * 16_000], np.zeros(6_400, np.float32), read(EMOGATOR / name)
    laugh = laugh * (np.abs(words).max() / np.abs(laugh).max())
    audio = np.concatenate([words, silence, laugh, silence, words])
    told = flags_of(backend, audio)
    assert any("laughing" in flags for flags in told)
    assert told == flags_of(backend, audio, 4_800, resumed=True)
    assert not any("laughing" in flags for flags in flags_of(backend, np.concatenate([words, silence, words])))
