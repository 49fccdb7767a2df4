"""Random WebSocket frames (RFC 6455), right and wrong, each with the close codes that it may lead to."""

import asyncio
import base64
import contextlib
import json
import random
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tests.fuzz.http_client import PATIENCE, connection, read_answer, reset
from tests.fuzz.tally import Tally

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
_SECOND: Final = 32_000
"""Bytes of a second of audio."""
_LONGEST: Final = 4 * 1024 * 1024
"""Bytes of a message that is refused for its length, whatever is in it."""
OPEN: Final = frozenset[int]()
PROTOCOL_ERROR: Final = frozenset({1002})


@dataclass(frozen=True, slots=True)
class Attempt:
    """Bytes to send, and the required result."""

    kind: str
    wire: bytes
    closes: frozenset[int] = OPEN
    """The codes of which the gateway must close with one; empty: the socket stays open."""
    answers: int = 0
    """Acknowledgements that follow."""
    leaves: bool = False
    """The client goes without a word behind it."""


def frame(
    opcode: int, payload: bytes = b"", *, fin: bool = True, reserved: int = 0, mask: bytes | None = b"\x01\x02\x03\x04",
    declared: int | None = None,
) -> bytes:  # fmt: skip
    """One frame; `declared` lies about the length, `mask=None` leaves out what clients must do."""
    length = len(payload) if declared is None else declared
    masked = 0x80 if mask is not None else 0
    head = bytes([(0x80 if fin else 0) | reserved << 4 | opcode])
    if length < 126:
        head += bytes([masked | length])
    elif length < 1 << 16:
        head += bytes([masked | 126]) + struct.pack(">H", length)
    else:
        head += bytes([masked | 127]) + struct.pack(">Q", length)
    if mask is None:
        return head + payload
    key = (mask * (len(payload) // 4 + 1))[: len(payload)]
    covered = int.from_bytes(payload, "little") ^ int.from_bytes(key, "little")
    return head + mask + covered.to_bytes(len(payload), "little")


def _audio(draw: random.Random) -> Attempt:
    size = 2 * draw.choice([1, 2, 7, 80, 800, 1_600, draw.randrange(1, 3_000)])
    return Attempt("audio", frame(BINARY, draw.randbytes(size), mask=draw.randbytes(4)), answers=1)


def _fragmented_audio(draw: random.Random) -> Attempt:
    pieces = [draw.randbytes(draw.choice([0, 1, 2, 3, 160])) for _ in range(draw.randrange(2, 9))]
    if sum(map(len, pieces)) % 2:
        pieces.append(b"\x00")
    if not any(pieces):
        pieces[0] = b"\x00\x01"
    wire = frame(BINARY, pieces[0], fin=False)
    for place, piece in enumerate(pieces[1:], 2):
        if draw.random() < 0.3:
            wire += frame(PING, draw.randbytes(draw.randrange(126)))
        wire += frame(CONT, piece, fin=place == len(pieces))
    return Attempt("fragmented audio", wire, answers=1)


def _odd(draw: random.Random) -> Attempt:
    size = 2 * draw.choice([0, 1, 500, 15_999, 20_000]) + 1
    return Attempt("odd length", frame(BINARY, bytes(size)), frozenset({4003}))


def _empty(draw: random.Random) -> Attempt:
    wire = frame(BINARY) if draw.random() < 0.5 else frame(BINARY, fin=False) + frame(CONT, fin=False) + frame(CONT)
    return Attempt("empty", wire, frozenset({4003}))


def _too_long(draw: random.Random) -> Attempt:
    size = draw.choice([_SECOND + 2, _SECOND * 2, 1_000_000, _LONGEST])
    return Attempt("longer than a second", frame(BINARY, bytes(size)), frozenset({4008}))


def _beyond_all_bounds(draw: random.Random) -> Attempt:
    size = draw.choice([_LONGEST + 1, 1 << 31, (1 << 63) - 1])
    return Attempt("declared too long", frame(BINARY, draw.randbytes(10), declared=size), frozenset({4008}))


def _impossible_length(draw: random.Random) -> Attempt:
    size = draw.choice([1 << 63, (1 << 64) - 1])
    return Attempt("impossible length", frame(BINARY, b"ab", declared=size), frozenset({1002, 1009, 4008}))


def _many_fragments(draw: random.Random) -> Attempt:
    wire = frame(BINARY, fin=False) + frame(CONT, fin=False) * draw.choice([5_000, 20_000])
    return Attempt("endless fragments", wire, frozenset({1009}))


def _text(draw: random.Random) -> Attempt:
    text = draw.choice(["", "{}", '{"type":"start"}', "ä" * 50, "😀", "\x00", "x" * 70_000])
    return Attempt("text", frame(TEXT, text.encode()), frozenset({4011}))


def _text_not_utf8(draw: random.Random) -> Attempt:
    payload = draw.choice([b"\xff\xfe", b"\xed\xa0\x80", b"ab\xc3", b"\xf8\x88\x80\x80\x80", b"\xc0\x80"])
    whole = frame(TEXT, payload)
    split = frame(TEXT, payload[:1], fin=False) + frame(CONT, payload[1:])
    return Attempt("text that is no UTF-8", draw.choice([whole, split]), frozenset({1007}))


def _unmasked(draw: random.Random) -> Attempt:
    return Attempt("unmasked", frame(draw.choice([TEXT, BINARY, PING, CLOSE]), b"ab", mask=None), PROTOCOL_ERROR)


def _reserved(draw: random.Random) -> Attempt:
    return Attempt("reserved bits", frame(BINARY, b"ab", reserved=draw.randrange(1, 8)), PROTOCOL_ERROR)


def _unknown_opcode(draw: random.Random) -> Attempt:
    return Attempt("unknown opcode", frame(draw.choice([3, 4, 5, 6, 7, 11, 12, 13, 14, 15]), b"ab"), PROTOCOL_ERROR)


def _wrong_order(draw: random.Random) -> Attempt:
    lone = frame(CONT, b"ab", fin=draw.random() < 0.5)
    twice = frame(BINARY, b"ab", fin=False) + frame(draw.choice([TEXT, BINARY]), b"ab")
    return Attempt("fragments in disorder", draw.choice([lone, twice]), PROTOCOL_ERROR)


def _wrong_control(draw: random.Random) -> Attempt:
    opcode = draw.choice([PING, PONG, CLOSE])
    long = frame(opcode, b"\x03\xe8" + bytes(draw.choice([124, 300, 70_000])))
    return Attempt("wrong control frame", draw.choice([long, frame(opcode, fin=False)]), PROTOCOL_ERROR)


def _ping(draw: random.Random) -> Attempt:
    payload = draw.randbytes(draw.choice([0, 1, 125]))
    return Attempt("ping or pong", frame(draw.choice([PING, PONG]), payload) * draw.choice([1, 2, 50]))


def _close(draw: random.Random) -> Attempt:
    code = draw.choice([1000, 1001, 1003, 1007, 1008, 1011, 1012, 1013, 1014, 3000, 4000, 4999])
    payload = struct.pack(">H", code) + draw.choice([b"", b"bye", "tschüß".encode(), b"x" * 123])
    return Attempt("close", frame(CLOSE, payload), frozenset({code}))


def _wrong_close(draw: random.Random) -> Attempt:
    code = draw.choice([0, 1, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65_535])
    payload = draw.choice([b"\x03", struct.pack(">H", code), struct.pack(">H", 1000) + b"\xff\xfe"])
    return Attempt("wrong close", frame(CLOSE, payload), frozenset({1002, 1007}))


def _garbage(draw: random.Random) -> Attempt:
    # Reserved bits and a length that is there make sure that it is wrong, not merely incomplete.
    wire = bytes([draw.randrange(256) | 0x70, 0x80 | draw.randrange(16)]) + draw.randbytes(draw.randrange(20, 400))
    return Attempt("garbage", wire, PROTOCOL_ERROR)


def _half_a_frame(draw: random.Random) -> Attempt:
    whole = frame(draw.choice([BINARY, TEXT, PING, CLOSE]), draw.randbytes(draw.choice([2, 100])))
    return Attempt("half a frame", whole[: draw.randrange(1, len(whole))], leaves=True)


def _sudden_end(draw: random.Random) -> Attempt:
    return Attempt("sudden end", frame(BINARY, bytes(2 * draw.randrange(1, 800))), leaves=True)


_KINDS: Final[list[Callable[[random.Random], Attempt]]] = [
    *[_audio, _ping, _fragmented_audio] * 6,
    *(_odd, _empty, _too_long, _beyond_all_bounds, _impossible_length, _text, _text_not_utf8, _unmasked, _reserved),
    *(_unknown_opcode, _wrong_order, _wrong_control, _close, _wrong_close, _garbage, _half_a_frame, _sudden_end),
]
_RARE: Final = 0.003


def an_attempt(draw: random.Random) -> Attempt:
    """Any of them; long ones seldom."""
    return _many_fragments(draw) if draw.random() < _RARE else draw.choice(_KINDS)(draw)


HANDSHAKE: Final = (
    "GET /session/{session_id}/audio{query} HTTP/1.1\r\nHost: localhost\r\n"
    "Connection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
)


def handshake(draw: random.Random, session_id: str, query: str = "") -> bytes:
    key = base64.b64encode(draw.randbytes(16)).decode()
    return HANDSHAKE.format(session_id=session_id, query=query, key=key).encode()


async def read_frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Return opcode and payload of the server's next frame. Raises IncompleteReadError at the end."""
    first, second = await reader.readexactly(2)
    length = second & 0x7F
    if length == 126:
        (length,) = struct.unpack(">H", await reader.readexactly(2))
    elif length == 127:
        (length,) = struct.unpack(">Q", await reader.readexactly(8))
    return first & 0x0F, await reader.readexactly(length)


async def one_connection(port: int, session_id: str, draw: random.Random, most: int, tally: Tally) -> int:
    """Sends up to `most` attempts over one socket; how many it came to before one of them ended it."""
    async with connection(port) as (reader, writer):
        writer.write(handshake(draw, session_id))
        answer = await asyncio.wait_for(read_answer(reader), PATIENCE)
        if answer is not None and answer.status == 408:  # whoever sends this stood still for too long; it tries again
            tally.outcomes["408"] += 1
            return 0
        if answer is None or answer.status != 101:
            tally.blame(f"the handshake was answered by {answer}")
            return 1
        for sent in range(1, most + 1):
            attempt = an_attempt(draw)
            tally.tried[f"frame: {attempt.kind}"] += 1
            tally.sound += attempt.kind == "close" or not (attempt.closes or attempt.leaves)
            with contextlib.suppress(ConnectionError):
                writer.write(attempt.wire)
                if not attempt.leaves:
                    await writer.drain()
            if attempt.leaves:
                reset(writer)
                return sent
            if not await _came_of_it(reader, attempt, tally):
                return sent
        return most


async def _came_of_it(reader: asyncio.StreamReader, attempt: Attempt, tally: Tally) -> bool:
    """Reads what the attempt leads to; whether the socket is still open."""
    answers = 0
    try:
        async with asyncio.timeout(PATIENCE):
            while answers < attempt.answers or attempt.closes:
                opcode, payload = await read_frame(reader)
                if opcode == CLOSE:
                    _judge_close(payload, attempt, tally)
                    return False
                if opcode == TEXT:
                    answers += bool(json.loads(payload)["ok"])
    except (asyncio.IncompleteReadError, ConnectionError):
        tally.outcomes["closed without a code"] += 1
        # RST may overtake the close frame when the gateway ends with bytes unread; the socket is closed all the same.
        if not attempt.closes:
            tally.blame(f"{attempt.kind}: the connection was dropped")
        return False
    except TimeoutError:
        tally.blame(f"{attempt.kind}: nothing came within {PATIENCE} s of {attempt.wire[:60]!r}")
        return False
    return True


def _judge_close(payload: bytes, attempt: Attempt, tally: Tally) -> None:
    code = struct.unpack(">H", payload[:2])[0] if payload else 1005
    tally.outcomes[f"close {code}"] += 1
    if code not in attempt.closes:
        wanted = sorted(attempt.closes) or "to stay open"
        tally.blame(f"{attempt.kind}: closed with {code} {payload[2:]!r}, wanted {wanted}; {attempt.wire[:60]!r}")
