"""Slow clients: heads, handshakes and bodies that trickle in, and event streams that are never read."""

import asyncio
import contextlib
import random
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from tests.fuzz.http_client import connection, read_answer, reset
from tests.fuzz.tally import Tally
from tests.fuzz.websocket_frames import handshake

_PAUSE: Final = 0.1
_SMALL: Final = 4_096
"""Bytes that the kernel keeps for a client that reads nothing."""


def dribbles(draw: random.Random, session_id: str) -> tuple[bytes, bytes]:
    """What comes at once, and what comes byte by byte."""
    kinds = [
        (b"", b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + b"y" * 500),
        (b"", handshake(draw, session_id)[:-2] + b"X-Slow: " + b"y" * 500),
        (
            b"POST /session/start HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\n",
            b'{"elcor": "' + b"y" * 500,
        ),
        (b"POST /session/start HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n{\r\n" * 100),
        (b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\r\n" * 300),
    ]
    return draw.choice(kinds)


async def dribble(port: int, session_id: str, draw: random.Random, patience: float, tally: Tally) -> None:
    """Run one of them; the gateway must end it within `patience` seconds."""
    tally.tried["slow loris"] += 1
    at_once, slowly = dribbles(draw, session_id)
    async with connection(port) as (reader, writer):
        reading = asyncio.create_task(_until_closed(reader))
        with contextlib.suppress(ConnectionError):
            writer.write(at_once)
            began = asyncio.get_running_loop().time()
            for byte in slowly:
                if reading.done() or asyncio.get_running_loop().time() > began + patience:
                    break
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(_PAUSE)
        if not reading.done():
            reading.cancel()
            tally.blame(f"after {patience} s the gateway still waits for {at_once + slowly[:60]!r}")
            return
        statuses = reading.result()
        tally.outcomes[str(statuses[-1]) if statuses else "closed"] += 1
        if not set(statuses) <= {200, 408}:
            tally.blame(f"{statuses} to a client that dribbles {at_once + slowly[:60]!r}")


async def _until_closed(reader: asyncio.StreamReader) -> list[int]:
    """Return the statuses of all answers up to the end of the connection."""
    statuses = []
    while (answer := await read_answer(reader)) is not None:
        statuses.append(answer.status)
    return statuses


@asynccontextmanager
async def deaf_listeners(port: int, session_id: str, count: int) -> AsyncIterator[None]:
    """Event streams that are opened and never read. In the end half of them vanish by RST, half close."""
    links: list[asyncio.StreamWriter] = []
    try:
        for _ in range(count):
            link = socket.socket()
            link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL)
            link.setblocking(False)
            await asyncio.get_running_loop().sock_connect(link, ("127.0.0.1", port))
            _, writer = await asyncio.open_connection(sock=link, limit=1)
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            writer.write(f"GET /session/{session_id}/stream HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            links.append(writer)
        yield
    finally:
        for place, writer in enumerate(links):
            if place % 2:
                reset(writer)
            else:
                writer.close()
