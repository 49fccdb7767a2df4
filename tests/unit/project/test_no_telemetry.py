"""ONNX Runtime reports to its maker unless it is told not to before it is imported."""

import os
import subprocess
import sys

import pytest

from testkit.dockerfile import read_dockerfile
from tests.unit.project.imports import OURS, ROOT, imports

IMPORTERS = sorted(package for package in OURS if any(name == "onnxruntime" for name, _ in imports(package)))


def test_the_worker_is_among_those_that_import_it() -> None:
    assert {"classifier_worker", "training"} <= set(IMPORTERS)


@pytest.mark.parametrize("package", sorted({*IMPORTERS, "bench"}))
def test_whatever_is_imported_of_a_package_switches_it_off_first(package: str) -> None:
    program = f"import {package}, os, sys; print(os.environ['ORT_DISABLE_TELEMETRY'], 'onnxruntime' in sys.modules)"
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["1", "False"], done.stderr


def test_the_image_switches_it_off_too() -> None:
    variables = [i.value for i in read_dockerfile(ROOT / "Dockerfile.worker") if i.name == "ENV"]
    assert any("ORT_DISABLE_TELEMETRY=1" in value for value in variables)
