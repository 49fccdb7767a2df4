"""The `linnet` command hands each sub-command, with its arguments, to the package that does the work."""

import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from linnet.command_line import USAGE, main

ROOT = Path(__file__).resolve().parents[3]


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help"]) == 0
    assert main([]) == 0
    assert capsys.readouterr().out == f"{USAGE}\n{USAGE}\n"


def test_an_unknown_command_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["anotate", "speech.wav"]) == 2
    assert "There is no command 'anotate'." in capsys.readouterr().err


def test_annotate_gets_its_files(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["annotate", "--help"])
    assert ended.value.code == 0
    assert "--format" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["gateway", "worker"])
def test_processes_refuse_arguments_that_they_do_not_know(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--nonsense"]) == 2
    assert "usage" in capsys.readouterr().err


def test_it_runs_as_a_module() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "linnet", "help"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    assert run.stdout == f"{USAGE}\n"


def test_the_installed_command_is_this_one() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    module, _, function = scripts["linnet"].partition(":")
    assert getattr(import_module(module), function) is main
