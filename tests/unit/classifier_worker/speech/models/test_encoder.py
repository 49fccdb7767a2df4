"""The encoder: right against an independent forward pass, the same whatever the batch, rebuilt when stale."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray
from scipy.special import erf, softmax

from classifier_worker.speech.models.build.encoder import (
    ENCODER_FEATURES,
    LAYERS,
    Weights,
    ensure_encoder,
    read_weights,
    weights_path,
)
from classifier_worker.speech.models.encoder import Encoder
from classifier_worker.speech.signal.log_mel import log_mel

DATA = Path(__file__).resolve().parents[5] / "data"
Array = NDArray[np.float64]


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return Encoder(ensure_encoder(DATA / "models" / "encoder.onnx"), device="cpu")


def voices(rows: int, samples: int) -> NDArray[np.float32]:
    """Buzzing, wavering, noisy: nothing that a model could answer with a constant."""
    rng = np.random.default_rng(samples)
    time = np.arange(samples) / 16_000
    pitch = rng.uniform(90, 300, (rows, 1)) * (1 + 0.1 * np.sin(2 * np.pi * rng.uniform(1, 5, (rows, 1)) * time))
    phase = 2 * np.pi * np.cumsum(pitch, axis=1) / 16_000
    buzz = sum(np.sin(harmonic * phase) / harmonic for harmonic in range(1, 12))
    return (0.1 * buzz + 0.01 * rng.standard_normal((rows, samples))).astype(np.float32)


def gelu(x: Array) -> Array:
    return np.asarray(x * 0.5 * (1 + erf(x / np.sqrt(2))))


def norm(x: Array, weights: Weights, scope: str) -> Array:
    away = x - x.mean(axis=-1, keepdims=True)
    scaled = away / np.sqrt((away**2).mean(axis=-1, keepdims=True) + 1e-5)
    return np.asarray(scaled * weights[f"{scope}/layer_norm/gamma"] + weights[f"{scope}/layer_norm/beta"])


def linear(x: Array, weights: Weights, name: str) -> Array:
    return np.asarray(x @ weights[f"{name}/weight"].T.astype(np.float64) + weights[f"{name}/bias"])


def convolve(x: Array, weights: Weights, name: str, stride: int) -> Array:
    padded = np.pad(x, ((0, 0), (1, 1)))
    frames = range(0, x.shape[1], stride)
    kernel, bias = weights[f"{name}/weight"].astype(np.float64), weights[f"{name}/bias"]
    return np.stack([np.tensordot(kernel, padded[:, t : t + 3], axes=2) + bias for t in frames], axis=1)


def forward(spectrum: NDArray[np.float32], weights: Weights) -> Array:
    """Whisper's encoder as its paper has it, in float64, one window, pooled as ours."""
    x = gelu(convolve(spectrum.astype(np.float64), weights, "conv1", 1))
    x = gelu(convolve(x, weights, "conv2", 2)).T
    x = x + weights["position_encodings/encodings"][: len(x)]
    outputs = []
    for layer in range(max(LAYERS)):
        scope = f"layer_{layer}/self_attention"
        query, key, value = (
            part.reshape(len(x), 6, 64).transpose(1, 0, 2)
            for part in np.split(linear(norm(x, weights, scope), weights, f"{scope}/linear_0"), 3, axis=1)
        )
        seen = softmax(query @ key.transpose(0, 2, 1) / 8, axis=-1) @ value
        x = x + linear(seen.transpose(1, 0, 2).reshape(len(x), 384), weights, f"{scope}/linear_1")
        scope = f"layer_{layer}/ffn"
        hidden = gelu(linear(norm(x, weights, scope), weights, f"{scope}/linear_0"))
        x = x + linear(hidden, weights, f"{scope}/linear_1")
        if layer + 1 in LAYERS:
            outputs.append(x)
    together = np.concatenate(outputs, axis=1)
    return np.concatenate([together.mean(axis=0), together.std(axis=0)])


@pytest.mark.speech
@pytest.mark.parametrize("samples", [16_000, 24_080, 48_000])
def test_agrees_with_an_independent_forward_pass(encoder: Encoder, samples: int) -> None:
    window = voices(1, samples)
    expected = forward(log_mel(window)[0], read_weights(weights_path()))
    np.testing.assert_allclose(encoder.embed(window)[0], expected, atol=1e-4)


@pytest.mark.speech
@pytest.mark.parametrize("samples", [16_000, 33_000, 48_000])
def test_a_row_is_the_same_bit_for_bit_in_every_batch(encoder: Encoder, samples: int) -> None:
    windows = voices(16, samples)
    alone = np.concatenate([encoder.embed(windows[row : row + 1]) for row in range(16)])
    for size in (2, 3, 7, 16):
        for first in range(0, 16 - size + 1, 3):
            assert np.array_equal(encoder.embed(windows[first : first + size]), alone[first : first + size])
    assert np.array_equal(encoder.embed(windows[::-1]), alone[::-1])
    assert np.array_equal(encoder.embed(np.asfortranarray(windows)), alone)


@pytest.mark.speech
def test_no_windows_give_no_features(encoder: Encoder) -> None:
    assert encoder.embed(np.zeros((0, 48_000), np.float32)).shape == (0, ENCODER_FEATURES)


@pytest.mark.speech
def test_silence_gives_finite_features(encoder: Encoder) -> None:
    assert np.all(np.isfinite(encoder.embed(np.zeros((1, 48_000), np.float32))))


@pytest.mark.speech
def test_windows_of_more_than_30_seconds_are_refused_in_words(encoder: Encoder) -> None:
    with pytest.raises(ValueError, match=r"30 s, not 31\.0 s"):
        encoder.embed(np.zeros((1, 31 * 16_000), np.float32))


@pytest.mark.speech
def test_a_current_file_is_kept_and_a_broken_one_replaced(tmp_path: Path) -> None:
    path = ensure_encoder(tmp_path / "deeper" / "encoder.onnx")
    built = path.stat().st_mtime_ns
    assert ensure_encoder(path).stat().st_mtime_ns == built
    whole = path.read_bytes()
    for stale in (b"", whole[: len(whole) // 2], b"not a model"):
        path.write_bytes(stale)
        assert ensure_encoder(path).read_bytes() == whole
    assert [entry.name for entry in path.parent.iterdir()] == ["encoder.onnx"]


def test_a_file_that_holds_no_weights_is_named(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    for content in (b"", b"\x06\x00\x00\x00\x0c\x00Whisper", b"\x07\x00\x00\x00" + bytes(50)):
        path.write_bytes(content)
        with pytest.raises(RuntimeError, match=r"model\.bin is not a CTranslate2"):
            read_weights(path)


def test_cuda_is_refused_in_words_where_there_is_none(tmp_path: Path) -> None:
    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this machine has CUDA")
    with pytest.raises(RuntimeError, match="offers no CUDA"):
        Encoder(tmp_path / "encoder.onnx", device="cuda")
