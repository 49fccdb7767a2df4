"""Check that memory stays flat over thousands of short sessions: Redis, one gateway, one worker, in fast-forward.

    ./manage.sh python -m bench.many_sessions [--sessions 20000] [--at-once 16]

Each session is started, sends a second of audio in one frame, and is ended; every tenth has a listener, every twentieth
is erased instead. Nothing is kept beyond 60 s (LINNET_RETENTION=0), so Redis' memory levels off after the first minute.
The worker runs the mock, because a model's memory does not depend on the number of sessions.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Final

import httpx
import numpy as np
import psutil
import uvloop
from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table
from websockets.asyncio.client import connect

from shared import keys
from shared.audio import PIPELINE_RATE
from testkit.redis_server import RedisServer, free_port

REPORT_AT: Final = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)
"""Shares of all sessions after which memory is measured."""
PARTITIONS: Final = 4
_LISTENED: Final = 10
_ERASED: Final = 20


@dataclass(frozen=True, slots=True)
class Footprint:
    """Memory and keys at one moment."""

    sessions: int
    """Sessions begun and ended so far."""
    seconds: float
    redis_bytes: int
    """used_memory."""
    gateway_bytes: int
    """Resident."""
    worker_bytes: int
    """Resident."""
    session_keys: int
    """Number of keys kept for ended sessions, tombstones included."""
    other_keys: frozenset[str]
    """Number of keys of partitions, the fleet and arq, which depends on the partitions, not the sessions."""


def _of_a_session(name: str) -> bool:
    return name.startswith("linnet:{") and name.count(":") == 3


class Stack:
    """A server, a gateway and a worker as separate processes."""

    def __init__(self, server: RedisServer) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.redis = Redis.from_url(server.url)
        environment = {
            **os.environ,
            "LINNET_REDIS_URL": server.url,
            "LINNET_GATEWAY_PORT": str(port),
            "LINNET_PAGE_DIR": os.devnull,
            "LINNET_RETENTION": "0",
            "LINNET_PARTITIONS": str(PARTITIONS),
            "LINNET_MAX_LOAD": "0",  # the sessions are shorter than real ones
            "LINNET_LOG_LEVEL": "warning",
            "CF_VOICE_MOCK": "1",
        }
        self._processes = [
            psutil.Popen([sys.executable, "-m", module], env=environment) for module in ("gateway", "classifier_worker")
        ]

    async def until_ready(self) -> None:
        give_up = time.monotonic() + 60
        async with httpx.AsyncClient(base_url=self.url) as client:
            while True:
                try:
                    if (await client.get("/ready")).status_code == 200:
                        break
                except httpx.TransportError:
                    pass
                if time.monotonic() > give_up:
                    raise TimeoutError("the stack did not become ready")
                await asyncio.sleep(0.1)
        while not all([await self.redis.exists(keys.lease(partition)) for partition in range(PARTITIONS)]):
            await asyncio.sleep(0.1)

    async def footprint(self, sessions: int, seconds: float) -> Footprint:
        names = {key.decode() async for key in self.redis.scan_iter(count=10_000)}
        of_sessions = {name for name in names if _of_a_session(name)}
        gateway, worker = (process.memory_info().rss for process in self._processes)
        used = int((await self.redis.info("memory"))["used_memory"])
        return Footprint(sessions, seconds, used, gateway, worker, len(of_sessions), frozenset(names - of_sessions))

    async def end(self) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
        await self.redis.aclose()


async def live(client: httpx.AsyncClient, number: int, pcm: bytes) -> None:
    """Run one session from start to end, as a client."""
    session_id = (await client.post("/session/start")).raise_for_status().json()["session_id"]
    listening = asyncio.create_task(_listen(client, session_id)) if number % _LISTENED == 0 else None
    address = f"{str(client.base_url).replace('http', 'ws').rstrip('/')}/session/{session_id}/audio"
    async with connect(address, compression=None) as link:
        await link.send(pcm)
        await link.recv()
    erased = number % _ERASED == 1
    (await client.delete(f"/session/{session_id}{'' if erased else '/end'}")).raise_for_status()
    if listening is not None:
        await listening


async def _listen(client: httpx.AsyncClient, session_id: str) -> None:
    async with client.stream("GET", f"/session/{session_id}/stream", timeout=60) as answer:
        async for _ in answer.aiter_lines():
            pass


async def run(stack: Stack, sessions: int, at_once: int) -> list[Footprint]:
    """Return the memory in use at each share in REPORT_AT."""
    pcm = (np.random.default_rng(1).standard_normal(PIPELINE_RATE) * 3000).astype("<i2").tobytes()
    began, done, found = time.monotonic(), 0, [await stack.footprint(0, 0.0)]
    limits = httpx.Limits(max_connections=2 * at_once, max_keepalive_connections=2 * at_once)
    async with httpx.AsyncClient(base_url=stack.url, timeout=30, limits=limits) as client:
        for part in REPORT_AT[1:]:
            goal = round(part * sessions)
            waiting = iter(range(done, goal))

            async def take(waiting: "object" = waiting) -> None:
                for number in waiting:  # type: ignore[attr-defined]
                    await live(client, number, pcm)

            await asyncio.gather(*(take() for _ in range(at_once)))
            done = goal
            print(f"{done} sessions", file=sys.stderr)
            found.append(await stack.footprint(done, time.monotonic() - began))
    return found


async def after_retention(stack: Stack, sessions: int, seconds: float) -> Footprint:
    """Measure what is left once everything has expired, including tombstones, and the allocator has settled."""
    for partition in range(PARTITIONS):
        while await stack.redis.xlen(keys.pcm(partition)):
            await asyncio.sleep(0.1)  # the worker still has to end the last sessions
    pipe = stack.redis.pipeline(transaction=False)
    for name in [key.decode() async for key in stack.redis.scan_iter(count=10_000)]:
        if _of_a_session(name):
            pipe.pexpire(name, 1)
    await pipe.execute()
    await asyncio.sleep(2)
    return await stack.footprint(sessions, seconds)


def report(found: list[Footprint]) -> None:
    table = Table("sessions", "time", "Redis", "gateway", "worker", "keys of sessions", "other keys")
    for row in found:
        sizes = (f"{size / 1e6:.1f} MB" for size in (row.redis_bytes, row.gateway_bytes, row.worker_bytes))
        counts = (str(row.session_keys), str(len(row.other_keys)))
        table.add_row(str(row.sessions), f"{row.seconds:.0f} s", *sizes, *counts)
    Console().print(table)
    Console().print("last row: after everything had expired")


async def measure(sessions: int, at_once: int) -> list[Footprint]:
    with RedisServer() as server:
        stack = Stack(server)
        try:
            await stack.until_ready()
            found = await run(stack, sessions, at_once)
            return [*found, await after_retention(stack, sessions, found[-1].seconds)]
        finally:
            await stack.end()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sessions", type=int, default=20_000)
    parser.add_argument("--at-once", type=int, default=16)
    options = parser.parse_args()
    report(uvloop.run(measure(options.sessions, options.at_once)))


if __name__ == "__main__":
    main()
