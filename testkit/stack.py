"""All of Linnet as separate processes on free ports: Redis, a gateway with the built page, and a worker.

with Stack(tmp_path, mock=True) as stack:
    page.goto(stack.url)
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Final

import httpx

from testkit.redis_server import RedisServer, as_user, free_port

ROOT: Final = Path(__file__).resolve().parents[1]
FRONTEND: Final = ROOT / "frontend"
_PATIENCE: Final = 180.0
"""Seconds until a worker is ready; the first one builds the encoder."""
_STOP_PATIENCE: Final = 15.0


class Stack:
    """A stack that runs until the block ends, with `settings` by variable name. Each process logs to a file in
    `logs`."""

    def __init__(self, logs: Path, *, mock: bool, **settings: str) -> None:
        self.logs = logs
        self.url = f"http://127.0.0.1:{(ui_port := free_port())}/"
        self._gateway_port = free_port()
        self._redis = RedisServer()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        # This machine's own settings must not reach a test; an empty value means "the default".
        own = {name: "" for name in os.environ if name.startswith("LINNET_") and name != "LINNET_DATA_DIR"}
        self._environment = {
            **os.environ,
            **own,
            "CF_VOICE_MOCK": "1" if mock else "0",
            "LINNET_GATEWAY_PORT": str(self._gateway_port),
            "LINNET_UI_PORT": str(ui_port),
            "LINNET_PARTITIONS": "4",
            "LINNET_LEASE_TTL": "10",  # a worker that briefly gets no CPU time is not gone
            "PYTHONUNBUFFERED": "1",
            **settings,
        }

    @property
    def redis_url(self) -> str:
        """Return the URL of its Redis, with all rights."""
        return self._redis.url

    def start(self, name: str) -> None:
        """Start `gateway` or `worker`, without waiting until it is ready."""
        module = {"gateway": "gateway", "worker": "classifier_worker"}[name]
        with (self.logs / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [sys.executable, "-m", module],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def kill(self, name: str) -> None:
        """Stop a process as a power cut would."""
        self._end(name, signal.SIGKILL)

    def stop(self, name: str) -> None:
        """Stop a process gracefully."""
        self._end(name, signal.SIGTERM)

    def _end(self, name: str, how: signal.Signals) -> None:
        process = self._processes.pop(name)
        process.send_signal(how)
        try:
            process.wait(_STOP_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def wait_until_ready(self) -> None:
        """Wait until the gateway reports, on the page's port, that a worker is alive."""
        give_up = time.monotonic() + _PATIENCE
        reason = "nothing answered"
        while time.monotonic() < give_up:
            for name, process in self._processes.items():
                if process.poll() is not None:
                    raise RuntimeError(f"the {name} ended: {(self.logs / f'{name}.log').read_text()[-2000:]}")
            try:
                answer = httpx.get(f"{self.url}ready", timeout=5)
                if answer.status_code == httpx.codes.OK:
                    return
                reason = answer.text
            except httpx.HTTPError as error:
                reason = repr(error)
            time.sleep(0.1)
        raise TimeoutError(f"not ready after {_PATIENCE:.0f} s: {reason}")

    def __enter__(self) -> "Stack":
        self._redis.start()
        self._environment["LINNET_REDIS_URL"] = as_user("gateway", self._redis.url)
        self._environment["LINNET_WORKER_REDIS_URL"] = as_user("worker", self._redis.url)
        try:
            for name in ("gateway", "worker"):
                self.start(name)
            self.wait_until_ready()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._close()

    def _close(self) -> None:
        for name in list(self._processes):
            self.stop(name)
        self._redis.remove()
