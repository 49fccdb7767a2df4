"""Gateways and workers as processes that are killed and stopped, each replaced as soon as it is gone, and what lies
between them: Redis, its memory, its disk, the network."""

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
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, cast, get_args

import httpx
from redis.asyncio import Redis

from ops.aof_tail import last_file, mend
from shared import keys
from testkit.redis_server import RedisServer, as_user, free_port
from tests.chaos.fleet.wire import Fault, Wire
from tests.chaos.schedule import CHECKOUT, MODEL, OF_SETTINGS, REDIS, Disturbance

_NO_LAG: Final = 1.0
"""Seconds of audio that wait, below which a session counts as caught up."""
_PATIENCE: Final = 120.0
"""Seconds until the fleet is ready; a first worker builds the encoder."""
_ENDED: Final = 30.0
"""Seconds that a process may take to end."""
_FLIPS: Final = (0.001, 0.2)
"""Seconds that memory stays full, and then free: from less than a pipeline takes to more than a gateway waits before it
sends one again."""
_MODULES: Final = {"gateway": "gateway", "worker": "classifier_worker"}
_OTHER_MODEL: Final = "tests.chaos.fleet.named_mock"
STEADY: Final = "gateway-steady"
"""The gateway that nothing happens to, for those who stay connected throughout."""
_TAIL_SECONDS: Final = 1.0
"""What a power cut takes of a file that is flushed each second."""
_LOOK: Final = 0.1
"""Seconds between looks at the file's size."""
_DAMAGE: Final = (b"", bytes(4096), b"*3\r\n$4\r\nXADD\r\n$9\r\nlinn", b"\xff\x00garbage\r\n" * 40)
"""What a power cut may leave behind the last command: nothing, zeros, half a command, an old block."""


class EndedError(Exception):
    """A gateway or worker ended by itself; str() says which one, and its last words in the log."""


@dataclass
class Process:
    """One gateway or worker, which is replaced when it dies."""

    name: str
    module: str
    environment: dict[str, str]
    log: Path
    running: "subprocess.Popen[bytes]" = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", self.module]
        with self.log.open("ab") as log:
            folder = self.environment.get(CHECKOUT) or None
            self.running = subprocess.Popen(command, cwd=folder, env=self.environment, stdout=log, stderr=log)

    def send(self, number: signal.Signals) -> None:
        self.running.send_signal(number)

    async def replace(self) -> None:
        """Wait until the signal has ended it, and start a new one."""
        await asyncio.to_thread(self.running.wait, _ENDED)
        self.start()


