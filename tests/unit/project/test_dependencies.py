"""Each part imports what pyproject.toml installs for it; docs/reference/dependencies.md says what each one is for."""

import json
import re
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import packages_distributions
from typing import Any

import pytest

from testkit.dockerfile import read_dockerfile
from tests.unit.project.imports import OURS, ROOT, imports

PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCK: dict[str, Any] = tomllib.loads((ROOT / "uv.lock").read_text())
EXTRAS = {"shared": [], "gateway": ["gateway"], "classifier_worker": ["worker", "recordings"], "ops": ["stack"]}
"""What is installed for each part, besides what all of them need."""


def normal(distribution: str) -> str:
    return distribution.lower().replace("_", "-")


def names(requirements: Iterable[str]) -> set[str]:
    return {normal(re.split(r"[\[<>=!~; ]", requirement)[0]) for requirement in requirements}


def installed_for(part: str) -> set[str]:
    project = PYPROJECT["project"]
    found = names(project["dependencies"])
    return found.union(*(names(project["optional-dependencies"][extra]) for extra in EXTRAS[part]))


@pytest.mark.parametrize("part", EXTRAS)
def test_a_part_imports_only_what_is_installed_for_it(part: str) -> None:
    distributions = packages_distributions()
    installed = installed_for(part)
    undeclared = {
        (name, file)
        for name, file in imports(part)
        if name not in OURS | sys.stdlib_module_names
        and not installed & {normal(distribution) for distribution in distributions.get(name, [])}
    }
    assert undeclared == set()


def test_every_package_is_documented_and_no_other() -> None:
    page = json.loads((ROOT / "frontend/package.json").read_text())
    project = PYPROJECT["project"]
    declared = names(
        [
            *project["dependencies"],
            *(line for lines in project["optional-dependencies"].values() for line in lines),
            *PYPROJECT["dependency-groups"]["dev"],
            *page["dependencies"],
            *page["devDependencies"],
        ]
    )
    rows = re.findall(r"^\| ([^|]+) \|", (ROOT / "docs/reference/dependencies.md").read_text(), re.MULTILINE)
    documented = {name.strip() for row in rows for name in row.split(",")} - {"package", "---"}
    assert documented == declared


def test_nothing_needs_pytorch() -> None:
    assert not {package["name"] for package in LOCK["package"]} & {"torch", "torchaudio"}


def test_every_locked_file_comes_from_pypi_and_has_a_hash() -> None:
    """An address that only one machine reaches would make the lock useless everywhere else."""
    packages = [package for package in LOCK["package"] if package["name"] != "linnet"]
    files = [
        file for package in packages for file in [*package.get("wheels", []), *filter(None, [package.get("sdist")])]
    ]
    assert [
        package["name"] for package in packages if package["source"] != {"registry": "https://pypi.org/simple"}
    ] == []
    assert {file["url"].split("/packages/")[0] for file in files} == {"https://files.pythonhosted.org"}
    assert all(file["hash"].startswith("sha256:") for file in files)


def test_the_tool_that_installs_is_pinned_with_hashes() -> None:
    lines = (ROOT / "ops" / "uv.txt").read_text().replace("\\\n", " ").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert len(pins) == 1
    assert re.fullmatch(r"uv==\d+\.\d+\.\d+( +--hash=sha256:[0-9a-f]{64})+", pins[0])


@pytest.mark.parametrize("part", ["gateway", "worker"])
def test_an_image_installs_what_is_locked_and_keeps_no_installer(part: str) -> None:
    read = read_dockerfile(ROOT / f"Dockerfile.{part}")
    installs = [i.value for i in read if i.name == "RUN" and "uv sync" in i.value]
    assert len(installs) == 1
    assert {"--locked", "--no-dev", part} <= set(installs[0].split())
    last = max(number for number, i in enumerate(read) if i.name == "FROM")
    assert not [i.value for i in read[last:] if "tools" in i.value or "uv" in i.value.split()]
