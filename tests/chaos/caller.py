"""A client that does what the contract tells it to do: it reconnects by offset and by Last-Event-ID, to any gateway."""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

import httpx
import numpy as np
from numpy.typing import NDArray
from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from shared import keys
from tests.chaos.calls import Call
from tests.chaos.comparison import Entry

_PAUSE: Final = 0.2
"""Seconds before the next try."""
_WINDOW: Final = 8
"""Frames that may be unanswered, so that a gateway dies with some of them on their way."""
_LONGER: Final = 37
"""Samples by which the frames of each next socket are longer, so that what is sent again is cut otherwise."""
_PATIENCE: Final = 15.0
"""Seconds without the answer to a frame after which the socket is given up."""
_UNTIL_ENDED: Final = 90.0
"""Seconds that the end of a session may take."""


class RefusedError(Exception):
    """The server refused for good what the contract promises."""


@dataclass
class Outcome:
    """What became of a call, as its client saw it, and what the server has of it in the end."""

    call: Call
    began: float = 0.0
    """When its first sample was spoken, seconds of the run."""
    acknowledged: int = 0
    """Samples that the server said it has."""
    forgotten: int = 0
    """Most acknowledged samples that the server, when asked, no longer had."""
    received: int = 0
    """Samples that it has in the end."""
    links: int = 0
    """Audio sockets that it took."""
    streamed: list[Entry] = field(default_factory=list)
    """From the event streams, one after the other."""
    history: list[Entry] = field(default_factory=list)
    durable: list[Entry] = field(default_factory=list)
    arrivals: dict[str, float] = field(default_factory=dict)
    """Event id → when the client had it first, seconds of the run."""


class Caller:
    """One call, from its first sample until its history is read."""

    def __init__(
        self,
        call: Call,
        pcm: NDArray[np.int16],
        ports: list[int],
        http: httpx.AsyncClient,
        *,
        began: float,
        pace: float,
    ) -> None:
        """began: monotonic time of the run's beginning. pace: seconds of audio spoken in a second."""
        self.outcome = Outcome(call)
        self._call = call
        self._pcm = pcm
        self._ports = ports
        self._http = http
        self._run_began = began
        self._pace = pace
        self._draw = random.Random(call.seed)
        self._listens = asyncio.Event()

    async def make(self, redis: Redis) -> Outcome:
        """The whole call. Raises RefusedError, TimeoutError."""
        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(self._listen())
            await self._listens.wait()
            await self._speak()
            await self._insist("DELETE", f"/session/{self._call.session_id}/end")
            await asyncio.wait_for(listening, _UNTIL_ENDED)
        await self._look_back(redis)
        return self.outcome

    def _now(self) -> float:
        return time.monotonic() - self._run_began

    def _address(self) -> str:
        return f"127.0.0.1:{self._draw.choice(self._ports)}/session/{self._call.session_id}"

    async def _insist(self, method: str, path: str) -> httpx.Response:
        while True:
            try:
                answer = await self._http.request(method, f"http://127.0.0.1:{self._draw.choice(self._ports)}{path}")
            except httpx.HTTPError:
                pass
            else:
                if answer.status_code == 200:
                    return answer
                if answer.status_code < 500:
                    raise RefusedError(f"{method} {path}: {answer.status_code} {answer.text}")
            await asyncio.sleep(_PAUSE)

    # Audio

    async def _speak(self) -> None:
        self.outcome.began = self._now()
        for begin, end in self._call.stretches:
            while self.outcome.acknowledged < end:
                try:
                    offset = max(begin, self.outcome.acknowledged)
                    address = f"ws://{self._address()}/audio?offset={offset}"
                    async with connect(address, compression=None, ping_interval=None, close_timeout=1) as link:
                        self.outcome.links += 1
                        await self._send_rest(link, offset, end)
                except (OSError, TimeoutError, WebSocketException):
                    await asyncio.sleep(_PAUSE)

    async def _send_rest(self, link: ClientConnection, offset: int, end: int) -> None:
        """Sends on from `offset`, the first sample that was not acknowledged; the server drops what it has all the
        same."""
        first = await _answer(link)
        if first is None:
            return
        outcome = self.outcome
        outcome.forgotten = max(outcome.forgotten, outcome.acknowledged - int(str(first["next_offset"])))
        room = asyncio.Semaphore(_WINDOW)
        sizes: list[int] = []
        sender = asyncio.create_task(self._send(link, room, sizes, offset, end))
        try:
            while outcome.acknowledged < end:
                answer = await _answer(link)
                if answer is None:
                    return
                size = sizes.pop(0)
                if answer["bytes"] != 2 * size:
                    raise RefusedError(f"a frame of {2 * size} bytes was answered with {answer}")
                offset += size
                outcome.acknowledged = offset
                room.release()
        finally:
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)

    async def _send(
        self, link: ClientConnection, room: asyncio.Semaphore, sizes: list[int], place: int, end: int
    ) -> None:
        size = self._call.frame + _LONGER * (self.outcome.links - 1)
        while place < end:
            frame = self._pcm[place : frame_end(self._call, place, size, end)]
            await asyncio.sleep(self._spoken(place + len(frame)) - self._now())
            await room.acquire()
            sizes.append(len(frame))
            await link.send(frame.tobytes())
            place += len(frame)

    def _spoken(self, sample: int) -> float:
        """When `sample` is spoken, seconds of the run."""
        call = self._call
        paused = call.break_seconds if call.break_at is not None and sample > call.break_at else 0.0
        return self.outcome.began + (sample / call.rate + paused) / self._pace

    # Events

    async def _listen(self) -> None:
        last: str | None = None
        while True:
            headers = {} if last is None else {"Last-Event-ID": last}
            try:
                async with self._http.stream("GET", f"http://{self._address()}/stream", headers=headers) as answer:
                    if answer.status_code == 204:
                        return
                    if answer.status_code == 200:
                        async for block in _blocks(answer):
                            last = block.get("id", last)
                            if self._take(block):
                                return
                    elif answer.status_code < 500:
                        raise RefusedError(f"event stream: {answer.status_code}")
            except httpx.HTTPError:
                pass
            await asyncio.sleep(_PAUSE)

    def _take(self, block: dict[str, str]) -> bool:
        """Whether the session is over."""
        if "id" in block:
            self._listens.set()
        kind = block.get("event")
        if kind == "gap":
            raise RefusedError(f"the stream has a gap: {block}")
        if kind is None or "id" not in block:
            return False
        self.outcome.streamed.append(Entry(block["id"], kind, block["data"]))
        self.outcome.arrivals.setdefault(block["id"], self._now())
        return kind == "session-ended"

    # Afterwards

    async def _look_back(self, redis: Redis) -> None:
        path = f"/session/{self._call.session_id}"
        view = (await self._insist("GET", path)).json()
        self.outcome.received = round(view["audio_seconds"] * self._call.rate)
        self.outcome.history = tone_events((await self._insist("GET", f"{path}/history?limit=10000")).text)
        self.outcome.durable = await durable_stream(redis, self._call)


