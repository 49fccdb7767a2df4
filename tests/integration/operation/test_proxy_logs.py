"""What proxies before the gateways write when no gateway answers: no session's id, which is the key to it."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from shared.contract.session import new_session_id
from shared.contract.session_link import new_link_id
from testkit.redis_server import free_port

ROOT = Path(__file__).resolve().parents[3]


@contextmanager
def proxy(command: list[str], port: int, log: Path, **environment: str) -> Iterator[httpx.Client]:
    """The server, once it answers; its output goes into `log`."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT / "frontend",
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            give_up = time.monotonic() + 60
            while True:
                try:
                    client.get("/favicon.svg")
                    break
                except httpx.TransportError:
                    assert process.poll() is None and time.monotonic() < give_up, log.read_text()
                    time.sleep(0.1)
            yield client
    finally:
        process.terminate()
        process.wait(20)


def ask_in_vain(client: httpx.Client) -> list[str]:
    """Calls with ids, as browsers and others write them, none of which reaches a gateway. Returns what must not be
    written down: of each id what a reader of the log could not guess."""
    ids = [new_session_id(3), new_link_id(12)]
    for known in ids:
        for path in ("", "/history?limit=2", "/export?format=csv", "/stream?last_event_id=16000-1"):
            assert client.get(f"/session/{known}{path}").status_code >= 500
        partition, _, rest = known.partition("-")
        assert client.get(f"/session/{partition}%2D{rest}").status_code >= 500
        assert client.delete(f"/session/{known}", headers={"Referer": "https://example.org/#x"}).status_code >= 500
    return [known[-20:] for known in ids]


def seen(log: Path, word: str) -> str:
    """The log, once it has the word."""
    give_up = time.monotonic() + 60
    while word not in (text := log.read_text(errors="replace")) and time.monotonic() < give_up:
        time.sleep(0.1)
    assert word in text, "or this test has not seen what it is about"
    return text


def test_the_development_server_shortens_ids(tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "page.log"
    command = ["node", "node_modules/vite/bin/vite.js", "--strictPort"]
    ports = {"LINNET_UI_PORT": str(port), "LINNET_GATEWAY_PORT": str(free_port()), "LINNET_GATEWAY_URL": ""}
    with proxy(command, port, log, **ports) as client:
        secrets = ask_in_vain(client)
    written = seen(log, "http proxy error")
    assert [secret for secret in secrets if secret in written] == []


def test_nginx_shortens_ids(tmp_path: Path) -> None:
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if nginx is None:
        if "CI" in os.environ:
            pytest.fail("nginx is missing, which ./manage.sh test integration installs")
        pytest.skip("needs nginx: install it (Debian: apt-get install nginx-light) to run this test")
    port, log = free_port(), tmp_path / "nginx.log"
    configuration = tmp_path / "nginx.conf"
    text = (ROOT / "ops" / "nginx.conf").read_text()
    for here, there in (
        ("listen 8521", f"listen 127.0.0.1:{port}"),
        ("gateway:8521", f"127.0.0.1:{free_port()}"),
        ("/tmp/", f"{tmp_path}/"),
    ):
        assert here in text
        text = text.replace(here, there)
    configuration.write_text(text)
    with proxy([nginx, "-c", str(configuration), "-e", "stderr", "-g", "daemon off;"], port, log) as client:
        secrets = ask_in_vain(client)
    written = seen(log, " 502 GET /session/")
    assert [secret for secret in secrets if secret in written] == []
