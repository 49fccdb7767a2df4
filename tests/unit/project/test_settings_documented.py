"""A setting that .env.example does not list, or lists wrongly, does not exist for the person who runs Linnet."""

import re
from pathlib import Path

import pytest
from dotenv import dotenv_values

from shared.settings import Settings

EXAMPLE = Path(__file__).resolve().parents[3] / ".env.example"


def variable(name: str) -> str:
    alias = Settings.model_fields[name].validation_alias
    return str(alias) if alias else f"LINNET_{name.upper()}"


@pytest.fixture
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(variable(name), raising=False)


def test_every_setting_is_listed_and_nothing_else() -> None:
    assert set(dotenv_values(EXAMPLE)) == {variable(name) for name in Settings.model_fields}


@pytest.mark.usefixtures("no_settings")
def test_the_values_listed_are_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(EXAMPLE.parent)
    defaults = Settings(_env_file=None).model_dump()
    listed = Settings(_env_file=EXAMPLE).model_dump()
    listed["data_dir"], defaults["data_dir"] = (values["data_dir"].resolve() for values in (listed, defaults))
    assert listed == defaults


def test_every_setting_is_explained() -> None:
    unexplained = []
    commented = False
    for line in EXAMPLE.read_text().splitlines():
        if match := re.match(r"([A-Z_]+)=", line):
            name = match[1]
            # A comment may speak for several settings that follow it.
            if not commented:
                unexplained.append(name)
        else:
            commented = line.startswith("#") and not line.startswith("# ---")
    assert unexplained == []