class Fleet:
    """Redis, gateways and workers, until the block ends. Gateways and workers reach Redis, and clients all gateways but
    the steady one, through wires, if there are any."""

    def __init__(
        self,
        *,
        workers: int,
        gateways: int,
        settings: Mapping[str, str],
        logs: Path | None = None,
        seed: int = 0,
        named_models: bool = False,
        replica: bool = False,
        patient: bool = False,
        wires: bool = True,
    ) -> None:
        """settings: environment variables for all of them; nothing else of this machine's settings counts.
        logs: folder that is there, in which what they wrote is kept.
        named_models: the workers run the mock under names, which may change.
        replica: Redis has one.
        patient: before the next process gets other settings, the fleet has caught up, as the guide asks of an update.
        wires: without them the network has no faults, and a run needs a third less CPU.
        """
        self._patient = patient
        self.redis = RedisServer(appendonly=True)
        self._replica = RedisServer("--replicaof", f"127.0.0.1 {self.redis.port}") if replica else None
        self.tails = 0
        """How often Redis came, or is about to come, back without its newest writes."""
        self.steady_port = free_port()
        self._directory = tempfile.TemporaryDirectory(prefix="linnet-chaos-")
        self._logs = logs or Path(self._directory.name)
        # An empty value means "the default", whatever .env says.
        own = {name: "" for name in os.environ if name.startswith("LINNET_") and name != "LINNET_DATA_DIR"}
        own |= {"LINNET_LOG_LEVEL": "warning", "LINNET_PAGE_DIR": os.devnull}
        self._environment = {**os.environ, **own, **settings}
        self._modules = {**_MODULES, "worker": _OTHER_MODEL} if named_models else _MODULES
        self._sizes = {"gateway": gateways, "worker": workers}
        self._seed = seed
        self._processes: dict[str, Process] = {}
        self._wires: dict[str, Wire] | None = {} if wires else None
        self._ports: list[int] = []
        self._open = AsyncExitStack()
        self._file_sizes: list[tuple[float, Path, int]] = []

    @property
    def ports(self) -> list[int]:
        """Return the ports at which clients reach the gateways."""
        return self._ports

    async def __aenter__(self) -> "Fleet":
        try:
            self.redis.start()
            if self._replica is not None:
                self._replica.start()
            for number in range(self._sizes["gateway"]):
                port = free_port()
                self._ports.append(await self._wired(f"clients-{number}", port))
                await self._add(f"gateway-{number}", {"LINNET_GATEWAY_PORT": str(port)})
            await self._add(STEADY, {"LINNET_GATEWAY_PORT": str(self.steady_port)})
            for number in range(self._sizes["worker"]):
                await self._add(f"worker-{number}", {MODEL: "first"})
            watching = asyncio.create_task(self._watch_file())
            self._open.callback(watching.cancel)
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._end()

    async def _add(self, name: str, more: dict[str, str]) -> None:
        port = await self._wired(name, self.redis.port)
        own = {
            variable: as_user(user, self.redis.url).replace(f":{self.redis.port}/", f":{port}/")
            for variable, user in (("LINNET_REDIS_URL", "gateway"), ("LINNET_WORKER_REDIS_URL", "worker"))
        }
        log = self._logs / f"{name}.log"
        module = self._modules[name.partition("-")[0]]
        self._processes[name] = Process(name, module, {**self._environment, **own, **more}, log)

    async def _wired(self, name: str, port: int) -> int:
        """Return the port at which `port` is reached."""
        if self._wires is None:
            return port
        wire = await self._open.enter_async_context(Wire(port, self._seed + len(self._wires)))
        self._wires[name] = wire
        return wire.port

    async def _end(self) -> None:
        for process in self._processes.values():
            process.running.kill()
        for process in self._processes.values():
            process.running.wait()
        if self._replica is not None:
            self._replica.remove()
        self.redis.remove()
        await self._open.aclose()
        self._directory.cleanup()

    async def until_ready(self) -> None:
        """Wait until every gateway is ready. Raises TimeoutError."""
        async with asyncio.timeout(_PATIENCE), httpx.AsyncClient() as client:
            for port in [*self.ports, self.steady_port]:
                while not await _ready(client, port):
                    await asyncio.sleep(0.1)

    def pid(self, name: str) -> int:
        return self._processes[name].running.pid

    def pids(self, victims: Iterable[str]) -> tuple[int, ...]:
        """Of those that are gateways or workers."""
        return tuple(self.pid(name) for name in victims if name in self._processes)

    async def disturb(self, disturbance: Disturbance) -> None:
        """Carry it out, and return once the victims are back or on their way."""
        if disturbance.kind in OF_SETTINGS:
            await self._change(disturbance)
        elif disturbance.kind in get_args(Fault):
            victim = disturbance.victims[0]
            assert self._wires is not None, "this fleet has no wires"
            with self._wires[victim].bad(cast(Fault, disturbance.kind), listens=victim.startswith("clients-")):
                await asyncio.sleep(disturbance.lasting)
        elif disturbance.victims == (REDIS,):
            await self._disturb_redis(disturbance)
        else:
            await self._signal(disturbance)

    async def _signal(self, disturbance: Disturbance) -> None:
        victims = [self._processes[name] for name in disturbance.victims]
        if disturbance.kind == "stop":
            await self._stop_for_a_while(victims[0], disturbance.lasting)
            return
        for victim in victims:
            victim.send(signal.SIGTERM if disturbance.kind == "term" else signal.SIGKILL)
        await asyncio.gather(*(victim.replace() for victim in victims))

    async def _change(self, disturbance: Disturbance) -> None:
        """Give the victims other settings, one after another, each by a graceful restart."""
        for name in disturbance.victims:
            process = self._processes[name]
            process.environment = {**process.environment, **dict(disturbance.settings)}
            process.send(signal.SIGTERM)
            await process.replace()
            async with asyncio.timeout(_PATIENCE):
                while not await self._is_up(process):
                    await asyncio.sleep(0.1)
                while self._patient and not await self._caught_up():
                    await asyncio.sleep(0.1)

    async def _caught_up(self) -> bool:
        """Return whether every gateway is ready and no session lags, both now and after the workers' next report."""
        async with httpx.AsyncClient() as client:
            for _ in range(2):
                if not all([await _ready(client, port) for port in [*self.ports, self.steady_port]]):
                    return False
                told = (await client.get(f"http://127.0.0.1:{self.steady_port}/metrics")).text
                found = re.search(r"^linnet_fleet_lag_seconds (\S+)", told, re.MULTILINE)
                assert found, "the gateway does not report the lag"
                if float(found[1]) >= _NO_LAG:
                    return False
                await asyncio.sleep(1.0)
        return True

    async def _is_up(self, process: Process) -> bool:
        """Raises EndedError."""
        if process.running.poll() is not None:
            raise EndedError("\n".join(self.gone()))
        if process.name.startswith("gateway"):
            async with httpx.AsyncClient() as client:
                return await _ready(client, int(process.environment["LINNET_GATEWAY_PORT"]), "health")
        async with Redis.from_url(self.redis.url) as redis:
            return any(f"-{process.running.pid}-".encode() in name for name in await redis.zrange(keys.WORKERS, 0, -1))

    async def _disturb_redis(self, disturbance: Disturbance) -> None:
        if disturbance.kind == "full":
            await self._fill_up_again_and_again(disturbance)
        elif disturbance.kind == "disk":
            with self.redis.full_disk():
                await asyncio.sleep(disturbance.lasting)
        elif disturbance.kind == "freeze":
            self.redis.freeze()
            try:
                await asyncio.sleep(disturbance.lasting)
            finally:
                self.redis.wake()
        elif disturbance.kind == "tail":
            await self._cut_power(random.Random(disturbance.at))
        else:
            await asyncio.to_thread(self.redis.kill)
            await asyncio.to_thread(self.redis.start)

    async def _cut_power(self, draw: random.Random) -> None:
        """Kill Redis; only part of what it wrote in the last second remains, followed by garbage."""
        self.tails += 1
        ago = draw.uniform(0.0, _TAIL_SECONDS)
        died = asyncio.get_running_loop().time()
        await asyncio.to_thread(self.redis.kill)
        file = last_file(self.redis.directory)
        assert file is not None
        flushed = [size for at, known, size in self._file_sizes if known == file and at >= died - _TAIL_SECONDS]
        with file.open("r+b") as opened:
            end = opened.seek(0, os.SEEK_END)
            least = min([end, *flushed])
            opened.truncate(least + round((end - least) * (1 - ago / _TAIL_SECONDS)))
            opened.seek(0, os.SEEK_END)
            opened.write(draw.choice(_DAMAGE))
        mend(self.redis.directory)
        await asyncio.to_thread(self.redis.start)
        self.tails += 1

    async def _watch_file(self) -> None:
        """Record the file's current and recent lengths."""
        loop = asyncio.get_running_loop()
        while True:
            file = last_file(self.redis.directory)
            with contextlib.suppress(OSError):
                if file is not None:
                    self._file_sizes = [*self._file_sizes[-30:], (loop.time(), file, file.stat().st_size)]
            await asyncio.sleep(_LOOK)

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

    def gone(self) -> list[str]:
        """Return the names of processes that ended by themselves, with their last log lines."""
        ended = [process for process in self._processes.values() if process.running.poll() is not None]
        return [f"{process.name}: {process.log.read_text(errors='replace')[-300:]}" for process in ended]

    def tracebacks(self) -> list[str]:
        """Return the unhandled exceptions in the processes' logs: the last line of each traceback."""
        found: list[str] = []
        for process in self._processes.values():
            with contextlib.suppress(FileNotFoundError):
                text = process.log.read_text(errors="replace")
                found += [f"{process.name}: {line}" for line in errors_in(text)]
        return found


_TRACEBACK: Final = re.compile(r"^Traceback \(most recent call last\):\n(?:[ \t].*\n)*(\S.*)$", re.MULTILINE)


def errors_in(log: str) -> list[str]:
    """Return the last line of each traceback."""
    return [str(line) for line in _TRACEBACK.findall(log)]


async def _ready(client: httpx.AsyncClient, port: int, path: str = "ready") -> bool:
    try:
        return (await client.get(f"http://127.0.0.1:{port}/{path}")).status_code == 200
    except httpx.HTTPError:
        return False
