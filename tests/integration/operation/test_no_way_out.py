"""Nothing leaves the machine: in a whole session, no process contacts any address that is not configured."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.integration.isolated_session import CANARY, ROOT

NAMESPACES = (["unshare", "--net"], ["unshare", "--map-root-user", "--net"])
"""As root, and as anybody where the kernel lets them."""


def in_a_namespace() -> list[str]:
    """The command that runs another one without network. Skips the test, except in CI, where there is none."""
    for command in NAMESPACES:
        if (
            shutil.which("unshare")
            and subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0
        ):
            return command
    why = "this kernel, or this user, may make no network namespace: run the test as root, or in a container that may"
    if "CI" in os.environ:
        pytest.fail(why)
    pytest.skip(why)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def told(home: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the results of a whole session with every process."""
    namespace = in_a_namespace()
    if Path(sys.prefix) != ROOT / ".venv":
        pytest.skip("needs what manage.sh installs: ./manage.sh test integration")
    data = tmp_path_factory.mktemp("data")
    shutil.copytree(ROOT / "data" / "models", data / "models", copy_function=shutil.copy2)
    done = subprocess.run(
        [*namespace, sys.executable, "-m", "tests.integration.isolated_session", str(data)],
        cwd=ROOT,
        env={**os.environ, "HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_no_process_tries_to_reach_what_is_not_configured(told: dict[str, Any]) -> None:
    tried = {tuple(attempt) for attempt in told["tried"]}
    assert CANARY in tried, "or what is tried is not seen"
    assert told["events"] > 0, "or nothing was heard"
    assert len(told["processes"]) >= 2, "the server and those of Python"
    assert tried - {CANARY} <= {("tcp", "127.0.0.1", port) for port in told["ports"]}


@pytest.mark.usefixtures("told")
def test_nothing_is_left_in_the_home_folder_that_reports(home: Path) -> None:
    assert [path for path in home.rglob("*") if "onnx" in path.name.lower()] == []
