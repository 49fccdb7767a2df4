"""What other users of the machine, other processes of the stack and core dumps could reveal."""

import os
import resource
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from ops.stack.private_folder import main as close_folder
from ops.stack.run_privately import SECRETS, environment_of
from shared.settings import Settings, SettingsError, read_settings

ROOT = Path(__file__).resolve().parents[3]
EVERYTHING = {
    "PATH": "/bin",
    "LINNET_UI_PORT": "8521",
    "LINNET_REDIS_URL": "redis://gateway:g@host/0",
    "LINNET_WORKER_REDIS_URL": "redis://worker:w@host/0",
    "LINNET_QUEUE_URL": "redis://worker:w@queue/0",
    "LINNET_LICENSE_KEY": "CFG-LNNT-1",
    "LINNET_API_KEYS": "clinic:0",
    "LINNET_SECRETS_DIR": "/secrets",
    "LINNET_EMBEDDED_REDIS": "false",
}
HARMLESS = {name: value for name, value in EVERYTHING.items() if name not in SECRETS}


# Secrets


def test_each_process_gets_its_own_secrets_only() -> None:
    assert environment_of("redis", EVERYTHING) == HARMLESS
    assert set(environment_of("gateway", EVERYTHING)) - set(HARMLESS) == {
        "LINNET_REDIS_URL",
        "LINNET_LICENSE_KEY",
        "LINNET_API_KEYS",
        "LINNET_SECRETS_DIR",
    }
    assert set(environment_of("worker", EVERYTHING)) - set(HARMLESS) == {
        "LINNET_WORKER_REDIS_URL",
        "LINNET_QUEUE_URL",
        "LINNET_SECRETS_DIR",
    }
    alone = {name: value for name, value in EVERYTHING.items() if name != "LINNET_WORKER_REDIS_URL"}
    assert "LINNET_REDIS_URL" in environment_of("worker", alone), "one user for both"


def test_what_the_embedded_server_asks_of_each_lies_in_a_folder_of_its_own() -> None:
    embedded = {"LINNET_EMBEDDED_REDIS": "true", "LINNET_DATA_DIR": "/data"}
    assert environment_of("gateway", embedded)["LINNET_SECRETS_DIR"] == "/data/run/secrets/gateway"
    assert environment_of("worker", embedded)["LINNET_SECRETS_DIR"] == "/data/run/secrets/worker"
    assert environment_of("redis", embedded) == embedded


def test_every_setting_that_is_a_secret_is_known_as_one() -> None:
    secret = {name for name in Settings.model_fields if name.endswith("_url") or name in ("license_key", "api_keys")}
    assert {f"LINNET_{name.upper()}" for name in secret} | {"LINNET_SECRETS_DIR"} == SECRETS


def test_the_settings_of_one_hold_no_secret_of_the_other() -> None:
    both = Settings(
        _env_file=None,
        redis_url="redis://gateway:g@host/0",
        worker_redis_url="redis://worker:w@host/0",
        license_key="CFG-LNNT-1",
        api_keys="clinic:" + "0" * 64,
    )
    assert "worker:w" not in repr(both.for_gateway())
    worker = both.for_worker()
    assert worker.data_url == "redis://worker:w@host/0"
    assert "gateway:g" not in repr(worker)
    assert (worker.license_key, worker.api_keys) == (None, [])


