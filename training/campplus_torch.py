"""CAM++'s third dense block in PyTorch, where it can be trained: the rest of the network stays as published.

The same network as `training/campplus.py`, which writes it as an ONNX graph. PyTorch is no dependency of the project:
only `training/fine_tuning.py` imports this. Batch normalisation keeps its published statistics, also while training.
Clips of different lengths share a batch under a mask, and none of them changes another.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import conv1d, conv2d, pad, relu

from training.campplus import BLOCKS, TIMBRE_LAYERS, Weights

Tensor = Any
"""torch.Tensor, whose types are not installed where this is checked."""

Tensors = Mapping[str, Tensor]

CHANNELS = 1024
"""Of the third block's last layer. Those of layer 8 are its first 768: a dense layer only adds."""

_EPSILON = 1e-5
_LEAST_VARIANCE = 1e-8


def tensors(weights: Weights) -> dict[str, Tensor]:
    return {name: torch.from_numpy(values) for name, values in weights.items()}


def third_block(weights: Tensors, layers: int) -> dict[str, Tensor]:
    """Copies of what can be trained in its last `layers` layers (1…16)."""
    first = BLOCKS[2][0] - layers + 1
    scopes = tuple(f"xvector.block3.tdnnd{layer}." for layer in range(first, BLOCKS[2][0] + 1))
    return {
        name: tensor.clone() for name, tensor in weights.items() if name.startswith(scopes) and "running" not in name
    }


def before_third_block(weights: Tensors, filterbank: NDArray[np.float32]) -> NDArray[np.float16]:
    """float32[T, 80], centred → the second block's frames, float16[(T + 1) // 2, 512]."""
    with torch.inference_mode():
        x = _stem(weights, torch.from_numpy(filterbank)[None])
        everything = torch.ones(1, x.shape[1], 1)
        for number in (1, 2):
            scope = f"xvector.transit{number}"
            x = _normed_relu(weights, dense_block(weights, x, everything, number), f"{scope}.nonlinear.batchnorm")
            x = x @ weights[f"{scope}.linear.weight"][:, :, 0].T
        frames: NDArray[np.float16] = x[0].numpy().astype(np.float16)
        return frames


def padded(clips: Sequence[NDArray[np.float16]]) -> tuple[Tensor, Tensor]:
    """Each float16[T, C] → float32[B, longest, C], and which frames are real, float32[B, longest, 1]."""
    longest = max(len(clip) for clip in clips)
    frames = [pad(torch.from_numpy(clip.astype(np.float32)), (0, 0, 0, longest - len(clip))) for clip in clips]
    real = [(torch.arange(longest) < len(clip)).float()[:, None] for clip in clips]
    return torch.stack(frames), torch.stack(real)


def dense_block(weights: Tensors, x: Tensor, real: Tensor, number: int) -> Tensor:
    """float32[B, T, C] → the same with every layer's channels after them."""
    layers, dilation = BLOCKS[number - 1]
    for layer in range(1, layers + 1):
        scope = f"xvector.block{number}.tdnnd{layer}"
        scale, shift = _norm(weights, f"{scope}.nonlinear2.batchnorm")
        narrow = _normed_relu(weights, x, f"{scope}.nonlinear1.batchnorm")
        narrow = relu(narrow @ (weights[f"{scope}.linear1.weight"][:, :, 0].T * scale) + shift) * real
        filters = weights[f"{scope}.cam_layer.linear_local.weight"]
        local = conv1d(narrow.transpose(1, 2), filters, padding=dilation, dilation=dilation).transpose(1, 2)
        # Twice the mean, as in training/campplus.py.
        mean = 2 * narrow.sum(1) / real.sum(1)
        hidden = relu(_one_frame(weights, mean, f"{scope}.cam_layer.linear1"))
        mask = torch.sigmoid(_one_frame(weights, hidden, f"{scope}.cam_layer.linear2"))
        x = torch.cat([x, local * mask[:, None]], 2)
    return x


def timbre(frames: Tensor, weight: Tensor) -> Tensor:
    """The third block's frames, float32[B, T, 1024], and what each counts, float32[B, T, 1 or 1024], which sums to 1
    over time → float32[B, 3584]: TIMBRE_LAYERS' means, then their deviations, as the worker's `timbre`."""
    mean = (weight * frames).sum(1)
    deviation = torch.sqrt((weight * (frames - mean[:, None]) ** 2).sum(1) + _LEAST_VARIANCE)
    widths = [CHANNELS - 32 * (BLOCKS[2][0] - layer) for layer in TIMBRE_LAYERS]
    return torch.cat([values[:, :width] for values in (mean, deviation) for width in widths], 1)


def _stem(weights: Tensors, filterbank: Tensor) -> Tensor:
    x = relu(_convolved(weights, filterbank.transpose(1, 2)[:, None], "head.conv1", "head.bn1"))
    for layer in ("layer1", "layer2"):
        for number, stride in ((0, 2), (1, 1)):
            scope = f"head.{layer}.{number}"
            y = relu(_convolved(weights, x, f"{scope}.conv1", f"{scope}.bn1", stride))
            y = _convolved(weights, y, f"{scope}.conv2", f"{scope}.bn2")
            if f"{scope}.shortcut.0.weight" in weights:
                x = _convolved(weights, x, f"{scope}.shortcut.0", f"{scope}.shortcut.1", stride)
            x = relu(y + x)
    x = relu(_convolved(weights, x, "head.conv2", "head.bn2", 2))
    scale, shift = _norm(weights, "xvector.tdnn.nonlinear.batchnorm")
    filters = weights["xvector.tdnn.linear.weight"] * scale[:, None, None]
    return relu(conv1d(x.reshape(len(x), 320, -1), filters, shift, stride=2, padding=2)).transpose(1, 2)


def _convolved(weights: Tensors, x: Tensor, scope: str, norm: str, stride: int = 1) -> Tensor:
    scale, shift = _norm(weights, norm)
    filters = weights[f"{scope}.weight"] * scale[:, None, None, None]
    return conv2d(x, filters, shift, stride=(stride, 1), padding=filters.shape[-1] // 2)


def _normed_relu(weights: Tensors, x: Tensor, scope: str) -> Tensor:
    scale, shift = _norm(weights, scope)
    return relu(x * scale + shift)


def _norm(weights: Tensors, scope: str) -> tuple[Tensor, Tensor]:
    scale = weights.get(f"{scope}.weight", 1.0) / torch.sqrt(weights[f"{scope}.running_var"] + _EPSILON)
    return scale, weights.get(f"{scope}.bias", 0.0) - weights[f"{scope}.running_mean"] * scale


def _one_frame(weights: Tensors, x: Tensor, scope: str) -> Tensor:
    return x @ weights[f"{scope}.weight"][:, :, 0].T + weights[f"{scope}.bias"]
