"""How every ONNX model of the pipeline is opened: few threads, no spinning, the device that was asked for."""

from pathlib import Path
from typing import Literal

import onnxruntime

Device = Literal["auto", "cpu", "cuda"]

_CUDA = "CUDAExecutionProvider"
_CPU = "CPUExecutionProvider"


def open_session(model: Path | bytes, device: Device = "cpu", threads: int = 1) -> onnxruntime.InferenceSession:
    """An onnxruntime session on a file, or on a model already read.

    "auto" takes CUDA where onnxruntime offers it. Raises RuntimeError when "cuda" is asked for and not offered.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Spinning would burn the core that another worker needs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    source = model if isinstance(model, bytes) else str(model)
    return onnxruntime.InferenceSession(source, options, providers=_providers(device))


def on_cuda(session: onnxruntime.InferenceSession) -> bool:
    """Whether the session computes on a GPU."""
    return _CUDA in session.get_providers()


def _providers(device: Device) -> list[str]:
    offered = _CUDA in onnxruntime.get_available_providers()
    if device == "cuda" and not offered:
        raise RuntimeError(
            "LINNET_DEVICE is cuda, but this onnxruntime offers no CUDA. "
            "Install onnxruntime-gpu with a CUDA driver, or set LINNET_DEVICE to cpu or auto."
        )
    return [_CUDA, _CPU] if offered and device != "cpu" else [_CPU]
