"""Measure how many live sessions one gateway process handles: `./manage.sh python -m bench.gateway_ingest`.

A session sends 10 frames of 3,200 bytes a second. A load passes when 99 % of its frames are acknowledged within 50 ms.
The same run measures the same server answering each frame at once without Redis: the ratio shows the cost of Linnet
itself on any machine. Server, load and Redis are separate processes.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import socket
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import NamedTuple

import httpx
import orjson
import uvicorn
from rich.console import Console
from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import connect

from gateway.__main__ import server, server_config
from shared.settings import Settings
from testkit.redis_server import RedisServer, free_port

FRAME = bytes(3200)
INTERVAL = 0.1
BOUND_MS = 50.0
WARM_UP = 1.0

console = Console(stderr=True)


class Server(NamedTuple):
    """A server's address and process."""

    port: int
    pid: int

    def cpu_seconds(self) -> float:
        """Return the user and system time it has used; nan without /proc."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return float("nan")
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Figures(NamedTuple):
    """The figures for one load."""

    sessions: int
    frames: int
    p50_ms: float
    p99_ms: float
    sent_share: float
    """Share of the frames due in real time that were answered. Below 0.99, the load generator itself fell behind."""
    cpu_us: float = float("nan")
    """Server CPU time per frame, including connecting. More stable than latencies on a shared machine."""

    @property
    def passes(self) -> bool:
        return self.p99_ms <= BOUND_MS and self.sent_share >= 0.99


class Capacity(NamedTuple):
    """The capacity of one server."""

    sessions: int
    """The largest load that passed."""
    cpu_us: float
    """CPU time per frame at the first load, which is the same for both servers."""


# The two servers


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer every frame at once, with as little work as ASGI allows."""
    if scope["type"] != "websocket":
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        text = orjson.dumps({"ok": True, "bytes": len(message["bytes"])}).decode()
        await send({"type": "websocket.send", "text": text})


def run_server(which: str, port: int, redis_url: str) -> None:
    settings = Settings(
        _env_file=None, redis_url=redis_url, gateway_port=port, backlog_seconds=1e9, partition_backlog_mb=1e9
    )
    listener = socket.create_server(("127.0.0.1", port), backlog=2048)
    one = server(settings) if which == "gateway" else uvicorn.Server(server_config(echo, settings))
    with asyncio.Runner(loop_factory=one.config.get_loop_factory()) as runner:
        runner.run(one.serve([listener]))


@contextmanager
def serving(which: str, redis_url: str) -> Iterator[Server]:
    """Run the server in a separate process."""
    port = free_port()
    process = multiprocessing.get_context("spawn").Process(target=run_server, args=(which, port, redis_url))
    process.start()
    try:
        _wait_for(port)
        yield Server(port, process.pid or 0)
    finally:
        _end(process)


def _wait_for(port: int) -> None:
    give_up = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.1)


def _end(process: BaseProcess) -> None:
    process.terminate()
    process.join(10)
    process.kill()
    process.join()


# The load


async def speak(port: int, session_id: str, begin: float, end: float, latencies: list[float]) -> None:
    """Run one session in real time whatever the answers, and record each answer's latency."""
    async with connect(f"ws://127.0.0.1:{port}/session/{session_id}/audio", compression=None) as link:
        sent: list[float] = []

        async def hear() -> None:
            for index in range(round((end - begin) / INTERVAL)):
                assert orjson.loads(await link.recv())["ok"]
                if sent[index] >= begin + WARM_UP:
                    latencies.append(time.monotonic() - sent[index])

        hearing = asyncio.create_task(hear())
        due = begin
        while due < end - INTERVAL / 2:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            sent.append(time.monotonic())
            await link.send(FRAME)
            due += INTERVAL
        await asyncio.wait_for(hearing, 30)


