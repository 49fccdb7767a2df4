"""Build Whisper's encoder and decoder from a CTranslate2 model's weights, as two ONNX graphs in memory.

Architecture: Radford et al. 2022 (https://arxiv.org/abs/2212.04356), §2.2. The decoder's matrices are held in 8 bits,
because reading them is most of the cost of a word; the encoder computes in float32.
"""

import struct
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from classifier_worker.speech.models.build.onnx_graph import OnnxGraph, Shape

Weights = dict[str, NDArray[np.float16]]
"""Each variable under its name in the file, such as "decoder/layer_0/ffn/linear_0/weight"."""

HEAD: Final = 64
"""Width of an attention head, in every size of Whisper."""

_BINARY_VERSION = 6
_FLOAT16 = 4
_OPSET = 20


class Sizes(NamedTuple):
    """What distinguishes one size of Whisper from another."""

    width: int
    encoder_layers: int
    decoder_layers: int

    @property
    def heads(self) -> int:
        return self.width // HEAD

    @classmethod
    def of(cls, weights: Weights) -> "Sizes":
        """Read the sizes from the variables' names and shapes."""
        width = weights["decoder/embeddings/weight"].shape[1]
        return cls(width, *(_layers(weights, side) for side in ("encoder", "decoder")))


def read_weights(data: bytes) -> Weights:
    """Return the fp16 variables of a CTranslate2 model file.

    Format: CTranslate2 4.x, python/ctranslate2/specs/model_spec.py, `ModelSpec._serialize`, binary version 6.
    Raises ValueError if the file is something else.
    """
    try:
        return dict(_variables(data))
    except (struct.error, UnicodeDecodeError) as error:
        raise ValueError(str(error)) from error


