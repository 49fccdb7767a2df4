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
        give_up = time.monotonic() + 10
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
