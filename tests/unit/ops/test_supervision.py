"""The supervisor restarts every process that ends, however often."""

import configparser
from pathlib import Path

import pytest

_CONFIG = configparser.ConfigParser(interpolation=None)
_CONFIG.read(Path(__file__).parents[3] / "ops" / "stack" / "supervisord.conf")


@pytest.mark.parametrize("program", [name for name in _CONFIG.sections() if name.startswith("program:")])
def test_no_number_of_restarts_is_too_many(program: str) -> None:
    section = _CONFIG[program]
    assert section.getboolean("autorestart")
    assert int(section["startretries"]) >= 1_000_000_000, "pauses grow by a second: this is never reached"
