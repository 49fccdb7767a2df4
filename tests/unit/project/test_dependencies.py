"""Each part imports what pyproject.toml installs for it; docs/reference/dependencies.md says what each one is for."""

import json
import re
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import packages_distributions
from typing import Any

import pytest

from tests.unit.project.imports import OURS, ROOT, imports

PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
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
    for lock in ROOT.glob("requirements*.lock"):
        assert not re.search(r"^torch", lock.read_text(), re.MULTILINE), f"{lock.name} installs PyTorch"
