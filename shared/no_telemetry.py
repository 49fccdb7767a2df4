"""ONNX Runtime's telemetry, switched off. Every package that imports onnxruntime calls this in its `__init__`."""

import os


def switch_off() -> None:
    """Keep ONNX Runtime from sending reports to its maker. Applies to later imports and to processes started later.

    Otherwise it looks up a host a few seconds after it is imported, and writes a database to the home folder.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
