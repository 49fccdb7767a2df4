"""The gateway under attack: `python -m gateway` with a real Redis and a mock worker, each a separate process."""

import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import httpx
import psutil

from shared.settings import Settings
from testkit.live_worker import LiveWorker, variables
from testkit.redis_server import RedisServer, free_port

ROOT: Final = Path(__file__).resolve().parents[2]
_ENTRY: Final = re.compile(r"^(?=\d{4}-\d\d-\d\d )", re.MULTILINE)
_UNHANDLED: Final = re.compile(r"^Traceback \(most recent|\bERROR\b|\bCRITICAL\b", re.MULTILINE)


class Target:
    """One running gateway."""

    def __init__(self, settings: Settings, **environment: str) -> None:
        self.settings = settings
        self.port = settings.gateway_port
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  # closed by end()
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("LINNET_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gateway"],
            cwd=ROOT,
            env=inherited | variables(settings, "gateway") | environment,
            stderr=self._log,
        )

    async def until_ready(self, path: str = "/ready") -> None:
        give_up = time.monotonic() + 60
        async with httpx.AsyncClient() as client:
            while True:
                try:
                    if (await client.get(f"{self.url}{path}")).status_code == 200:
                        return
                except httpx.HTTPError:
                    pass
                assert time.monotonic() < give_up, f"the gateway did not get ready: {self.log_text()}"
                await asyncio.sleep(0.1)

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    @property
    def resident_bytes(self) -> int:
        size: int = psutil.Process(self.process.pid).memory_info().rss
        return size

    @property
    def open_files(self) -> int:
        count: int = psutil.Process(self.process.pid).num_fds()
        return count

    def log_text(self) -> str:
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    def unhandled_in_log(self) -> list[str]:
        """Return the log entries that are errors or contain a traceback."""
        return [entry for entry in _ENTRY.split(self.log_text()) if _UNHANDLED.search(entry)]

    async def start_session(self, client: httpx.AsyncClient) -> str:
        answer = await client.post(f"{self.url}/session/start")
        assert answer.status_code == 200, answer.text
        session_id: str = answer.json()["session_id"]
        return session_id

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self._log.close()


def attack_settings(redis_url: str, **changes: object) -> Settings:
    """Settings under which only the input decides the answer, with short deadlines."""
    values: dict[str, object] = {
        "redis_url": redis_url,
        "gateway_port": free_port(),
        "classifier": "mock",
        "partitions": 4,
        "log_level": "warning",
        "license_key": None,
        "idle_ttl": 600.0,
        "request_timeout": 0.5,
        "max_load": 0.0,
    }
    known = Settings.model_fields
    # A limit that lies in the way of an attack is lifted; it has tests of its own.
    values |= {
        name: 0 for name in known if name.endswith(("_per_minute", "_per_second", "_per_client", "_per_session"))
    }
    return Settings(_env_file=None, **(values | changes))  # type: ignore[arg-type]


@asynccontextmanager
async def target(**changes: object) -> AsyncIterator[Target]:
    """A gateway, its Redis and a worker, all gone when the block ends."""
    with RedisServer() as redis:
        settings = attack_settings(redis.url, **changes)
        running = Target(settings)
        try:
            with LiveWorker(settings, log=subprocess.DEVNULL):  # type: ignore[arg-type]
                await running.until_ready()
                yield running
        finally:
            running.end()
