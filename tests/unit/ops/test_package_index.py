"""uv gets what an operator told pip."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from ops.package_index import exports

ROOT = Path(__file__).resolve().parents[3]


def test_settings_with_a_counterpart_are_translated() -> None:
    assert exports(
        [
            "global.index-url='https://user:p%40ss@mirror.example/simple'",
            "global.cert='/etc/company.pem'",
            "global.proxy='http://proxy.example:3128'",
            "global.timeout='60'",
            "install.find-links='/srv/wheels\\n/srv/more'",
        ],
        {},
    ) == {
        "UV_DEFAULT_INDEX": "https://user:p%40ss@mirror.example/simple",
        "SSL_CERT_FILE": "/etc/company.pem",
        "ALL_PROXY": "http://proxy.example:3128",
        "UV_FIND_LINKS": "/srv/wheels,/srv/more",
    }


def test_the_environment_counts_more_than_a_command_and_that_more_than_the_rest() -> None:
    lines = [":env:.index-url='https://c.example'", "install.index-url='https://b.example'"]
    assert exports([*lines, "global.index-url='https://a.example'"], {}) == {"UV_DEFAULT_INDEX": "https://c.example"}
    assert exports(lines[1:], {}) == {"UV_DEFAULT_INDEX": "https://b.example"}


def test_what_was_set_for_uv_stays() -> None:
    assert exports(["global.index-url='https://a.example'"], {"UV_DEFAULT_INDEX": "https://mine.example"}) == {}


def test_every_index_is_asked_for_the_locked_version() -> None:
    assert exports(["global.extra-index-url='https://a.example https://b.example'"], {}) == {
        "UV_INDEX": "https://a.example https://b.example",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
    }


@pytest.mark.parametrize("by_file", [True, False])
def test_pip_itself_is_asked(tmp_path: Path, by_file: bool) -> None:
    (tmp_path / "pip.conf").write_text("[global]\nindex-url = https://mirror.example/it's\n")
    told = (
        {"PIP_CONFIG_FILE": str(tmp_path / "pip.conf")} if by_file else {"PIP_INDEX_URL": "https://mirror.example/it's"}
    )
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
    answer = subprocess.run(
        [sys.executable, ROOT / "ops" / "package_index.py"],
        env={**inherited, **told},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ["export", "UV_DEFAULT_INDEX=https://mirror.example/it's"] in [
        shlex.split(line) for line in answer.stdout.splitlines()
    ]
