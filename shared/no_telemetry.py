"""ONNX Runtime's telemetry, switched off. Every package that imports onnxruntime calls this in its `__init__`."""

import os


def switch_off() -> None:
    """Forbid ONNX Runtime to report to its maker. Counts for imports that follow, and for processes started later.

    Unless told, it looks up a host a few seconds after its import and writes a database into the home folder.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
