"""What CONTRIBUTING.md and the documents name exists: a newcomer who follows them finds every file."""

import json
import re
import subprocess
import tomllib

import gateway
from tests.unit.project.imports import ROOT

CONTRIBUTING = ROOT / "CONTRIBUTING.md"
_PATH = re.compile(r"(?<![\w/.-])(?:(?:\.?[\w-]+/)+(?:[\w.-]+\.\w+)?|\.env\.example|compose\.yml|pyproject\.toml)")
FROZEN = "classifier_worker/speech/models/embedding.py"
"""Names the old place of docs/lab/training.md, because a cache of features is keyed by the bytes of this file."""


def named_paths(text: str) -> set[str]:
    """Every path from the project's root between backquotes or in an indented command."""
    quoted = re.findall(r"`([^`]+)`", text) + re.findall(r"^ {4,}(.+)$", text, re.MULTILINE)
    return {path for piece in quoted for path in _PATH.findall(piece)}


def test_every_file_that_contributing_names_exists() -> None:
    named = named_paths(CONTRIBUTING.read_text())
    assert {"shared/settings.py", ".env.example", "frontend/src/strings/de/", "gateway/metrics.py"} <= named
    made = {".venv/bin/", ".venv/bin/python"}
    assert {path for path in named - made if not (ROOT / path).exists()} == set()


def test_every_recipe_names_a_file() -> None:
    recipes = CONTRIBUTING.read_text().partition("## Recipes")[2].partition("\n## ")[0].split("\n### ")[1:]
    titles = [recipe.splitlines()[0] for recipe in recipes]
    assert titles[:6] == [
        "Add a prosody flag",
        "Add an affect",
        "Add a language",
        "Add a setting",
        "Add an HTTP call",
        "Add a metric",
    ]
    assert [recipe for recipe in recipes if not named_paths(recipe)] == []


def test_every_document_that_a_file_names_exists() -> None:
    """mkdocs checks the links between documents; this checks what code and texts outside name."""
    tracked = subprocess.check_output(["git", "ls-files"], cwd=ROOT, text=True).splitlines()
    texts = [name for name in tracked if re.search(r"\.(py|md|ts|vue|sh|toml|yml|conf|example)$|^Dockerfile", name)]
    missing = [
        f"{name}: {document}"
        for name in texts
        if name != FROZEN and (ROOT / name).exists()
        for document in re.findall(r"\bdocs/[\w/-]+\.md\b", (ROOT / name).read_text(encoding="utf-8"))
        if not (ROOT / document).exists()
    ]
    assert missing == []


def test_there_is_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    page = json.loads((ROOT / "frontend/package.json").read_text())["version"]
    assert (gateway.__version__, page) == (project, project)
