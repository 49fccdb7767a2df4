"""Which part of Linnet may import what. Gateways and workers meet in Redis and in shared/, nowhere else."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = {"gateway", "classifier_worker", "shared", "ops", "training", "bench", "tests"}

MAY_IMPORT = {
    "shared": {"shared"},
    "gateway": {"gateway", "shared"},
    "classifier_worker": {"classifier_worker", "shared"},
    "training": {"training", "classifier_worker", "shared"},
    "ops": {"ops", "shared"},
}

EXTRAS = {"shared": [], "gateway": ["gateway"], "classifier_worker": ["worker"], "ops": ["stack"]}
"""What pyproject.toml installs for each, besides what all of them need."""


def imports(package: str) -> Iterator[tuple[str, str]]:
    """Every top-level name that the package's modules import, with the file that does."""
    for path in sorted((ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield alias.name.partition(".")[0], str(path.relative_to(ROOT))
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path} imports relatively"
                yield (node.module or "").partition(".")[0], str(path.relative_to(ROOT))


def normal(distribution: str) -> str:
    return distribution.lower().replace("_", "-")


def declared(extras: list[str]) -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = project["dependencies"] + [line for extra in extras for line in project["optional-dependencies"][extra]]
    return {normal(re.split(r"[\[<>=!~; ]", line)[0]) for line in lines}


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_part_imports_only_what_lies_on_its_side(package: str) -> None:
    crossings = [(name, file) for name, file in imports(package) if name in OURS - MAY_IMPORT[package]]
    assert crossings == []


@pytest.mark.parametrize("package", EXTRAS)
def test_a_part_imports_only_what_pyproject_installs_for_it(package: str) -> None:
    distributions = packages_distributions()
    installed = declared(EXTRAS[package])
    undeclared = {
        (name, file)
        for name, file in imports(package)
        if name not in OURS | sys.stdlib_module_names
        and not installed & {normal(distribution) for distribution in distributions.get(name, [])}
    }
    assert undeclared == set()


def test_no_part_needs_pytorch() -> None:
    for lock in ROOT.glob("requirements*.lock"):
        assert not re.search(r"^torch", lock.read_text(), re.MULTILINE), f"{lock.name} installs PyTorch"