def frame_end(call: Call, place: int, size: int, end: int) -> int:
    """Where a frame that begins at `place` ends: nobody holds back what was spoken before a pause until it is over."""
    to_break = call.break_at if call.break_at is not None and place < call.break_at else end
    return min(place + size, end, to_break)


async def _answer(link: ClientConnection) -> dict[str, object] | None:
    """The server's next answer; None when it is that this gateway cannot go on, but another one or a later try may."""
    answer: dict[str, object] = json.loads(await asyncio.wait_for(link.recv(), _PATIENCE))
    if answer["ok"]:
        return answer
    if answer["error"] in {"restarting", "store_full", "store_unavailable", "superseded"}:
        return None
    raise RefusedError(f"audio socket: {answer}")


async def _blocks(answer: httpx.Response) -> AsyncIterator[dict[str, str]]:
    buffer = ""
    async for text in answer.aiter_text():
        buffer += text
        while "\n\n" in buffer:
            block, _, buffer = buffer.partition("\n\n")
            lines = [line for line in block.splitlines() if ": " in line and not line.startswith(":")]
            yield dict(line.split(": ", 1) for line in lines)


def tone_events(body: str) -> list[Entry]:
    """The history's events, each as the very text that the body holds."""
    found = json.loads(body)
    decode = json.JSONDecoder().raw_decode
    place = body.index('"events":[') + len('"events":[')
    entries = []
    for event_id in found["ids"]:
        _, end = decode(body, place)
        entries.append(Entry(event_id, "tone-event", body[place:end]))
        place = end + 1
    return entries


async def durable_stream(redis: Redis, call: Call) -> list[Entry]:
    """Every entry of the session's stream, as an outside reader gets it."""
    entries = await redis.xrange(keys.events(call.partition, call.session_id))
    return [
        Entry(entry_id.decode(), fields[b"event"].decode(), fields[b"data"].decode()) for entry_id, fields in entries
    ]
