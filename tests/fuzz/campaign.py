"""Send bad inputs of every kind to one gateway, drawn from a seed, while a well-behaved client is served."""

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import httpx
from websockets.asyncio.client import connect

from tests.fuzz import handshakes, http_requests, slow_clients, websocket_frames
from tests.fuzz.tally import Tally
from tests.fuzz.target import Target

_AT_ONCE: Final = 16
"""Connections that attack at a time."""
_RENEW_EVERY: Final = 40
"""Requests after which a pool's oldest session gives way to a new one: requests end and erase them."""


@dataclass
class Witness:
    """A client that does nothing wrong and must be served throughout."""

    target: Target
    served: int = 0
    slowest: float = 0.0
    failures: list[str] = field(default_factory=list)

    async def watch(self) -> None:
        """Speak and send requests until cancelled."""
        async with httpx.AsyncClient(timeout=60) as client:
            session_id = await self.target.start_session(client)
            address = f"ws://127.0.0.1:{self.target.port}/session/{session_id}/audio"
            async with connect(address, compression=None) as audio:
                while True:
                    began = time.monotonic()
                    try:
                        await audio.send(bytes(3_200))
                        answer = json.loads(await asyncio.wait_for(audio.recv(), 10))
                        assert answer["ok"], answer
                        assert (await client.get(f"{self.target.url}/session/{session_id}")).status_code == 200
                    except Exception as error:
                        self.failures.append(repr(error))
                        return
                    self.served += 1
                    self.slowest = max(self.slowest, time.monotonic() - began)
                    await asyncio.sleep(0.1)


async def attack(target: Target, *, frames: int, requests: int, seed: int, tally: Tally, crowd: int = 0) -> Witness:
    """WebSocket frames, half of them bad, then as many HTTP requests, handshakes and pieces of garbage as `requests`.

    Then `crowd` event streams that nobody reads, and a fifth as many clients that dribble.

    Counts what is unhandled: 5xx but 503, tracebacks, wrong codes, silence, and any failure to serve the witness.
    """
    witness = Witness(target)
    watching = asyncio.create_task(witness.watch())
    try:
        await _frames(target, frames, seed, tally)
        await _requests(target, requests, seed + 1, tally)
        if crowd:
            await _crowd(target, crowd, seed + 2, tally)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    for failure in witness.failures:
        tally.blame(f"the witness was not served: {failure}")
    for error in target.unhandled_in_log():
        tally.blame(f"in the log: {error}")
    if not target.alive:
        tally.blame("the gateway has died")
    return witness


async def _frames(target: Target, count: int, seed: int, tally: Tally) -> None:
    async def worker(draw: random.Random, share: int) -> None:
        async with httpx.AsyncClient(timeout=60) as client:
            session_id = await target.start_session(client)
        while share > 0:
            share -= await websocket_frames.one_connection(target.port, session_id, draw, share, tally)

    await _shared(worker, count, seed)


async def _requests(target: Target, count: int, seed: int, tally: Tally) -> None:
    async def worker(draw: random.Random, share: int) -> None:
        async with httpx.AsyncClient(timeout=60) as client:
            session_ids = [await target.start_session(client) for _ in range(4)]
            for place in range(share):
                if place % _RENEW_EVERY == 0:
                    session_ids = [*session_ids[1:], await target.start_session(client)]
                kind = draw.choices(["HTTP request", "WebSocket handshake", "garbage instead of HTTP"], [6, 2, 2])[0]
                tally.tried[kind] += 1
                if kind == "WebSocket handshake":
                    await handshakes.send(target.port, handshakes.a_handshake(draw, session_ids), tally)
                else:
                    make = http_requests.a_request if kind == "HTTP request" else http_requests.garbage
                    await http_requests.send(target.port, make(draw, session_ids), tally)

    await _shared(worker, count, seed)


async def _crowd(target: Target, count: int, seed: int, tally: Tally) -> None:
    async with httpx.AsyncClient(timeout=60) as client:
        session_id = await target.start_session(client)
    tally.tried["stream that nobody reads"] += count
    draws = [random.Random(f"{seed}-{place}") for place in range(count // 5)]
    patience = 10 * target.settings.request_timeout + 5
    async with slow_clients.deaf_listeners(target.port, session_id, count):
        await asyncio.gather(*(slow_clients.dribble(target.port, session_id, draw, patience, tally) for draw in draws))


async def _shared(worker: Callable[[random.Random, int], Awaitable[None]], count: int, seed: int) -> None:
    """Run as many workers as connections, each with its share and its own seed."""
    shares: Sequence[int] = [count // _AT_ONCE + (place < count % _AT_ONCE) for place in range(_AT_ONCE)]
    await asyncio.gather(*(worker(random.Random(f"{seed}-{place}"), share) for place, share in enumerate(shares)))
