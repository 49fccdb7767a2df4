"""The voiceprint network's graph, on random weights, and the reader of PyTorch's files."""

import pickle
import zipfile
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from training.networks.campplus import BLOCKS, Weights, build, read_weights

RNG = np.random.default_rng(5)


def random_weights() -> Weights:
    """A state dict of CAM++'s shapes."""
    weights: Weights = {}

    def layer(name: str, *shape: int, bias: bool = False) -> None:
        fan_in = int(np.prod(shape[1:]))
        weights[f"{name}.weight"] = (RNG.standard_normal(shape) / np.sqrt(fan_in)).astype(np.float32)
        if bias:
            weights[f"{name}.bias"] = RNG.standard_normal(shape[0]).astype(np.float32) * 0.1

    def norm(name: str, size: int, *, affine: bool = True) -> None:
        weights[f"{name}.running_mean"] = RNG.standard_normal(size).astype(np.float32) * 0.1
        weights[f"{name}.running_var"] = RNG.uniform(0.5, 2, size).astype(np.float32)
        if affine:
            weights[f"{name}.weight"] = RNG.uniform(0.5, 1.5, size).astype(np.float32)
            weights[f"{name}.bias"] = RNG.standard_normal(size).astype(np.float32) * 0.1

    layer("head.conv1", 32, 1, 3, 3)
    norm("head.bn1", 32)
    for part in ("layer1", "layer2"):
        for number in (0, 1):
            for conv in (1, 2):
                layer(f"head.{part}.{number}.conv{conv}", 32, 32, 3, 3)
                norm(f"head.{part}.{number}.bn{conv}", 32)
        layer(f"head.{part}.0.shortcut.0", 32, 32, 1, 1)
        norm(f"head.{part}.0.shortcut.1", 32)
    layer("head.conv2", 32, 32, 3, 3)
    norm("head.bn2", 32)
    layer("xvector.tdnn.linear", 128, 320, 5)
    norm("xvector.tdnn.nonlinear.batchnorm", 128)
    width = 128
    for block, (layers, _) in enumerate(BLOCKS, 1):
        for number in range(1, layers + 1):
            scope = f"xvector.block{block}.tdnnd{number}"
            norm(f"{scope}.nonlinear1.batchnorm", width)
            layer(f"{scope}.linear1", 128, width, 1)
            norm(f"{scope}.nonlinear2.batchnorm", 128)
            layer(f"{scope}.cam_layer.linear_local", 32, 128, 3)
            layer(f"{scope}.cam_layer.linear1", 64, 128, 1, bias=True)
            layer(f"{scope}.cam_layer.linear2", 32, 64, 1, bias=True)
            width += 32
        norm(f"xvector.transit{block}.nonlinear.batchnorm", width)
        layer(f"xvector.transit{block}.linear", width // 2, width, 1)
        width //= 2
    norm("xvector.out_nonlinear.batchnorm", width)
    layer("xvector.dense.linear", 192, 2 * width, 1)
    norm("xvector.dense.nonlinear.batchnorm", 192, affine=False)
    return weights


@pytest.fixture(scope="module")
def network() -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(build(random_weights()).SerializeToString(), providers=["CPUExecutionProvider"])


def prints(network: onnxruntime.InferenceSession, spectrum: NDArray[np.float32], *spans: slice) -> NDArray[np.float32]:
    weights = np.zeros((len(spans), (len(spectrum) + 1) // 2), np.float32)
    for row, span in zip(weights, spans, strict=True):
        row[span] = 1.0
    answer: NDArray[np.float32] = network.run(None, {"filterbank": spectrum, "spans": weights})[0]
    return answer


@pytest.mark.parametrize("frames", [48, 121, 148, 198])
def test_any_length_up_to_two_seconds(network: onnxruntime.InferenceSession, frames: int) -> None:
    spectrum = RNG.standard_normal((frames, 80)).astype(np.float32)
    answer = prints(network, spectrum, slice(None), slice(0, 12))
    assert answer.shape == (2, 192)
    np.testing.assert_allclose(np.linalg.norm(answer, axis=1), 1, rtol=1e-5)


def test_a_span_is_pooled_whatever_else_is_asked_for(network: onnxruntime.InferenceSession) -> None:
    spectrum = RNG.standard_normal((148, 80)).astype(np.float32)
    several = prints(network, spectrum, slice(None), slice(0, 30), slice(30, None))
    np.testing.assert_allclose(prints(network, spectrum, slice(30, None))[0], several[2], atol=1e-5)
    assert not np.allclose(several[1], several[2], atol=1e-4)


def test_a_file_that_asks_for_more_than_tensors_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("weights/data.pkl", pickle.dumps(Path("x")))
    with pytest.raises(pickle.UnpicklingError, match="the file requests"):
        read_weights(path)
