"""Measure the delay from a window's end to its event at the SSE client, through real processes.

    ./manage.sh python -m bench.end_to_end [--sessions 10] [--seconds 40] [--mock]

A session's clients behave like the page: frames of 100 ms over the WebSocket, each sent when its last sample has been
spoken; events over SSE. Latency counts from the moment when the window's last sample was spoken, so it includes the
rest of that frame (50 ms on average).
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import httpx
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from websockets.asyncio.client import connect

from bench.speech_audio import speech, voiced_share
from shared.audio import PIPELINE_RATE
from testkit.redis_server import RedisServer, free_port

FRAME: Final = PIPELINE_RATE // 10
WINDOW_SECONDS: Final = 3.0


@dataclass
class Session:
    """One simulated page."""

    url: str
    audio: NDArray[np.int16]
    session_id: str = ""
    began: float = 0.0
    """Monotonic time at which sample 0 was spoken."""
    latencies: list[tuple[float, float]] = field(default_factory=list)
    """(window end on the audio clock, seconds from then until the client received the event)."""

    async def run(self, seconds: float) -> None:
        async with httpx.AsyncClient(base_url=self.url, timeout=30) as client:
            self.session_id = (await client.post("/session/start")).json()["session_id"]
            listening = asyncio.create_task(self._listen(client))
            await self._speak(seconds)
            await client.delete(f"/session/{self.session_id}/end")
            await asyncio.wait_for(listening, 30)

    async def _speak(self, seconds: float) -> None:
        address = f"{self.url.replace('http', 'ws')}/session/{self.session_id}/audio"
        async with connect(address, compression=None) as link:
            answers = asyncio.create_task(self._drain(link, int(seconds * 10)))
            self.began = time.monotonic()
            for number in range(int(seconds * 10)):
                await asyncio.sleep(max(0.0, self.began + (number + 1) * 0.1 - time.monotonic()))
                begin = number * FRAME
                await link.send(np.take(self.audio, range(begin, begin + FRAME), mode="wrap").tobytes())
            await answers

    @staticmethod
    async def _drain(link: object, count: int) -> None:
        for _ in range(count):
            answer = json.loads(await link.recv())  # type: ignore[attr-defined]
            if not answer["ok"]:
                raise RuntimeError(answer)

    async def _listen(self, client: httpx.AsyncClient) -> None:
        async with client.stream("GET", f"/session/{self.session_id}/stream", timeout=60) as answer:
            async for line in answer.aiter_lines():
                if line.startswith("data: ") and '"event_type":"tone"' in line:
                    now = time.monotonic()
                    end = json.loads(line[6:])["timestamp"]
                    self.latencies.append((end, now - self.began - end))


def start(module: str, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-m", module], env={**os.environ, **environment})


def wait_until_ready(url: str) -> None:
    give_up = time.monotonic() + 60
    while True:
        try:
            if httpx.get(f"{url}/ready").status_code == 200:
                return
        except httpx.HTTPError:
            pass
        if time.monotonic() > give_up:
            raise TimeoutError("the stack did not become ready")
        time.sleep(0.2)


@contextmanager
def running(*, mock: bool, **settings: str) -> Iterator[str]:
    """Start Redis, a gateway that never refuses and a worker as separate processes; yield the gateway's URL."""
    port = free_port()
    with RedisServer(appendonly=True) as server:
        environment = {
            "LINNET_REDIS_URL": server.url,
            "LINNET_GATEWAY_PORT": str(port),
            "LINNET_PAGE_DIR": os.devnull,
            "LINNET_LOG_LEVEL": "warning",
            "LINNET_RELIABILITY_FLOOR": "0",
            "LINNET_MAX_LOAD": "0",
            "CF_VOICE_MOCK": "1" if mock else "0",
            **settings,
        }
        processes = [start(module, environment) for module in ("gateway", "classifier_worker")]
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until_ready(url)
            time.sleep(2)  # the leases are taken within a tick
            yield url
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait()


async def run_sessions(url: str, count: int, seconds: float, audio: NDArray[np.int16]) -> list[Session]:
    sessions = [Session(url, np.roll(audio, -number * len(audio) // count)) for number in range(count)]

    async def delayed(number: int, session: Session) -> None:
        await asyncio.sleep(number * 0.137)  # so that the sessions' frames and hops do not coincide
        await session.run(seconds)

    await asyncio.gather(*(delayed(number, session) for number, session in enumerate(sessions)))
    return sessions


def percentiles(values: list[float]) -> tuple[str, str, str]:
    if len(values) < 2:
        return "–", "–", "–"
    cut = statistics.quantiles(values, n=100, method="inclusive")
    return f"{cut[49] * 1000:.0f} ms", f"{cut[98] * 1000:.0f} ms", f"{max(values) * 1000:.0f} ms"


def report(sessions: list[Session], share: float) -> None:
    everything: list[float] = []
    replies: list[float] = []
    hops: list[float] = []
    for session in sessions:
        before = -WINDOW_SECONDS
        for end, latency in session.latencies:
            everything.append(latency)
            # Windows within an utterance are whole hops apart; a reply's window is not.
            (hops if abs(end - before - 1.0) < 1e-6 else replies).append(latency)
            before = end
    table = Table("window end → event at the client", "events", "p50", "p99", "max")
    table.add_row("all", str(len(everything)), *percentiles(everything))
    table.add_row("hops within an utterance", str(len(hops)), *percentiles(hops))
    table.add_row("first windows and replies", str(len(replies)), *percentiles(replies))
    Console().print(table)
    first = [session.latencies[0] for session in sessions if session.latencies]
    latest = max(latency for _, latency in first)
    Console().print(f"{len(sessions)} sessions, speech {share:.0%} voiced")
    Console().print(f"first event of a session: at most {latest * 1000:.0f} ms after its first window's end")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sessions", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--mock", action="store_true", help="run without a model, to measure the pipeline alone")
    options = parser.parse_args()
    with running(mock=options.mock) as url:
        audio = speech(0.6)
        report(asyncio.run(run_sessions(url, options.sessions, options.seconds, audio)), voiced_share(audio))


if __name__ == "__main__":
    main()
