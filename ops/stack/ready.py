"""Wait until the gateway is ready and serves the page; say why if it does not."""

import http.client
import json
import os
import sys
import time
import xmlrpc.client
from collections.abc import Iterator
from contextlib import closing
from http import HTTPStatus
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from supervisor.xmlrpc import SupervisorTransport

POLL_SECONDS = 0.2
QUIET_SECONDS = 5.0
"""Seconds of waiting before the reason is printed."""

GIVE_UP_SECONDS = 10.0
"""Seconds after which a process that fails to start will not start by itself."""

LOG_LINES = 15


class StartFailures:
    """Tracks which processes the supervisor fails to start, and for how long."""

    def __init__(self, data_dir: Path) -> None:
        transport = SupervisorTransport(None, None, f"unix://{data_dir}/run/supervisor.sock")
        self._rpc = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)
        self._since: dict[str, float] = {}

    def given_up(self) -> list[str]:
        """Return the names of those that have failed for longer than GIVE_UP_SECONDS."""
        now = time.monotonic()
        for info in cast(list[dict[str, Any]], self._rpc.supervisor.getAllProcessInfo()):
            name, state = str(info["name"]), info["statename"]
            if state in ("FATAL", "BACKOFF"):
                self._since.setdefault(name, now)
            elif state == "RUNNING":  # STARTING may be another attempt that fails again
                self._since.pop(name, None)
        return [name for name, since in self._since.items() if now - since > GIVE_UP_SECONDS]


def get(url: str) -> tuple[int, bytes]:
    """Return status and body. Raises OSError or HTTPException."""
    where = urlsplit(url)
    with closing(http.client.HTTPConnection(where.hostname or "", where.port, timeout=5)) as connection:
        connection.request("GET", where.path or "/")
        answer = connection.getresponse()
        return answer.status, answer.read()


def gateway_problem(url: str) -> str | None:
    """Return why the gateway is not ready, in its own words if it answers."""
    try:
        status, body = get(f"{url}/ready")
    except (OSError, http.client.HTTPException):
        return "the gateway has not answered yet"
    if status == HTTPStatus.OK:
        return None
    try:
        return f"the gateway says: {str(json.loads(body)['detail']).rstrip('.')}"
    except (ValueError, KeyError, TypeError):
        return f"the gateway answers {status}"


def page_problem(url: str, folder: Path) -> str | None:
    """Return why the page does not answer; None as well if there is none to serve."""
    if not (folder / "index.html").is_file():
        return None
    try:
        status, _ = get(url)
    except (OSError, http.client.HTTPException):
        return "the page has not answered yet"
    return None if status == HTTPStatus.OK else f"the page answers {status}"


def last_lines(log: Path) -> Iterator[str]:
    yield f"--- {log.name}"
    try:
        yield from log.read_text(errors="replace").splitlines()[-LOG_LINES:]
    except OSError:
        yield "(no log)"


def wait(data_dir: Path, limit: float) -> int:
    gateway, page, folder = (os.environ[f"LINNET_{name}"] for name in ("GATEWAY_URL", "PAGE_URL", "PAGE_DIR"))
    began = time.monotonic()
    failures = StartFailures(data_dir)
    said = ""
    while problem := gateway_problem(gateway) or page_problem(page, Path(folder)):
        waited = time.monotonic() - began
        given_up = failures.given_up()
        if given_up or waited > limit:
            if not limit:  # only a status is needed
                print(f"Linnet is not ready: {problem}.", file=sys.stderr)
                return 1
            print(f"Linnet did not become ready within {waited:.0f} s: {problem}.", file=sys.stderr)
            for name in given_up or ["gateway-1", "worker-1"]:
                print(*last_lines(data_dir / "logs" / f"{name}.log"), sep="\n", file=sys.stderr)
            return 1
        if waited > QUIET_SECONDS and problem != said:
            print(f"  waiting: {problem}", flush=True)
            said = problem
        time.sleep(POLL_SECONDS)
    return 0


def main() -> int:
    limit = float(os.environ.get("LINNET_START_TIMEOUT", "120"))
    try:
        return wait(Path(os.environ["LINNET_DATA_DIR"]), limit)
    except KeyboardInterrupt:  # manage.sh explains what to do next
        return 130


if __name__ == "__main__":
    sys.exit(main())