async def load(port: int, ids: list[str], seconds: float) -> Figures:
    latencies: list[float] = []
    start = time.monotonic() + 1.0 + len(ids) / 400
    begins = [start + INTERVAL * index / len(ids) for index in range(len(ids))]
    end = WARM_UP + seconds
    speakers = [speak(port, *pair, pair[1] + end, latencies) for pair in zip(ids, begins, strict=True)]
    await asyncio.gather(*speakers, return_exceptions=True)
    wanted = len(ids) * seconds / INTERVAL
    cuts = statistics.quantiles(latencies, n=100) if len(latencies) > 1 else [float("inf")] * 99
    return Figures(len(ids), len(latencies), cuts[49] * 1e3, cuts[98] * 1e3, len(latencies) / wanted)


def run_load(port: int, ids: list[str], seconds: float, result: Connection) -> None:
    loop_factory = uvicorn.Config(echo).get_loop_factory()
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        result.send(runner.run(load(port, ids, seconds)))


def measure(server: Server, ids: list[str], seconds: float) -> Figures:
    """Run one load from a separate process."""
    before = server.cpu_seconds()
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=run_load, args=(server.port, ids, seconds, there))
    process.start()
    try:
        if not here.poll(seconds + 60):
            return Figures(len(ids), 0, float("inf"), float("inf"), 0.0)
        figures: Figures = here.recv()
        frames = figures.frames * (seconds + WARM_UP) / seconds
        return figures._replace(cpu_us=(server.cpu_seconds() - before) / frames * 1e6)
    finally:
        _end(process)


# The search


def gateway_sessions(port: int, count: int) -> list[str]:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        return [client.post("/session/start").json()["session_id"] for _ in range(count)]


def capacity(name: str, first: int, step: int, attempt: Callable[[int], Figures]) -> Capacity:
    """Step up while loads pass, or down until one does."""
    begin = _attempt(name, first, attempt)
    best = begin if begin.passes else None
    direction = step if begin.passes else -step
    count = first + direction
    while count > 0:
        figures = _attempt(name, count, attempt)
        if figures.passes:
            best = figures
        if figures.passes != begin.passes:
            break
        count += direction
    return Capacity(best.sessions if best else 0, begin.cpu_us)


def _attempt(name: str, count: int, attempt: Callable[[int], Figures]) -> Figures:
    figures = attempt(count)
    verdict = "[green]passes[/]" if figures.passes else "[red]too much[/]"
    console.print(
        f"{name}: {figures.sessions:5} sessions  p50 {figures.p50_ms:6.1f} ms  p99 {figures.p99_ms:6.1f} ms  "
        f"CPU {figures.cpu_us:4.0f} µs/frame  {verdict}",
        soft_wrap=True,
    )
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=4.0, help="length of each load (default 4)")
    parser.add_argument("--first", type=int, default=600, help="sessions of the first load (default 600)")
    parser.add_argument("--step", type=int, default=100, help="sessions between loads (default 100)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    wish = parser.parse_args()
    with RedisServer() as redis:
        with serving("gateway", redis.url) as gateway:
            ids = gateway_sessions(gateway.port, wish.first + 20 * wish.step)
            linnet = capacity("gateway", wish.first, wish.step, lambda n: measure(gateway, ids[:n], wish.seconds))
        with serving("echo", redis.url) as plain:
            bare = capacity("echo   ", wish.first, wish.step, lambda n: measure(plain, ids[:n], wish.seconds))
    report(linnet, bare, as_json=wish.json)
    return 0 if linnet.sessions and bare.sessions else 1


def report(ours: Capacity, bare: Capacity, *, as_json: bool) -> None:
    ratio = ours.sessions / bare.sessions if bare.sessions else 0.0
    cpu_ratio = ours.cpu_us / bare.cpu_us
    if as_json:
        print(json.dumps({"gateway": ours._asdict(), "echo": bare._asdict(), "ratio": ratio, "cpu_ratio": cpu_ratio}))
        return
    print(f"One gateway process handles {ours.sessions} live sessions, p99 to acknowledged ≤ {BOUND_MS:.0f} ms.")
    print(f"A bare echo on the same server handles {bare.sessions}. Ratio {ratio:.2f}.")
    print(f"CPU per frame at the first load: {ours.cpu_us:.0f} µs, echo {bare.cpu_us:.0f} µs. Ratio {cpu_ratio:.2f}.")


if __name__ == "__main__":
    sys.exit(main())
