"""Sessions erased while they speak and have listeners: nothing of them may remain."""

import asyncio
import json
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import httpx
import numpy as np
from numpy.typing import NDArray
from redis.asyncio import Redis
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from shared import keys
from shared.cancelling import cancel_all
from tests.chaos.callers.caller import Scene
from tests.chaos.callers.calls import Call
from tests.chaos.callers.following import PAUSE

_PATIENCE: Final = 6.0
_SETTLE: Final = 30.0
"""Seconds within which a gateway or worker finishes what another one left of an erasure."""


@dataclass
class Erased:
    """The results."""

    calls: list[Call] = field(default_factory=list)
    """Those whose erasure was answered."""
    went_on: list[str] = field(default_factory=list)
    """Sessions that still took audio or were read afterwards, in words."""

    async def make(self, call: Call, pcm: NDArray[np.int16], scene: Scene) -> None:
        """Speaks all of it, erases the session in the middle, from two sides at once, and goes on speaking."""
        address = _addresses(call, scene)
        speaking = asyncio.create_task(_speak(call, pcm, scene, address()))
        listening = asyncio.create_task(_listen(scene.http, address()))
        try:
            await asyncio.sleep(call.seconds / scene.pace)
            await asyncio.gather(*(_insist(scene.http, "DELETE", address) for _ in range(2)))
            self.calls.append(call)
            tails = scene.tails()
            # What an open connection is told is left to luck; what a new one is told is not.
            answer = await _insist(scene.http, "GET", address)
            if answer.status_code != 404 and tails == scene.tails() and not tails:
                self.went_on.append(f"{call.session_id}: read with {answer.status_code} after its erasure")
        finally:
            await cancel_all([speaking, listening])

    async def remains(self, redis: Redis, scene: Scene) -> list[str]:
        """Describe what Redis still has of them in the end. First erase again what a power cut brought back."""
        if scene.tails():
            for call in self.calls:
                await _insist(scene.http, "DELETE", _addresses(call, scene))
        until = asyncio.get_running_loop().time() + _SETTLE
        while found := await _found(redis, self.calls):
            if asyncio.get_running_loop().time() > until:
                break
            await asyncio.sleep(0.5)
        return [*self.went_on, *found]


def _addresses(call: Call, scene: Scene) -> Callable[[], str]:
    draw = random.Random(call.seed)
    return lambda: f"127.0.0.1:{draw.choice(scene.ports)}/session/{call.session_id}"


async def _found(redis: Redis, calls: Sequence[Call]) -> list[str]:
    """Return the keys whose name or content mentions one of the sessions, except their tombstones."""
    ids = [call.session_id.encode() for call in calls]
    tombs = {keys.tombstone(call.partition, call.session_id).encode() for call in calls}
    found = []
    async for name in redis.scan_iter(count=1000):
        if name in tombs:
            continue
        contents = name + (await redis.dump(name) or b"")
        found += [f"{name.decode()} names {each.decode()}" for each in ids if each in contents]
    return found


async def _insist(http: httpx.AsyncClient, method: str, address: Callable[[], str]) -> httpx.Response:
    """Ask one gateway after another until one gives an answer other than that it is unable."""
    while True:
        with suppress(httpx.HTTPError):
            answer = await http.request(method, f"http://{address()}")
            if answer.status_code < 500:
                return answer
        await asyncio.sleep(PAUSE)


async def _listen(http: httpx.AsyncClient, address: str) -> None:
    with suppress(httpx.HTTPError):
        async with http.stream("GET", f"http://{address}/stream") as answer:
            async for _ in answer.aiter_text():
                pass


async def _speak(call: Call, pcm: NDArray[np.int16], scene: Scene, address: str) -> None:
    """Continue as far as possible: the gateway may die."""
    began = scene.now()
    with suppress(OSError, TimeoutError, WebSocketException, ConnectionClosed):
        async with connect(f"ws://{address}/audio", compression=None, ping_interval=None, close_timeout=1) as link:
            await link.recv()
            for at in range(0, len(pcm), call.frame):
                await asyncio.sleep(began + at / call.rate / scene.pace - scene.now())
                await link.send(pcm[at : at + call.frame].tobytes())
                if not json.loads(await asyncio.wait_for(link.recv(), _PATIENCE))["ok"]:
                    return
