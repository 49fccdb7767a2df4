"""Gateways and workers as processes, killed at random, and clients that do what the contract tells them to do."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx
import numpy as np
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from tests.redis_server import as_user, free_port

FRAME = 3200
"""Bytes of 100 ms at 16 kHz."""
SUPERSEDED = 4009


@dataclass
class Process:
    """One gateway or worker; a new one takes its place when it dies."""

    module: str
    environment: dict[str, str]
    running: subprocess.Popen[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        self.running = subprocess.Popen([sys.executable, "-m", self.module], env={**os.environ, **self.environment})

    def end(self, number: signal.Signals) -> None:
        self.running.send_signal(number)
        self.running.wait(30)


class Fleet:
    """Two gateways on ports of their own and two workers, with the mock backend."""

    def __init__(self, redis_url: str) -> None:
        common = {
            "LINNET_REDIS_URL": as_user("gateway", redis_url),
            "LINNET_WORKER_REDIS_URL": as_user("worker", redis_url),
            "CF_VOICE_MOCK": "1",
            "LINNET_PARTITIONS": "4",
            "LINNET_LEASE_TTL": "1.5",
            "LINNET_LOG_LEVEL": "warning",
        }
        self.ports = [free_port(), free_port()]
        self.processes = [
            *(Process("gateway", {**common, "LINNET_GATEWAY_PORT": str(port)}) for port in self.ports),
            *(Process("classifier_worker", common) for _ in range(2)),
        ]

    async def until_ready(self) -> None:
        give_up = time.monotonic() + 60
        async with httpx.AsyncClient() as client:
            for port in self.ports:
                while True:
                    try:
                        if (await client.get(f"http://127.0.0.1:{port}/ready")).status_code == 200:
                            break
                    except httpx.HTTPError:
                        pass
                    assert time.monotonic() < give_up, "the fleet did not get ready"
                    await asyncio.sleep(0.1)

    async def disturb(self, seed: int, every: float) -> None:
        """Ends a random process again and again, mostly as a crash, and starts it anew."""
        draw = random.Random(seed)
        while True:
            await asyncio.sleep(every)
            victim = draw.choice(self.processes)
            number = draw.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM])
            await asyncio.to_thread(victim.end, number)
            victim.start()

    def end(self) -> None:
        for process in self.processes:
            process.running.kill()
        for process in self.processes:
            process.running.wait()


class Caller:
    """A session whose client reconnects to whichever gateway answers, by offset and by Last-Event-ID."""

    def __init__(self, ports: list[int], seconds: float, seed: int) -> None:
        draw = np.random.default_rng(seed)
        loudness = np.repeat(draw.choice([0, 2000, 9000], int(seconds)), 16_000)
        self.pcm = (draw.standard_normal(len(loudness)) * loudness).clip(-32768, 32767).astype("<i2").tobytes()
        self.acknowledged = 0
        """Bytes that the server said it has."""
        self.collected: list[tuple[str, str, str]] = []
        """(id, kind, data) from the event streams, one after the other."""
        self._ports = ports
        self._draw = random.Random(seed)
        self._session_id = ""

    async def call(self) -> None:
        """The whole life of the session."""
        self._session_id = str((await self._insist("POST", "/session/start"))["session_id"])
        listening = asyncio.create_task(self._listen())
        await self._speak()
        await self._insist("DELETE", f"/session/{self._session_id}/end")
        await asyncio.wait_for(listening, 60)

    async def history(self) -> list[dict[str, object]]:
        events = (await self._insist("GET", f"/session/{self._session_id}/history?limit=10000"))["events"]
        assert isinstance(events, list)
        return events

    def comparable(self, text: str) -> str:
        """Without what must differ between two runs: the session's id."""
        return text.replace(self._session_id, "SESSION")

    async def _insist(self, method: str, path: str) -> dict[str, object]:
        while True:
            try:
                async with httpx.AsyncClient(timeout=5) as client:
                    answer = await client.request(method, f"http://127.0.0.1:{self._draw.choice(self._ports)}{path}")
                    if answer.status_code == 200:
                        found: dict[str, object] = answer.json()
                        return found
                    assert answer.status_code >= 500, answer.text
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.2)

    async def _speak(self) -> None:
        began = time.monotonic()
        while self.acknowledged < len(self.pcm):
            address = f"ws://127.0.0.1:{self._draw.choice(self._ports)}/session/{self._session_id}/audio"
            try:
                async with connect(f"{address}?offset={self.acknowledged // 2}") as link:
                    await self._send_rest(link, began)
            except (OSError, WebSocketException):
                await asyncio.sleep(0.2)

    async def _send_rest(self, link: ClientConnection, began: float) -> None:
        first = json.loads(await link.recv())
        assert first["ok"], first
        # The server may have more than it could say; it drops what overlaps, so we go on from the offset we named.
        assert 2 * first["next_offset"] >= self.acknowledged, "something acknowledged was lost"
        place = self.acknowledged
        while place < len(self.pcm):
            await asyncio.sleep(max(0.0, began + place / 32_000 - time.monotonic()))
            frame = self.pcm[place : place + FRAME]
            await link.send(frame)
            answer = json.loads(await link.recv())
            assert answer["ok"], answer
            assert answer["bytes"] == len(frame)
            place += len(frame)
            self.acknowledged = place

    async def _listen(self) -> None:
        last: str | None = None
        while True:
            headers = {} if last is None else {"Last-Event-ID": last}
            address = f"http://127.0.0.1:{self._draw.choice(self._ports)}/session/{self._session_id}/stream"
            try:
                async with (
                    httpx.AsyncClient(timeout=20) as client,
                    client.stream("GET", address, headers=headers) as answer,
                ):
                    if answer.status_code == 204:
                        return
                    async for block in _blocks(answer):
                        last = self._take(block) or last
                        if block.get("event") == "session-ended":
                            return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.2)

    def _take(self, block: dict[str, str]) -> str | None:
        assert block.get("event") != "gap", block
        if "event" in block and "id" in block:
            self.collected.append((block["id"], block["event"], self.comparable(block["data"])))
        return block.get("id")


async def _blocks(answer: httpx.Response) -> AsyncIterator[dict[str, str]]:
    if answer.status_code != 200:
        return
    buffer = ""
    async for text in answer.aiter_text():
        buffer += text
        while "\n\n" in buffer:
            block, _, buffer = buffer.partition("\n\n")
            lines = [line for line in block.splitlines() if ": " in line and not line.startswith(":")]
            yield dict(line.split(": ", 1) for line in lines)
