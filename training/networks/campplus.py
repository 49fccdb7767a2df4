"""Build CAM++ as an ONNX graph from its PyTorch weights, without PyTorch.

Architecture: Wang et al., "CAM++: a fast and efficient network for speaker verification using context-aware masking"
(Interspeech 2023, https://arxiv.org/abs/2303.00332), as in 3D-Speaker's speakerlab/models/campplus. Batch normalisation
is folded into the preceding layer if that is linear. Dense blocks run on [frames, channels], one voice at a time, so
that their convolutions of one frame are plain matrix products.
"""

import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper

from classifier_worker.speech.models.build.onnx_graph import OnnxGraph

Weights = dict[str, NDArray[np.float32]]

BLOCKS: Final = ((12, 1), (24, 2), (16, 2))
"""Layers and dilation of the three dense blocks."""

TIMBRE_LAYERS: Final = (8, 16)
"""Layers of the third block whose frames are pooled as timbre: how a voice sounds, before it is reduced to its speaker.
Earlier layers, and those of the second block, carry less tone (docs/lab/training.md)."""

_GROWTH = 32
_NORM_EPSILON = 1e-5
_LEAST_VARIANCE = 1e-6
_LAST = 2**31 - 1


def read_weights(path: Path) -> Weights:
    """Return the float32 tensors of a PyTorch state dict (a zip since PyTorch 1.6). Raises pickle.UnpicklingError if
    the file requests anything other than tensors."""
    with zipfile.ZipFile(path) as archive:
        (pickled,) = (name for name in archive.namelist() if name.endswith("/data.pkl"))
        folder = pickled.removesuffix("data.pkl") + "data/"
        with archive.open(pickled) as file:
            tensors = _Tensors(file, archive, folder).load()
    return {name: tensor for name, tensor in tensors.items() if tensor.dtype == np.float32}


class _Tensors(pickle.Unpickler):
    """Reads nothing but tensors."""

    def __init__(self, file: Any, archive: zipfile.ZipFile, folder: str) -> None:
        super().__init__(file)
        self._archive, self._folder = archive, folder

    def find_class(self, module: str, name: str) -> Any:
        known: dict[tuple[str, str], Any] = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): _tensor,
            ("torch", "FloatStorage"): "<f4",
            ("torch", "LongStorage"): "<i8",
        }
        if (module, name) not in known:
            raise pickle.UnpicklingError(f"the file requests {module}.{name}, which is not allowed: use another file")
        return known[module, name]

    def persistent_load(self, reference: Any) -> NDArray[Any]:
        _, kind, key, _, _ = reference
        return np.frombuffer(self._archive.read(self._folder + key), kind)


def _tensor(
    storage: NDArray[Any], offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *rest: Any
) -> NDArray[Any]:
    return np.lib.stride_tricks.as_strided(
        storage[offset:], shape, tuple(storage.itemsize * stride for stride in strides)
    ).copy()


def build(weights: Weights) -> onnx.ModelProto:
    """Build the graph: filterbank float32[T, 80] and spans float32[S, (T + 1) // 2] → voiceprints float32[S, 192] of
    length 1, and timbre float32[3584]: means over time of the frames of TIMBRE_LAYERS, layer by layer, then their
    deviations.

    For up to 200 frames of filterbank, for which the context of a mask is twice the mean over time, because the mean of
    a segment of 100 strided frames equals that of the whole. Timbre is pooled over all frames, even of longer audio.
    """
    graph = _Graph(weights)
    frames, tapped = graph.dense_blocks(graph.stem("filterbank"))
    graph.pool(frames, "spans", "voiceprints")
    graph.timbre(tapped, "timbre")
    return graph.model(
        "linnet-voiceprint",
        {"filterbank": ["frames", 80], "spans": ["count", "strided"]},
        {"voiceprints": ["count", 192], "timbre": [3584]},
        opset=18,
    )


