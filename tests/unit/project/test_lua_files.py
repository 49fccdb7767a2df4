"""Every Lua file belongs to one module, and is where that module is: in a checkout, the wheel and the images."""

import ast
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from testkit.dockerfile import read_dockerfile
from tests.unit.project.imports import ROOT

PACKAGES = ("shared", "gateway", "classifier_worker")
FILES = sorted(file.relative_to(ROOT) for package in PACKAGES for file in (ROOT / package).rglob("*.lua"))
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
SETUPTOOLS = PYPROJECT["tool"]["setuptools"]


def loaded() -> Iterator[Path]:
    """The file of each `Script(__file__, "name", …)`."""
    for package in PACKAGES:
        for module in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(module.read_text())):
                match node:
                    case ast.Call(ast.Name("Script"), [ast.Name("__file__"), ast.Constant(str(name)), *_]):
                        yield module.relative_to(ROOT).parent / "lua" / f"{name}.lua"


def includes(file: Path) -> list[Path]:
    return [Path(name) for name in re.findall(r"^-- include (\S+)$", (ROOT / file).read_text(), re.MULTILINE)]


def test_every_file_is_run_by_one_module_or_included_by_scripts() -> None:
    runs = Counter(loaded())
    included = {name for file in FILES for name in includes(file)}
    assert len(runs) > 25
    assert {file: count for file, count in runs.items() if count > 1} == {}
    assert not runs.keys() & included
    assert sorted(runs.keys() | included) == FILES


@pytest.mark.parametrize("file", FILES, ids=str)
def test_a_script_includes_only_its_own_packages_files_and_shared_ones(file: Path) -> None:
    assert {included.parts[0] for included in includes(file)} <= {"shared", file.parts[0]}


@pytest.mark.parametrize("file", FILES, ids=str)
def test_it_is_in_the_wheel(file: Path) -> None:
    package = ".".join(file.parent.parts)
    assert any(fnmatch(package, wanted) for wanted in SETUPTOOLS["packages"]["find"]["include"])
    assert SETUPTOOLS["packages"]["find"].get("namespaces", True), "the folder is no regular package"
    assert any(fnmatch(file.name, wanted) for wanted in SETUPTOOLS["package-data"]["*"])


@pytest.mark.parametrize("image", ["gateway", "worker"])
def test_it_is_in_the_image_of_its_module(image: str) -> None:
    copied = [one.value for one in read_dockerfile(ROOT / f"Dockerfile.{image}") if one.name == "COPY"]
    context = (ROOT / ".dockerignore").read_text().splitlines()
    for package in ("shared", {"gateway": "gateway", "worker": "classifier_worker"}[image]):
        assert f"{package} {package}" in copied
        assert f"!{package}" in context
    ignored = [line for line in context if line and line[0] not in "#!" and line != "*"]
    assert [file for file in FILES for pattern in ignored if fnmatch(str(file), pattern)] == []
