"""`python -m gateway` as an operator runs it: the port, several processes, SIGTERM."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from testkit.redis_server import as_user, free_port
from tests.integration.deaf_client import DeafClient

ROOT = Path(__file__).resolve().parents[3]


class Processes:
    """Start gateways, and end them all afterwards."""

    def __init__(self, redis_url: str, port: int) -> None:
        self.redis_url = redis_url
        self.port = port
        self.started: list[subprocess.Popen[str]] = []

    def start(self, **environment: str) -> subprocess.Popen[str]:
        variables = {
            "LINNET_REDIS_URL": as_user("gateway", self.redis_url),
            "LINNET_GATEWAY_PORT": str(self.port),
            "LINNET_PAGE_DIR": os.devnull,
        } | environment
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway"],
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if not name.startswith("LINNET_")} | variables,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        return process

    def wait_until_listening(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        assert "listens on" in process.stderr.readline()
        give_up = time.monotonic() + 60
        while time.monotonic() < give_up:
            try:
                httpx.get(f"http://127.0.0.1:{self.port}/health")
                return
            except httpx.TransportError:
                time.sleep(0.05)
        pytest.fail("does not answer")


@pytest.fixture
def processes(redis_url: str) -> Iterator[Processes]:
    started = Processes(redis_url, free_port())
    yield started
    for process in started.started:
        process.kill()
        process.communicate()


def test_several_processes_share_the_port(processes: Processes) -> None:
    first, second = processes.start(), processes.start()
    processes.wait_until_listening(first)
    processes.wait_until_listening(second)
    first.send_signal(signal.SIGTERM)
    assert first.wait(30) == 0
    response = httpx.post(f"http://127.0.0.1:{processes.port}/session/start")
    assert response.status_code == 200


def test_one_that_stops_takes_no_further_connections(processes: Processes) -> None:
    process = processes.start()
    processes.wait_until_listening(process)
    started = httpx.post(f"http://127.0.0.1:{processes.port}/session/start").json()
    client = DeafClient(processes.port, started["session_id"])
    client.send_until_it_blocks(bytes(2), 200_000)
    process.send_signal(signal.SIGTERM)
    assert process.stderr is not None
    assert any("Stopping" in line for line in process.stderr)
    # It waits for the client, which does not take its answers.
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", processes.port), 5):
        pass
    assert process.poll() is None
    client.close()
    assert process.wait(30) == 0


def test_one_that_is_told_to_stop_while_it_starts_stops(processes: Processes) -> None:
    process = processes.start()
    assert process.stderr is not None
    assert "listens on" in process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


@pytest.mark.parametrize("reuse", [False, True])
def test_a_port_held_by_another_program_is_one_clear_sentence(processes: Processes, reuse: bool) -> None:
    with socket.socket() as holder:
        if reuse:
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind(("127.0.0.1", processes.port))
        holder.listen()
        process = processes.start()
        if reuse:  # answers, and not as a gateway does
            link, _ = holder.accept()
            link.recv(1000)
            link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
            link.close()
        _, words = process.communicate(timeout=20)
    assert process.returncode == 1
    assert f"port {processes.port}" in words.lower()
    assert len(words.strip().splitlines()) == 1


def test_a_gateway_of_another_redis_on_the_port_is_a_stranger(processes: Processes) -> None:
    processes.wait_until_listening(processes.start())
    other = processes.start(LINNET_REDIS_URL="redis://127.0.0.1:1/0")
    _, words = other.communicate(timeout=20)
    assert other.returncode == 1
    assert "another Linnet" in words


def page(folder: Path) -> dict[str, str]:
    """Settings for a built page and a port of its own."""
    (folder / "index.html").write_text("<title>Linnet</title>")
    return {"LINNET_PAGE_DIR": str(folder), "LINNET_UI_PORT": str(free_port())}


def test_the_page_and_the_api_have_one_origin_and_the_api_a_port_of_its_own(
    processes: Processes, tmp_path: Path
) -> None:
    settings = page(tmp_path)
    processes.wait_until_listening(processes.start(**settings))
    with (
        httpx.Client(base_url=f"http://127.0.0.1:{settings['LINNET_UI_PORT']}") as origin,
        httpx.Client(base_url=f"http://127.0.0.1:{processes.port}") as api,
    ):
        shown = origin.get("/")
        assert shown.text == "<title>Linnet</title>"
        assert shown.headers["content-security-policy"].startswith("default-src 'self'")
        own = {"Origin": str(origin.base_url)}
        session_id = origin.post("/session/start", headers=own).json()["session_id"]
        assert api.get(f"/session/{session_id}").json()["state"] == "running"
        assert origin.get("/metrics").status_code == 404
        assert api.get("/metrics").status_code == 200
        assert api.get("/").status_code == 404
    with socket.create_connection(("127.0.0.1", int(settings["LINNET_UI_PORT"]))) as client:
        client.sendall(b"GET /../../../../../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert client.makefile("rb").readline().startswith(b"HTTP/1.1 404")


def test_several_processes_share_the_pages_port(processes: Processes, tmp_path: Path) -> None:
    settings = page(tmp_path)
    first, second = processes.start(**settings), processes.start(**settings)
    processes.wait_until_listening(first)
    processes.wait_until_listening(second)
    first.send_signal(signal.SIGTERM)
    assert first.wait(30) == 0
    assert httpx.get(f"http://127.0.0.1:{settings['LINNET_UI_PORT']}/").status_code == 200


def test_a_pages_port_held_by_another_program_is_one_clear_sentence(processes: Processes, tmp_path: Path) -> None:
    settings = page(tmp_path)
    with socket.create_server(("127.0.0.1", int(settings["LINNET_UI_PORT"]))):
        process = processes.start(**settings)
        _, words = process.communicate(timeout=20)
    assert process.returncode == 1
    assert f"port {settings['LINNET_UI_PORT']}" in words.lower()
    assert "LINNET_UI_PORT" in words
    assert len(words.strip().splitlines()) == 1


def test_without_a_page_only_the_api_is_served(processes: Processes, tmp_path: Path) -> None:
    port = free_port()
    process = processes.start(LINNET_PAGE_DIR=str(tmp_path / "none"), LINNET_UI_PORT=str(port))
    processes.wait_until_listening(process)
    assert process.stderr is not None
    assert str(tmp_path / "none") in process.stderr.readline()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/")


def test_sigterm_ends_it_soon_even_with_a_stream_open_and_a_client_that_is_deaf(processes: Processes) -> None:
    process = processes.start()
    processes.wait_until_listening(process)
    base = f"http://127.0.0.1:{processes.port}"
    session_id = httpx.post(f"{base}/session/start").json()["session_id"]
    with socket.create_connection(("127.0.0.1", processes.port)) as deaf:
        deaf.sendall(f"GET /session/{session_id}/stream HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        with httpx.stream("GET", f"{base}/session/{session_id}/stream") as events:
            assert events.status_code == 200
            process.send_signal(signal.SIGTERM)
            assert b"".join(events.iter_raw()).startswith(b": heartbeat")
        assert process.wait(10) == 0