class _Graph(OnnxGraph):
    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self.weights = weights
        self.time = self.integers(0)
        self.rows_and_columns = self.integers(0, 1)

    def floats(self, values: NDArray[Any]) -> str:
        return self.constant(values.astype(np.float32))

    def norm(self, scope: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Batch normalisation as scale and shift."""
        scale = 1.0 / np.sqrt(self.weights[f"{scope}.running_var"].astype(np.float64) + _NORM_EPSILON)
        scale = scale * self.weights.get(f"{scope}.weight", np.float32(1.0))
        return scale, self.weights.get(f"{scope}.bias", np.float32(0.0)) - self.weights[f"{scope}.running_mean"] * scale

    def stem(self, filterbank: str) -> str:
        """Run the convolutions over frequency and time, then the first over time alone: [strided, 128]."""
        x = self.op("Unsqueeze", self.op("Transpose", filterbank, perm=[1, 0]), self.integers(0, 1))
        x = self.op("Relu", self.convolve(x, "head.conv1", "head.bn1"))
        for layer in ("layer1", "layer2"):
            for number, stride in ((0, 2), (1, 1)):
                x = self.residual(x, f"head.{layer}.{number}", stride)
        x = self.op("Relu", self.convolve(x, "head.conv2", "head.bn2", stride=2))
        x = self.op("Reshape", x, self.integers(1, 320, -1))
        scale, shift = self.norm("xvector.tdnn.nonlinear.batchnorm")
        filters = self.floats(self.weights["xvector.tdnn.linear.weight"] * scale[:, None, None])
        x = self.op("Relu", self.op("Conv", x, filters, self.floats(shift), strides=[2], pads=[2, 2]))
        return self.op("Transpose", self.op("Squeeze", x, self.time), perm=[1, 0])

    def residual(self, x: str, scope: str, stride: int) -> str:
        y = self.op("Relu", self.convolve(x, f"{scope}.conv1", f"{scope}.bn1", stride))
        y = self.convolve(y, f"{scope}.conv2", f"{scope}.bn2")
        if f"{scope}.shortcut.0.weight" in self.weights:
            x = self.convolve(x, f"{scope}.shortcut.0", f"{scope}.shortcut.1", stride, pad=0)
        return self.op("Relu", self.op("Add", y, x))

    def convolve(self, x: str, scope: str, norm: str, stride: int = 1, pad: int = 1) -> str:
        scale, shift = self.norm(norm)
        filters = self.floats(self.weights[f"{scope}.weight"] * scale[:, None, None, None])
        return self.op("Conv", x, filters, self.floats(shift), strides=[stride, 1], pads=[pad] * 4)

    def dense_blocks(self, x: str) -> tuple[str, list[str]]:
        """The last block's frames, and those of TIMBRE_LAYERS."""
        tapped = []
        for number, (layers, dilation) in enumerate(BLOCKS, 1):
            for layer in range(1, layers + 1):
                new = self.dense_layer(x, f"xvector.block{number}.tdnnd{layer}", dilation)
                x = self.op("Concat", x, new, axis=1)
                if number == len(BLOCKS) and layer in TIMBRE_LAYERS:
                    tapped.append(x)
            scope = f"xvector.transit{number}"
            x = self.op("MatMul", self.normed_relu(x, f"{scope}.nonlinear.batchnorm"), self.matrix(f"{scope}.linear"))
        return self.normed_relu(x, "xvector.out_nonlinear.batchnorm"), tapped

    def normed_relu(self, x: str, scope: str) -> str:
        scale, shift = self.norm(scope)
        return self.op("Relu", self.op("Add", self.op("Mul", x, self.floats(scale)), self.floats(shift)))

    def matrix(self, scope: str, scale: float | NDArray[np.float64] = 1.0) -> str:
        """A convolution over one frame, as [in, out]; `scale` applies to the outputs."""
        return self.floats(self.weights[f"{scope}.weight"][:, :, 0].T * scale)

    def dense_layer(self, x: str, scope: str, dilation: int) -> str:
        """A narrow convolution over three frames under a context-aware mask: [strided, 32]."""
        scale, shift = self.norm(f"{scope}.nonlinear2.batchnorm")
        narrow = self.op(
            "MatMul", self.normed_relu(x, f"{scope}.nonlinear1.batchnorm"), self.matrix(f"{scope}.linear1", scale)
        )
        narrow = self.op("Relu", self.op("Add", narrow, self.floats(shift)))
        local = self.three_frames(narrow, self.weights[f"{scope}.cam_layer.linear_local.weight"], dilation)
        return self.op("Mul", local, self.mask(narrow, f"{scope}.cam_layer"))

    def three_frames(self, x: str, filters: NDArray[np.float32], dilation: int) -> str:
        """Compute all three products at once, then their sum, each shifted by the dilation."""
        products = self.op("MatMul", x, self.floats(np.concatenate([filters[:, :, k].T for k in range(3)], axis=1)))
        padded = self.op("Pad", products, self.integers(dilation, 0, dilation, 0))
        before, here, after = (
            self.op(
                "Slice",
                padded,
                self.integers(first, _GROWTH * part),
                self.integers(last, _GROWTH * (part + 1)),
                self.rows_and_columns,
            )
            for part, (first, last) in enumerate(((0, -2 * dilation), (dilation, -dilation), (2 * dilation, _LAST)))
        )
        return self.op("Add", self.op("Add", before, here), after)

    def mask(self, x: str, scope: str) -> str:
        mean = self.op("ReduceMean", x, self.time, keepdims=1)
        # Twice the mean: the segment's and the whole's (see `build`).
        hidden = self.op(
            "Gemm", mean, self.matrix(f"{scope}.linear1", 2.0), self.floats(self.weights[f"{scope}.linear1.bias"])
        )
        return self.op(
            "Sigmoid",
            self.op(
                "Gemm",
                self.op("Relu", hidden),
                self.matrix(f"{scope}.linear2"),
                self.floats(self.weights[f"{scope}.linear2.bias"]),
            ),
        )

    def pool(self, frames: str, spans: str, name: str) -> None:
        """Mean and standard deviation (n − 1) over each span's frames, then the last layer, at length 1."""
        columns = self.integers(1)
        count = self.op("ReduceSum", spans, columns, keepdims=1)
        mean = self.op("Div", self.op("MatMul", spans, frames), count)
        square = self.op("Div", self.op("MatMul", spans, self.op("Mul", frames, frames)), count)
        variance = self.op("Sub", square, self.op("Mul", mean, mean))
        bessel = self.op("Div", count, self.op("Sub", count, self.floats(np.array(1.0))))
        variance = self.op("Max", self.op("Mul", variance, bessel), self.floats(np.array(_LEAST_VARIANCE)))
        pooled = self.op("Concat", mean, self.op("Sqrt", variance), axis=1)
        scale, shift = self.norm("xvector.dense.nonlinear.batchnorm")
        print_ = self.op("Gemm", pooled, self.matrix("xvector.dense.linear", scale), self.floats(shift))
        length = self.op("ReduceL2", print_, columns, keepdims=1)
        self.nodes.append(helper.make_node("Div", [print_, length], [name], name=name))

    def timbre(self, tapped: list[str], name: str) -> None:
        """Mean and standard deviation over all frames."""
        frames = self.op("Concat", *tapped, axis=1)
        mean = self.op("ReduceMean", frames, self.time, keepdims=1)
        away = self.op("Sub", frames, mean)
        variance = self.op("ReduceMean", self.op("Mul", away, away), self.time, keepdims=0)
        means = self.op("Squeeze", mean, self.time)
        self.nodes.append(helper.make_node("Concat", [means, self.op("Sqrt", variance)], [name], name=name, axis=0))
