"""Quirks of machines, shells and editors: each works, or gets one clear sentence."""

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from dotenv import dotenv_values
from ruamel.yaml import YAML

from ops.stack.checks import path_problem
from ops.stack.environment import exports
from shared.env_file import encoding_of, names_in, unknown_variables
from shared.settings import Settings, SettingsError, read_settings, setting_variables

ROOT = Path(__file__).resolve().parents[3]
TEXT = "# für uns\nLINNET_MAX_LOAD=0.5\r\nexport LINNET_WROKERS=3\n"
SAVED = {
    "utf-8": TEXT.encode(),
    "utf-8 with a mark": TEXT.encode("utf-8-sig"),
    "utf-16": TEXT.encode("utf-16"),
    "utf-16-be": b"\xfe\xff" + TEXT.encode("utf-16-be"),
    "utf-16 without a mark": TEXT.encode("utf-16-le"),
    "latin-1": TEXT.encode("latin-1"),
}


@pytest.mark.parametrize("how", SAVED)
def test_the_settings_file_is_read_however_it_was_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.delenv("LINNET_MAX_LOAD", raising=False)
    file = tmp_path / ".env"
    file.write_bytes(SAVED[how])
    assert Settings(_env_file=file, _env_file_encoding=encoding_of(file)).max_load == 0.5
    assert names_in(file) == ["LINNET_MAX_LOAD", "LINNET_WROKERS"]


def test_the_settings_use_that_encoding() -> None:
    assert Settings.model_config["env_file_encoding"] in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1")


def test_a_settings_file_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"LINNET_MAX_LOAD=\xff")
    monkeypatch.setitem(Settings.model_config, "env_file", file)
    monkeypatch.setitem(Settings.model_config, "env_file_encoding", "utf-8")
    with pytest.raises(SettingsError, match=r"cannot be read .* save it as UTF-8"):
        read_settings()


def test_a_misspelt_setting_is_named_with_the_one_that_was_meant() -> None:
    given = ["LINNET_WROKERS", "LINNET_FOO_BAR_BAZ", "LINNET_WORKERS", "linnet_workers", "PATH", "CF_VOICE_MOCK"]
    assert unknown_variables(given, setting_variables()) == [
        "LINNET_FOO_BAR_BAZ is not a setting and has no effect: .env.example lists all settings.",
        "LINNET_WROKERS is not a setting and has no effect: did you mean LINNET_WORKERS?",
    ]


def test_manage_sh_says_so_and_goes_on() -> None:
    told = {"LINNET_WROKERS": "3", "LINNET_DATA_DIR": "data"}
    command = [sys.executable, "-m", "ops.stack.environment"]
    answer = subprocess.run(command, cwd=ROOT, env=os.environ | told, capture_output=True, text=True, check=True)
    assert "LINNET_WROKERS is not a setting and has no effect: did you mean LINNET_WORKERS?" in answer.stderr
    assert "export LINNET_WORKERS=" in answer.stdout
    exported = dict(shlex.split(line)[1].split("=", 1) for line in answer.stdout.splitlines())
    again = subprocess.run(command, cwd=ROOT, env=os.environ | exported, capture_output=True, text=True, check=True)
    assert "not a setting" not in again.stderr


def test_a_folder_whose_name_has_a_percent_sign_is_refused_in_words() -> None:
    assert path_problem("/home/me/linnet", "/var/lib/linnet") is None
    assert "rename the folder" in (path_problem("/home/me/feature%2Fx") or "")


def test_tools_of_the_page_are_installed_on_a_host_that_sets_node_env_for_everything() -> None:
    assert "ci --include=dev" in (ROOT / "manage.sh").read_text()


def test_the_example_may_be_copied_for_compose_as_it_is() -> None:
    """Compose puts the values of .env into its own file, and Valkey knows only yes and no."""
    listed = dotenv_values(ROOT / ".env.example")
    services: dict[str, Any] = YAML(typ="safe").load((ROOT / "compose.yml").read_text())["services"]
    assert services["redis"]["environment"] == {"LINNET_REDIS_APPENDONLY": "${LINNET_REDIS_APPENDONLY:-yes}"}
    assert listed["LINNET_REDIS_APPENDONLY"] in ("yes", "no")


def test_the_size_chosen_for_this_machine_counts_unless_the_person_chose_one(tmp_path: Path) -> None:
    def words(**chosen: str) -> str:
        return exports(Settings(_env_file=None, data_dir=tmp_path, **chosen))["LINNET_WORDS"]  # type: ignore[arg-type]

    assert words() == "", "still to be measured"
    (tmp_path / "words-size").write_text("tiny.en\n")
    assert words() == "tiny.en"
    assert words(words="base") == "base"
    assert words(words="off") == "off"
