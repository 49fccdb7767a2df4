"""Random WebSocket handshakes: headers that are wrong, missing, doubled or too long, and invalid offsets."""

import asyncio
import random
import struct
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from tests.fuzz.http_client import PATIENCE, connection, read_answer
from tests.fuzz.tally import Tally
from tests.fuzz.websocket_frames import CLOSE, frame, read_frame

_OFFSETS: Final = [
    "0",
    "1",
    "-1",
    "1.5",
    "1e3",
    "٣",
    "",
    "9" * 12,
    "9" * 13,
    "x",
    "\x00",
    " 1",
    "0x1",
    "😀",
    "1&offset=2",
]
_REFUSED: Final = frozenset({400, 403, 404, 405, 408, 422, 426, 429, 431})
_CODES: Final = frozenset({1000, 4003, 4004, 4009, 4010})


def a_handshake(draw: random.Random, session_ids: Sequence[str]) -> bytes:
    """One handshake, whole; right in most of its parts."""
    own = draw.choice([*session_ids, *session_ids, "0-" + "0" * 32, "nothing", "%ff", "a" * 7_000])
    query = f"?offset={quote(draw.choice(_OFFSETS), safe='&=')}" if draw.random() < 0.6 else ""
    path = draw.choice([f"/session/{own}/audio"] * 6 + ["/", "/health", f"/session/{own}/stream", "*"])
    headers = {
        "Host": "localhost",
        "Connection": draw.choice(["Upgrade"] * 6 + ["keep-alive, Upgrade", "close", "upgrade, close", ""]),
        "Upgrade": draw.choice(["websocket"] * 8 + ["WebSocket", "h2c", "websocket, h2c"]),
        "Sec-WebSocket-Version": draw.choice(["13"] * 8 + ["8", "", "99", "thirteen"]),
        "Sec-WebSocket-Key": draw.choice(["AAECAwQFBgcICQoLDA0ODw=="] * 8 + ["", "short", "é", "A" * 5_000]),
    }
    if draw.random() < 0.15:
        del headers[draw.choice(list(headers))]
    lines = [f"{name}: {value}" for name, value in headers.items()]
    strange = [
        "Origin: https://evil.example",
        "Origin: http://[::1",
        "Origin: é",
        "Sec-WebSocket-Protocol: " + ", ".join(["x"] * 200),
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=99, ;;",
        "Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==",
        "X-Long: " + "x" * 9_000,
        "X-Odd: \x01\xff",
        "Content-Length: 5",
        "Transfer-Encoding: chunked",
        *("\r\n".join(f"X-{place}: y" for place in range(count)) for count in (100, 300)),
    ]
    if draw.random() < 0.4:
        lines.append(draw.choice(strange))
    method = draw.choice(["GET"] * 9 + ["POST", "HEAD", "DELETE"])
    head = "\r\n".join([f"{method} {path}{query} HTTP/1.{draw.choice('1111110')}", *lines, "", ""])
    return head.encode("latin-1", "replace") + (draw.randbytes(30) if draw.random() < 0.05 else b"")


async def send(port: int, wire: bytes, tally: Tally) -> None:
    """Sends one handshake and ends the socket, if there comes to be one, in order."""
    try:
        async with asyncio.timeout(PATIENCE), connection(port) as (reader, writer):
            writer.write(wire)
            answer = await read_answer(reader)
            if answer is None:
                tally.outcomes["closed"] += 1
                return
            tally.outcomes[str(answer.status)] += 1
            if answer.status == 101:
                tally.sound += 1
                writer.write(frame(CLOSE, struct.pack(">H", 1000)))
                code = await _close_code(reader)
                tally.outcomes[f"close {code}"] += 1
                if code not in _CODES:
                    tally.blame(f"closed with {code} after {wire[:300]!r}")
            elif answer.status >= 300 and answer.status not in _REFUSED:
                tally.blame(f"{answer.status} to {wire[:300]!r}: {answer.body[:200]!r}")
    except (asyncio.IncompleteReadError, ConnectionError):
        tally.outcomes["closed"] += 1
    except TimeoutError:
        tally.blame(f"no answer within {PATIENCE} s to {wire[:300]!r}")


async def _close_code(reader: asyncio.StreamReader) -> int:
    while True:
        opcode, payload = await read_frame(reader)
        if opcode == CLOSE:
            code: int = struct.unpack(">H", payload[:2])[0]
            return code
