"""A client of one session whose calls block, for state machines: it keeps what a client has to keep, and no more."""

import json
import socket
import struct
from typing import Any

import httpx
import numpy as np
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

_PATIENCE = 60.0
"""Seconds; only a failing test waits that long, however busy the machine is."""
_QUIET = 0.2
"""Seconds after which a stream has nothing more to tell for now."""


def spoken(begin: int, end: int) -> bytes:
    """s16le samples of which each tells its position."""
    return (np.arange(begin, end) % 30_000).astype("<i2").tobytes()


def open_socket(url: str, session_id: str, offset: int | None = None) -> ClientConnection:
    query = "" if offset is None else f"?offset={offset}"
    address = f"{url.replace('http', 'ws')}/session/{session_id}/audio{query}"
    return connect(address, legacy=True, compression=None, open_timeout=_PATIENCE, close_timeout=_PATIENCE)


def hear_answer(link: ClientConnection) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(link.recv(_PATIENCE))
    return found


def break_off(link: ClientConnection) -> None:
    """Ends the connection by RST: no close frame, nothing read, as when a network goes away."""
    link.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    link.socket.close()


def close_code(link: ClientConnection) -> int:
    """Reads until the server closes; with which code."""
    try:
        while True:
            link.recv(_PATIENCE)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd is not None else 1006


def listen(client: httpx.Client, session_id: str, last: str, *, to_the_end: bool = False) -> list[dict[str, str]]:
    """Resumes after `last`: the blocks with an event and an id, until it is quiet or, `to_the_end`, until it ends."""
    buffer = ""
    timeout = httpx.Timeout(_PATIENCE, read=_PATIENCE if to_the_end else _QUIET)
    headers = {"Last-Event-ID": last}
    try:
        with client.stream("GET", f"/session/{session_id}/stream", headers=headers, timeout=timeout) as answer:
            if answer.status_code == 204:
                return []
            assert answer.status_code == 200, answer.status_code
            for text in answer.iter_text():
                buffer += text
    except httpx.ReadTimeout:
        assert not to_the_end, f"the stream did not end: {buffer[-500:]}"
    whole, _, _ = buffer.rpartition("\n\n")
    blocks = [
        dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        for block in whole.split("\n\n")
    ]
    assert not [block for block in blocks if block.get("event") == "gap"], blocks
    return [block for block in blocks if "event" in block and "id" in block]
