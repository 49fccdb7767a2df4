"""A TCP proxy that acts as a bad network: it delays, stalls as if packets were lost, and lets one direction hang.

As on a real network nothing is lost within a connection, but what was sent into a partition arrives once it is over,
even when its sender has long given up.
"""

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final, Literal

from shared.cancelling import cancel_all
from testkit.redis_server import free_port

Fault = Literal["delay", "loss", "mute", "deaf"]
"""delay: both ways take longer. loss: packets have to be sent again. mute: what the victim sends hangs. deaf: what is
sent to it does."""

_DELAY: Final = (0.02, 0.2)
"""Seconds that a piece takes."""
_LOSS: Final = 0.1
"""Share of pieces that have to be sent again …"""
_AGAIN: Final = 0.2
"""… after so many seconds, twice as many the next time."""
_PIECE: Final = 65_536
_PIECES: Final = 64
"""On their way at a time, in one direction of one connection."""


@dataclass
class Way:
    """One direction."""

    draw: random.Random
    delay: tuple[float, float] | None = None
    loss: float = 0.0
    open: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.open.set()

    def seconds(self) -> float:
        """How long the next piece takes."""
        seconds = self.draw.uniform(*self.delay) if self.delay else 0.0
        again = _AGAIN
        while self.draw.random() < self.loss:
            seconds, again = seconds + again, 2 * again
        return seconds


class Wire:
    """Listens on `port` and forwards to the server at `to` until the block ends."""

    def __init__(self, to: int, seed: int) -> None:
        self.port = free_port()
        self._to = to
        self._there, self._back = Way(random.Random(seed)), Way(random.Random(seed + 1))
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> "Wire":
        self._server = await asyncio.start_server(self._begin, "127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        await cancel_all(list(self._connections))

    @contextmanager
    def bad(self, fault: Fault, *, listens: bool) -> Iterator[None]:
        """listens: whether the victim is at the server's end; else it is the one that connects."""
        there, back = (self._back, self._there) if listens else (self._there, self._back)
        hanging = {"mute": there, "deaf": back}.get(fault)
        if hanging is not None:
            hanging.open.clear()
        for way in (there, back):
            way.delay = _DELAY if fault == "delay" else None
            way.loss = _LOSS if fault == "loss" else 0.0
        try:
            yield
        finally:
            for way in (there, back):
                way.delay, way.loss = None, 0.0
                way.open.set()

    def _begin(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._connect(client, to_client))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _connect(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        try:
            server, to_server = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            to_client.transport.abort()
            return
        there = asyncio.ensure_future(_pass_on(client, to_server, self._there))
        back = asyncio.ensure_future(_pass_on(server, to_client, self._back))
        try:
            # Who hangs up hears nothing more; what it had sent still arrives.
            await asyncio.wait([there, back], return_when=asyncio.FIRST_COMPLETED)
            if back.done():
                to_client.close()
            else:
                to_server.close()
        finally:
            await cancel_all([there, back])
            for writer in (to_client, to_server):
                writer.close()


async def _pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter, way: Way) -> None:
    """Until the source ends and all that came from it has been passed on, or the target is gone."""
    loop = asyncio.get_running_loop()
    pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_PIECES)

    async def read() -> None:
        data = b" "
        while data:
            data = b""
            with suppress(OSError):
                data = await source.read(_PIECE)
            await pieces.put((loop.time() + way.seconds(), data))

    reading = asyncio.ensure_future(read())
    try:
        while True:
            due, data = await pieces.get()
            if due > loop.time():
                await asyncio.sleep(due - loop.time())
            await way.open.wait()
            if not data:
                return
            target.write(data)
            await target.drain()
    except OSError:
        return
    finally:
        reading.cancel()