def test_a_setting_may_lie_in_a_file_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "LINNET_REDIS_URL").write_text("redis://gateway:g@host/0\n")
    monkeypatch.setenv("LINNET_SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("LINNET_REDIS_URL", "")
    assert read_settings().redis_url == "redis://gateway:g@host/0"
    monkeypatch.setenv("LINNET_SECRETS_DIR", str(tmp_path / "elsewhere"))
    with pytest.raises(SettingsError, match=r"LINNET_SECRETS_DIR names .*elsewhere"):
        read_settings()


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    services: dict[str, Any] = YAML(typ="safe").load(ROOT / "compose.yml")["services"]
    return services


def test_in_compose_each_sees_the_folder_of_its_own_user_only(compose: dict[str, Any]) -> None:
    for name in ("gateway", "worker"):
        secrets = [volume for volume in compose[name]["volumes"] if "secrets" in volume]
        assert secrets == [f"{name}-secrets:/run/linnet/{name}:ro"]
        assert compose[name]["environment"]["LINNET_SECRETS_DIR"] == f"/run/linnet/{name}"
        assert "LINNET_REDIS_URL" not in compose[name]["environment"]
    assert compose["proxy"]["volumes"] == ["./ops/nginx.conf:/etc/nginx/nginx.conf:ro"]
    assert "environment" not in compose["proxy"]
    assert "users-acl:/users:ro" in compose["redis"]["volumes"]
    assert compose["redis"]["command"][-2:] == ["--aclfile", "/users/users.acl"]


# Core dumps


def test_the_containers_leave_no_core_dumps(compose: dict[str, Any]) -> None:
    assert {name: service["ulimits"]["core"] for name, service in compose.items()} == dict.fromkeys(compose, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="looks at what Linux tells of a process")
def test_a_command_run_privately_dumps_nothing_and_writes_for_nobody_else(tmp_path: Path) -> None:
    shown = "ulimit -c; cat /proc/self/coredump_filter; umask; env"
    command = [sys.executable, str(ROOT / "ops" / "stack" / "run_privately.py"), "redis", "sh", "-c", shown]
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, **EVERYTHING}, capture_output=True, text=True, check=True
    )
    limit, dumped, umask, *environment = done.stdout.splitlines()
    assert (limit, int(dumped, 16), int(umask, 8)) == ("0", 0, 0o077)
    assert not any(line.partition("=")[0] in SECRETS for line in environment)


@pytest.mark.skipif(sys.platform != "linux", reason="looks at what Linux tells of a process")
@pytest.mark.parametrize("module", ["gateway.__main__", "classifier_worker.__main__"])
def test_gateways_and_workers_see_to_it_themselves(module: str, tmp_path: Path) -> None:
    # A setting that cannot be used ends either before it connects to anything.
    program = (
        f"import resource; from {module} import main; main([]);"
        "print(resource.getrlimit(resource.RLIMIT_CORE), open('/proc/self/coredump_filter').read())"
    )
    environment = {**os.environ, "LINNET_WORKERS": "many", "PYTHONPATH": str(ROOT)}

    def allow_dumps() -> None:
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))

    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=allow_dumps,  # no threads here
    )
    assert done.stdout.split() == ["(0,", "0)", "00000000"], done.stderr


# The data folder


def old_folder(folder: Path) -> Path:
    """As releases left it that did not close it."""
    audio = folder / "redis" / "appendonlydir" / "appendonly.aof.1.incr.aof"
    audio.parent.mkdir(parents=True)
    audio.write_bytes(b"audio")
    (folder / "logs").mkdir()
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return audio


def test_a_folder_found_open_is_closed_and_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "data"
    old_folder(folder)
    assert close_folder(folder) == 0
    said = capsys.readouterr().out.strip()
    assert str(folder) in said
    assert len(said.splitlines()) == 1
    assert [path for path in (folder, *folder.rglob("*")) if stat.S_IMODE(path.stat().st_mode) & 0o077] == []
    assert close_folder(folder) == 0
    assert capsys.readouterr().out == "", "said once"


def test_a_folder_that_others_could_not_enter_is_closed_without_a_word(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "data"
    audio = old_folder(folder)
    folder.chmod(0o700)
    assert close_folder(folder) == 0
    assert capsys.readouterr().out == ""
    assert stat.S_IMODE(audio.stat().st_mode) == 0o600


def test_what_is_not_linnets_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home" / "data").mkdir(parents=True)
    home = tmp_path / "home"
    monkeypatch.setenv("HOME", str(home))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("")
    (home / "logs").mkdir()
    (home / "logs" / "link").symlink_to(elsewhere)
    for path in (home, home / "data", home / "logs"):
        path.chmod(0o755)
    elsewhere.chmod(0o644)
    assert close_folder(home) == 0, "somebody has named the home folder as the data folder"
    assert stat.S_IMODE(home.stat().st_mode) == 0o755
    assert stat.S_IMODE((home / "logs").stat().st_mode) == 0o700
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o644
