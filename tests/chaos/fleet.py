"""Gateways and workers as processes that are killed and stopped, each replaced as soon as it is gone."""

import asyncio
import contextlib
import itertools
import math
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final

import httpx
from redis.asyncio import Redis

from testkit.redis_server import RedisServer, as_user, free_port
from tests.chaos.schedule import REDIS, Disturbance

_PATIENCE: Final = 120.0
"""Seconds until the fleet is ready; a first worker builds the encoder."""
_ENDED: Final = 30.0
"""Seconds that a process may take to end."""
_FLIPS: Final = (0.001, 0.2)
"""Seconds that memory stays full, and then free: from less than a pipeline takes to more than a gateway waits before it
sends one again."""
_MODULES: Final = {"gateway": "gateway", "worker": "classifier_worker"}


@dataclass
class Process:
    """One gateway or worker; a new one takes its place when it dies."""

    name: str
    environment: dict[str, str]
    log: Path
    running: "subprocess.Popen[bytes]" = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", _MODULES[self.name.partition("-")[0]]]
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)

    def send(self, number: signal.Signals) -> None:
        self.running.send_signal(number)

    async def replace(self) -> None:
        """Waits for the end that a signal brings, and starts a new one."""
        await asyncio.to_thread(self.running.wait, _ENDED)
        self.start()


class Fleet:
    """Redis, gateways on ports of their own and workers, until the block ends."""

    def __init__(self, *, workers: int, gateways: int, settings: Mapping[str, str], logs: Path | None = None) -> None:
        """settings: environment variables for all of them; nothing else of this machine's settings counts.
        logs: folder that is there, in which what they wrote is kept."""
        self.redis = RedisServer(appendonly=True)
        self.ports = [free_port() for _ in range(gateways)]
        self._directory = tempfile.TemporaryDirectory(prefix="linnet-chaos-")
        self._logs = logs or Path(self._directory.name)
        # An empty value means "the default", whatever .env says.
        own = {name: "" for name in os.environ if name.startswith("LINNET_") and name != "LINNET_DATA_DIR"}
        self._environment = {**os.environ, **own, "LINNET_LOG_LEVEL": "warning", **settings}
        self._sizes = {"gateway": gateways, "worker": workers}
        self._processes: dict[str, Process] = {}

    def __enter__(self) -> "Fleet":
        try:
            self.redis.start()
            self._environment["LINNET_REDIS_URL"] = as_user("gateway", self.redis.url)
            self._environment["LINNET_WORKER_REDIS_URL"] = as_user("worker", self.redis.url)
            for number, port in enumerate(self.ports):
                self._add(f"gateway-{number}", {"LINNET_GATEWAY_PORT": str(port)})
            for number in range(self._sizes["worker"]):
                self._add(f"worker-{number}", {})
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end()

    def _add(self, name: str, more: dict[str, str]) -> None:
        log = self._logs / f"{name}.log"
        self._processes[name] = Process(name, {**self._environment, **more}, log)

    def _end(self) -> None:
        for process in self._processes.values():
            process.running.kill()
        for process in self._processes.values():
            process.running.wait()
        self.redis.remove()
        self._directory.cleanup()

    async def until_ready(self) -> None:
        """Until every gateway says that it is ready. Raises TimeoutError."""
        async with asyncio.timeout(_PATIENCE), httpx.AsyncClient() as client:
            for port in self.ports:
                while not await _ready(client, port):
                    await asyncio.sleep(0.1)

    def pid(self, name: str) -> int:
        return self._processes[name].running.pid

    async def disturb(self, disturbance: Disturbance) -> None:
        """Does it, and returns once the victims are back or on their way."""
        if disturbance.kind == "full":
            await self._fill_up_again_and_again(disturbance)
            return
        if disturbance.victims == (REDIS,):
            await asyncio.to_thread(self.redis.kill)
            await asyncio.to_thread(self.redis.start)
            return
        victims = [self._processes[name] for name in disturbance.victims]
        if disturbance.kind == "stop":
            await self._stop_for_a_while(victims[0], disturbance.lasting)
            return
        for victim in victims:
            victim.send(signal.SIGTERM if disturbance.kind == "term" else signal.SIGKILL)
        await asyncio.gather(*(victim.replace() for victim in victims))

    async def _fill_up_again_and_again(self, disturbance: Disturbance) -> None:
        draw = random.Random(disturbance.at)
        shortest, longest = map(math.log, _FLIPS)
        async with Redis.from_url(self.redis.url) as redis:
            try:
                async with asyncio.timeout(disturbance.lasting):
                    for most in itertools.cycle((1, 0)):
                        await redis.config_set("maxmemory", most)
                        await asyncio.sleep(math.exp(draw.uniform(shortest, longest)))
            except TimeoutError:
                pass
            finally:
                await redis.config_set("maxmemory", 0)

    @staticmethod
    async def _stop_for_a_while(victim: Process, seconds: float) -> None:
        victim.send(signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            victim.send(signal.SIGCONT)

    def tracebacks(self) -> list[str]:
        """What the processes wrote about errors that nobody foresaw: the last line of each traceback."""
        found: list[str] = []
        for process in self._processes.values():
            with contextlib.suppress(FileNotFoundError):
                text = process.log.read_text(errors="replace")
                found += [f"{process.name}: {line}" for line in errors_in(text)]
        return found


_TRACEBACK: Final = re.compile(r"^Traceback \(most recent call last\):\n(?:[ \t].*\n)*(\S.*)$", re.MULTILINE)


def errors_in(log: str) -> list[str]:
    """The last line of each traceback."""
    return [str(line) for line in _TRACEBACK.findall(log)]


async def _ready(client: httpx.AsyncClient, port: int) -> bool:
    try:
        return (await client.get(f"http://127.0.0.1:{port}/ready")).status_code == 200
    except httpx.HTTPError:
        return False
