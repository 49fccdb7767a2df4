"""manage.sh as its user runs it, on the test's own ports and data folder, with the mock classifier."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest
import redis

from ops.stack.leftovers import of_stack
from ops.stack.run_privately import SECRETS
from testkit.redis_server import free_port

ROOT = Path(__file__).resolve().parents[3]

pytestmark = pytest.mark.skipif(
    Path(sys.prefix) != ROOT / ".venv", reason="needs what manage.sh installs: ./manage.sh test integration"
)

Manage = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    ports = {f"LINNET_{name}_PORT": str(free_port()) for name in ("UI", "GATEWAY", "REDIS")}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LINNET_")}
    # LINNET_REDIS_URL stays empty, so that a .env of the developer's does not count.
    return {**inherited, **ports, "LINNET_DATA_DIR": str(tmp_path), "CF_VOICE_MOCK": "1", "LINNET_REDIS_URL": ""}


@pytest.fixture
def manage(environment: dict[str, str]) -> Iterator[Manage]:
    def run(*arguments: str, **changed: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["./manage.sh", *arguments],
            cwd=ROOT,
            env={**environment, **changed},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    yield run
    run("stop")


@pytest.fixture
def processes(environment: dict[str, str]) -> Callable[[], list[psutil.Process]]:
    return lambda: of_stack(environment["LINNET_DATA_DIR"])


def one_sentence(answer: subprocess.CompletedProcess[str]) -> str:
    """Return the only line of a refusal."""
    assert answer.returncode == 1
    lines = answer.stderr.strip().splitlines()
    assert len(lines) == 1, answer.stderr
    return lines[0]


def until_ready(manage: Manage) -> subprocess.CompletedProcess[str]:
    """A worker that gets no CPU time for some seconds counts as gone."""
    give_up = time.monotonic() + 30
    while (status := manage("status")).returncode and time.monotonic() < give_up:
        time.sleep(0.5)
    assert status.returncode == 0, status.stdout
    return status


def assert_kept_private(data: Path, processes: list[psutil.Process]) -> None:
    """Nothing of the data folder is for others, nothing can be dumped, and each process has its own secrets only."""
    assert [path for path in (data, *data.rglob("*")) if path.lstat().st_mode & 0o077 and not path.is_symlink()] == []
    for process in processes:
        command = " ".join(process.cmdline())
        secrets = {name for name in process.environ() if name in SECRETS and process.environ()[name]}
        serves = "-m gateway" in command or "-m classifier_worker" in command
        assert secrets == ({"LINNET_SECRETS_DIR"} if serves else set()), command
        if sys.platform == "linux" and "supervisord" not in command:
            assert psutil.Process(process.pid).rlimit(psutil.RLIMIT_CORE)[0] == 0, command
            assert int(Path(f"/proc/{process.pid}/coredump_filter").read_text(), 16) == 0, command


def test_a_start_ends_ready_and_a_second_one_changes_nothing(
    manage: Manage, processes: Callable[[], list[psutil.Process]], environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "redis").mkdir()
    (tmp_path / "redis" / "of-an-earlier-release.aof").write_bytes(b"audio")
    for path in (tmp_path, *tmp_path.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    first = manage("start")
    assert first.returncode == 0, first.stdout + first.stderr
    assert f"http://127.0.0.1:{environment['LINNET_UI_PORT']}" in first.stdout
    assert "events are invented" in first.stdout
    assert "was open to other users" in first.stdout
    before = {process.pid for process in processes()}

    second = manage("start")
    assert "was already running" in second.stdout
    assert "events are invented" in second.stdout
    assert {process.pid for process in processes()} == before

    with redis.Redis(port=int(environment["LINNET_REDIS_PORT"])) as anybody, pytest.raises(redis.AuthenticationError):
        anybody.pubsub().psubscribe("linnet:tone:*")
    address = (tmp_path / "run/secrets/subscriber/LINNET_REDIS_URL").read_text().strip()
    with redis.Redis.from_url(address) as subscriber, subscriber.pubsub() as channels:
        channels.psubscribe("linnet:tone:*")
        assert channels.get_message(timeout=60)
        with pytest.raises(redis.exceptions.NoPermissionError):
            subscriber.keys()
    assert_kept_private(tmp_path, processes())

    status = until_ready(manage)
    assert re.findall(r"^(\S+) +RUNNING|^(\S+) +STARTING", status.stdout, re.MULTILINE)
    assert "Ready" in status.stdout
    assert "events are invented" in status.stdout

    assert manage("stop").returncode == 0
    assert processes() == []
    assert manage("status").returncode == 3


def test_stop_leaves_nothing_when_the_supervisor_was_killed(
    manage: Manage, processes: Callable[[], list[psutil.Process]], tmp_path: Path
) -> None:
    assert manage("start").returncode == 0
    os.kill(int((tmp_path / "run/supervisord.pid").read_text()), signal.SIGKILL)
    assert processes() != []
    assert manage("stop").returncode == 0
    assert processes() == []


def test_a_start_cuts_off_what_a_power_cut_left_behind_the_last_command(manage: Manage, tmp_path: Path) -> None:
    parts = tmp_path / "redis" / "appendonlydir"
    parts.mkdir(parents=True)
    (parts / "appendonly.aof.manifest").write_text("file appendonly.aof.1.incr.aof seq 1 type i\n")
    (parts / "appendonly.aof.1.incr.aof").write_bytes(b"*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n" + bytes(300))
    start = manage("start")
    assert start.returncode == 0, start.stdout + start.stderr
    assert "300 bytes (zero bytes) were cut off" in start.stdout
    assert [copy.stat().st_size for copy in (tmp_path / "redis" / "damaged").iterdir()] == [300]


def test_what_a_start_would_refuse_a_restart_refuses_before_it_stops_anything(
    manage: Manage, processes: Callable[[], list[psutil.Process]], environment: dict[str, str], tmp_path: Path
) -> None:
    assert manage("start").returncode == 0
    before = {process.pid for process in processes()}
    wishes: dict[str, dict[str, str]] = {
        "mine.npz": {"CF_VOICE_MOCK": "0", "LINNET_TONE_MODEL": str(tmp_path / "mine.npz")},
        "LINNET_WORKERS": {"LINNET_WORKERS": "many"},
        "No Redis server is answering": {"LINNET_REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"},
        "LINNET_UI_PORT and LINNET_GATEWAY_PORT": {"LINNET_GATEWAY_PORT": environment["LINNET_UI_PORT"]},
    }
    for named, wish in wishes.items():
        assert all(part in one_sentence(manage("restart", **wish)) for part in named.split(" and "))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert port in one_sentence(manage("restart", LINNET_UI_PORT=port))
    assert {process.pid for process in processes()} == before
    until_ready(manage)

    # Its own ports are no obstacle, and a setting that was changed counts from then on.
    gateway = str(free_port())
    again = manage("restart", LINNET_GATEWAY_PORT=gateway)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "Linnet is stopped." in again.stdout
    assert f"http://127.0.0.1:{gateway}" in again.stdout
    assert {process.pid for process in processes()}.isdisjoint(before)


def test_an_interrupted_start_leaves_nothing(
    environment: dict[str, str], processes: Callable[[], list[psutil.Process]], tmp_path: Path
) -> None:
    start = subprocess.Popen(
        ["./manage.sh", "start"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        # A suite that a script started in the background ignores Ctrl-C, and so would all that it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  # no threads here
    )
    give_up = time.monotonic() + 60
    while not (tmp_path / "run/supervisord.pid").exists() and time.monotonic() < give_up:
        time.sleep(0.02)
    os.killpg(start.pid, signal.SIGINT)
    assert start.wait(timeout=120) == 130
    assert processes() == []


def test_a_port_in_use_is_named_with_the_variable_to_change(manage: Manage, environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", int(environment["LINNET_UI_PORT"]))):
        sentence = one_sentence(manage("start"))
    assert environment["LINNET_UI_PORT"] in sentence
    assert "LINNET_UI_PORT" in sentence


def test_a_redis_out_of_reach_is_named(manage: Manage) -> None:
    port = free_port()
    sentence = one_sentence(manage("start", LINNET_REDIS_URL=f"redis://:secret@127.0.0.1:{port}/0"))
    assert f"127.0.0.1:{port}" in sentence
    assert "secret" not in sentence


def test_a_wrong_setting_is_named(manage: Manage) -> None:
    assert "LINNET_WORKERS" in one_sentence(manage("start", LINNET_WORKERS="many"))


def test_a_missing_tone_model_is_named(manage: Manage, tmp_path: Path) -> None:
    wish = {"CF_VOICE_MOCK": "0", "LINNET_TONE_MODEL": str(tmp_path / "mine.npz")}
    assert "mine.npz" in one_sentence(manage("start", **wish))
    (tmp_path / "mine.npz").touch()
    assert "mine.json" in one_sentence(manage("start", **wish))


def test_a_missing_tool_is_named(manage: Manage, tmp_path: Path) -> None:
    node = tmp_path / "node"
    node.write_text("#!/bin/sh\ncase $1 in --version) echo v18.1.0;; *) exit 1;; esac\n")
    node.chmod(0o755)
    assert "Node.js 20.19" in one_sentence(manage("test", "page", PATH=f"{tmp_path}:{os.environ['PATH']}"))


def test_a_page_that_is_built_is_served_without_node(
    manage: Manage, processes: Callable[[], list[psutil.Process]], environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "bin").mkdir()
    for tool in ("node", "npm"):
        (tmp_path / "bin" / tool).write_text("#!/bin/sh\nexit 127\n")
        (tmp_path / "bin" / tool).chmod(0o755)
    assert manage("start").returncode == 0
    again = manage("restart", PATH=f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    assert again.returncode == 0, again.stdout + again.stderr
    assert not any(name in " ".join(process.cmdline()) for process in processes() for name in ("node", "vite"))
    page = httpx.get(f"http://127.0.0.1:{environment['LINNET_UI_PORT']}/", headers={"Accept-Encoding": "gzip"})
    assert page.status_code == 200
    assert page.headers["content-encoding"] == "gzip"
    assert "Linnet" in page.text
    assert not re.search(r"(href|src)=\"/", page.text), "an absolute address would not work behind a path prefix"
    script = re.search(r"assets/[^\"]+\.js", page.text)
    assert script
    kept = httpx.get(f"http://127.0.0.1:{environment['LINNET_UI_PORT']}/{script[0]}")
    assert "immutable" in kept.headers["cache-control"]


def test_without_a_page_the_api_is_served_alone(manage: Manage, environment: dict[str, str], tmp_path: Path) -> None:
    start = manage("start", LINNET_PAGE_DIR=str(tmp_path / "none"))
    assert start.returncode == 0, start.stdout + start.stderr
    assert environment["LINNET_UI_PORT"] not in start.stdout
    assert environment["LINNET_GATEWAY_PORT"] in start.stdout


def test_keys_are_made_where_the_caller_stands(environment: dict[str, str], tmp_path: Path) -> None:
    def run(*arguments: str) -> str:
        command = [str(ROOT / "manage.sh"), *arguments]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True).stdout

    assert "linnet_" in run("api-key", "clinic")
    assert "CFG-LNNT-CLINIC-" in run("license-key", "clinic", "signing.pem")
    assert (tmp_path / "signing.pem").exists()
    assert "redis://worker:" in run("redis-users", "users.acl")
    assert (tmp_path / "users.acl").read_text().startswith("user default off")


def test_an_unknown_command_shows_what_there_is(manage: Manage) -> None:
    answer = manage("begin")
    assert answer.returncode == 1
    assert "./manage.sh COMMAND" in answer.stderr


def test_file_names_mean_what_they_mean_where_the_caller_stands(environment: dict[str, str], tmp_path: Path) -> None:
    shutil.copy(ROOT / "frontend" / "public" / "sample.flac", tmp_path / "here.flac")
    answer = subprocess.run(
        [str(ROOT / "manage.sh"), "annotate", "here.flac"],
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert '"file": "here.flac"' in answer.stdout