# build/encoder.py reads the same format. Its source stays as it is, because features kept for training are tied to it:
# after any change, all of them would have to be computed again.
def _variables(data: bytes) -> Iterator[tuple[str, NDArray[np.float16]]]:
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
    for _ in range(count):
        name = text()
        (rank,) = numbers("B")
        shape = numbers(f"{rank}I")
        kind, size = numbers("BI")
        if kind == _FLOAT16:
            yield name, np.frombuffer(data, "<f2", size // 2, at).reshape(shape)
        at += size


def build_encoder(weights: Weights) -> onnx.ModelProto:
    """Build the graph: log_mel [1, 80, frames] → what the decoder attends to, for each of its layers.

    Outputs: keys_0 [heads, 64, steps], values_0 [heads, steps, 64], keys_1, …; a step is two frames.
    """
    sizes, graph = Sizes.of(weights), _Encoder(weights)
    x = graph.stem("log_mel")
    for layer in range(sizes.encoder_layers):
        x = graph.block(x, f"encoder/layer_{layer}")
    x = graph.norm(x, "encoder/layer_norm")
    outputs: dict[str, Shape] = {}
    for layer in range(sizes.decoder_layers):
        both = graph.linear(x, f"decoder/layer_{layer}/attention/linear_1")
        keys, values = graph.split(both, 2)
        graph.named(f"keys_{layer}", graph.heads(keys, (1, 2, 0)))
        graph.named(f"values_{layer}", graph.heads(values, (1, 0, 2)))
        outputs[f"keys_{layer}"] = [sizes.heads, HEAD, "steps"]
        outputs[f"values_{layer}"] = [sizes.heads, "steps", HEAD]
    return graph.model("linnet-whisper-encoder", {"log_mel": [1, 80, "frames"]}, outputs, _OPSET)


def build_decoder(weights: Weights, alignment_heads: Sequence[tuple[int, int]]) -> onnx.ModelProto:
    """Build the graph: embedded tokens [n, width] after `past` others → scores of the tokens that may follow each.

    Inputs: tokens; mask [n, past + n], −∞ where a token may not look; past_keys_0 [heads, 64, past], past_values_0
    [heads, past, 64], …: the `new_…` outputs so far; keys_0, values_0, …: the encoder's.
    Outputs: logits [n, vocabulary]; attention [alignment heads, n, steps]; new_keys_0, new_values_0, ….
    alignment_heads: (layer, head) of those whose attention follows the time of the words.
    """
    sizes, graph = Sizes.of(weights), _Decoder(weights)
    x = "tokens"
    inputs: dict[str, Shape] = {"tokens": ["n", sizes.width], "mask": ["n", "seen"]}
    outputs: dict[str, Shape] = {}
    followed = []
    for layer in range(sizes.decoder_layers):
        heads = [head for at, head in alignment_heads if at == layer]
        x, attention = graph.block(x, layer, heads)
        followed += attention
        inputs |= {
            f"past_keys_{layer}": [sizes.heads, HEAD, "past"],
            f"past_values_{layer}": [sizes.heads, "past", HEAD],
            f"keys_{layer}": [sizes.heads, HEAD, "steps"],
            f"values_{layer}": [sizes.heads, "steps", HEAD],
        }
        outputs |= {
            f"new_keys_{layer}": [sizes.heads, HEAD, "seen"],
            f"new_values_{layer}": [sizes.heads, "seen", HEAD],
        }
    graph.named("logits", graph.product(graph.norm(x, "decoder/layer_norm"), "decoder/embeddings/weight"))
    graph.named("attention", graph.op("Concat", *followed, axis=0))
    vocabulary = len(weights["decoder/embeddings/weight"])
    outputs |= {"logits": ["n", vocabulary], "attention": [len(alignment_heads), "n", "steps"]}
    return graph.model("linnet-whisper-decoder", inputs, outputs, _OPSET)


class _Graph(OnnxGraph, ABC):
    """What encoder and decoder have in common. Values are [rows, width]."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self.weights = weights

    def named(self, output: str, value: str) -> None:
        self.nodes.append(helper.make_node("Identity", [value], [output]))

    def weight(self, name: str) -> str:
        return self.constant(self.weights[name].astype(np.float32))

    def norm(self, x: str, scope: str) -> str:
        gamma, beta = self.weight(f"{scope}/gamma"), self.weight(f"{scope}/beta")
        return self.op("LayerNormalization", x, gamma, beta, axis=-1, epsilon=1e-5)

    def linear(self, x: str, scope: str) -> str:
        return self.op("Add", self.product(x, f"{scope}/weight"), self.weight(f"{scope}/bias"))

    @abstractmethod
    def product(self, x: str, matrix: str) -> str:
        """Multiply by a matrix, held in the precision of this side of Whisper."""

    def split(self, x: str, parts: int) -> list[str]:
        names = [f"{x}_part_{part}" for part in range(parts)]
        self.nodes.append(helper.make_node("Split", [x], names, axis=-1, num_outputs=parts))
        return names

    def heads(self, x: str, order: tuple[int, int, int]) -> str:
        """Reshape [rows, width] to the axes (rows, heads, 64), in the given order."""
        return self.op("Transpose", self.op("Reshape", x, self.integers(0, -1, HEAD)), perm=list(order))

    def attend(self, query: str, keys: str, values: str, mask: str | None = None) -> tuple[str, str]:
        """Attend with [rows, width]. Returns the result, [rows, width], and the attention, [heads, rows, steps]."""
        scale = self.constant(np.array(HEAD**-0.5, np.float32))
        scores = self.op("MatMul", self.op("Mul", self.heads(query, (1, 0, 2)), scale), keys)
        if mask is not None:
            scores = self.op("Add", scores, mask)
        attention = self.op("Softmax", scores, axis=-1)
        seen = self.op("Transpose", self.op("MatMul", attention, values), perm=[1, 0, 2])
        return self.op("Reshape", seen, self.integers(0, -1)), attention

    def feed_forward(self, x: str, scope: str) -> str:
        hidden = self.op("Gelu", self.linear(self.norm(x, f"{scope}/layer_norm"), f"{scope}/linear_0"))
        return self.op("Add", x, self.linear(hidden, f"{scope}/linear_1"))


class _Encoder(_Graph):
    def product(self, x: str, matrix: str) -> str:
        return self.op("MatMul", x, self.constant(self.weights[matrix].astype(np.float32).T))

    def stem(self, log_mel: str) -> str:
        x = log_mel
        for name, stride in (("conv1", 1), ("conv2", 2)):
            filters, bias = self.weight(f"encoder/{name}/weight"), self.weight(f"encoder/{name}/bias")
            x = self.op("Gelu", self.op("Conv", x, filters, bias, pads=[1, 1], strides=[stride]))
        x = self.op("Transpose", self.op("Squeeze", x, self.integers(0)), perm=[1, 0])
        steps, zero = self.op("Shape", x, start=0, end=1), self.integers(0)
        positions = self.weight("encoder/position_encodings/encodings")
        return self.op("Add", x, self.op("Slice", positions, zero, steps, zero))

    def block(self, x: str, scope: str) -> str:
        attention = f"{scope}/self_attention"
        query, keys, values = self.split(
            self.linear(self.norm(x, f"{attention}/layer_norm"), f"{attention}/linear_0"), 3
        )
        seen, _ = self.attend(query, self.heads(keys, (1, 2, 0)), self.heads(values, (1, 0, 2)))
        x = self.op("Add", x, self.linear(seen, f"{attention}/linear_1"))
        return self.feed_forward(x, f"{scope}/ffn")


class _Decoder(_Graph):
    def product(self, x: str, matrix: str) -> str:
        # Unsigned on both sides: without VNNI the signed kernel saturates in its 16-bit sums.
        weights = self.weights[matrix].astype(np.float32).T
        scales = np.maximum(np.abs(weights).max(axis=0), np.float32(1e-8)) / np.float32(127)
        whole = (np.round(weights / scales) + 128).astype(np.uint8)
        name = f"quantised_{len(self.nodes)}"
        parts = [f"{name}_{part}" for part in ("x", "scale", "zero")]
        self.nodes.append(helper.make_node("DynamicQuantizeLinear", [x], parts))
        middle = self.constant(np.array(128, np.uint8))
        summed = self.op("MatMulInteger", parts[0], self.constant(whole), parts[2], middle)
        both = self.op("Mul", parts[1], self.constant(scales))
        return self.op("Mul", self.op("Cast", summed, to=TensorProto.FLOAT), both)

    def block(self, x: str, layer: int, followed: Sequence[int]) -> tuple[str, list[str]]:
        """Return the block's output, and the attention of the heads that are followed."""
        scope = f"decoder/layer_{layer}"
        x = self.op("Add", x, self.look_back(x, f"{scope}/self_attention", layer))
        cross = f"{scope}/attention"
        query = self.linear(self.norm(x, f"{cross}/layer_norm"), f"{cross}/linear_0")
        seen, attention = self.attend(query, f"keys_{layer}", f"values_{layer}")
        x = self.op("Add", x, self.linear(seen, f"{cross}/linear_2"))
        heads = [self.op("Gather", attention, self.integers(*followed), axis=0)] if followed else []
        return self.feed_forward(x, f"{scope}/ffn"), heads

    def look_back(self, x: str, scope: str, layer: int) -> str:
        query, keys, values = self.split(self.linear(self.norm(x, f"{scope}/layer_norm"), f"{scope}/linear_0"), 3)
        keys = self.op("Concat", f"past_keys_{layer}", self.heads(keys, (1, 2, 0)), axis=2)
        values = self.op("Concat", f"past_values_{layer}", self.heads(values, (1, 0, 2)), axis=1)
        self.named(f"new_keys_{layer}", keys)
        self.named(f"new_values_{layer}", values)
        seen, _ = self.attend(query, keys, values, "mask")
        return self.linear(seen, f"{scope}/linear_1")


def _layers(weights: Weights, side: str) -> int:
    return sum(name.startswith(f"{side}/layer_") and name.endswith("/ffn/linear_0/weight") for name in weights)
