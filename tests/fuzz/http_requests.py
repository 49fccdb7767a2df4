"""Random HTTP requests: paths, queries, headers and bodies that no client should send."""

import asyncio
import json
import random
import string
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from tests.fuzz.http_client import PATIENCE, Answer, connection, read_answer
from tests.fuzz.tally import Tally

_METHODS: Final = ["GET", "POST", "DELETE", "HEAD", "PUT", "PATCH", "OPTIONS", "TRACE"]
_STRANGE_METHODS: Final = ["CONNECT", "PRI", "PROPFIND", "get", "G\x00T", "", "A" * 300]
_CALLS: Final = [
    *[("POST", "/session/start"), ("POST", "/session/{id}/corrections"), ("GET", "/session/{id}/history")] * 4,
    *[("GET", "/session/{id}/stream"), ("GET", "/session/{id}/export"), ("GET", "/session/{id}")] * 2,
    *(("DELETE", "/session/{id}/end"), ("DELETE", "/session/{id}"), ("POST", "/session/{id}/pin")),
    *(("GET", "/session/{id}/audio"), ("GET", "/model"), ("GET", "/health"), ("GET", "/ready"), ("GET", "/metrics")),
    ("GET", "/openapi.json"),
]
_ODD_NUMBERS: Final = [
    *("0", "-1", "1e400", "-0", "nan", "inf", "-Infinity", "1_000", "٣", "１２", "0x10", "1e-320", "", " 5 ", "5\x00"),
    *("9" * 5000, "true", "null", "[]", "0.5.5", "+1", "10000", "10001", "0.999999999999999999"),
]
_QUERY_NAMES: Final = ["limit", "min_confidence", "format", "offset", "last_event_id", "", "limit[]", "x" * 200]
_FORMATS: Final = ["json", "csv", "jsonl", "vtt", "srt", "xml", "JSON", "../../etc/passwd"]
_EVENT_IDS: Final = [
    "0-0",
    "48000-1",
    "-",
    "1-",
    "-1-1",
    "9" * 15 + "-1",
    "9" * 16 + "-1",
    "١-١",
    "1-1\n",
    "$",
    "+",
    "é",
]
_HEADER_NAMES: Final = [
    *("Last-Event-ID", "Origin", "Content-Type", "Accept", "X-Forwarded-Host", "X-Forwarded-For", "X-CF-License-Key"),
    *("X-API-Key", "Authorization", "Cookie", "Expect", "Range", "If-None-Match", "Upgrade", "Connection", "TE", "Via"),
]
_HEADER_VALUES: Final = [
    *("", "null", "https://evil.example", "http://[::1", "CFG-LNNT-A", "application/json", "text/plain", "close"),
    *(
        "100-continue",
        "websocket",
        "h2c",
        "Bearer é",
        "bytes=0-",
        "*/*;q=2",
        "keep-alive, Upgrade",
        "multipart/form-data",
    ),
    *("application/json; charset=utf-7", "application/x-www-form-urlencoded", "localhost, localhost", "😀", "\t", "-1"),
]


def a_request(draw: random.Random, session_ids: Sequence[str]) -> bytes:
    """The bytes of one request, whole as far as its own headers say."""
    method, path = draw.choice(_CALLS)
    if draw.random() < 0.1:
        method = draw.choice([*_METHODS, *_STRANGE_METHODS])
    body = _body(draw, session_ids) if method in {"POST", "PUT", "PATCH"} or draw.random() < 0.05 else b""
    lines = [f"{method} {_path(draw, path, session_ids)}{_query(draw)} HTTP/1.{draw.choice('1111110')}"]
    if draw.random() < 0.97:
        lines.append("Host: localhost")
    if body or method in {"POST", "PUT", "PATCH"}:
        lines.append(f"Content-Length: {len(body)}")
        lines.append(f"Content-Type: {'application/json' if draw.random() < 0.85 else draw.choice(_HEADER_VALUES)}")
    more = draw.choice([0, 0, 0, 1, 1, 2, 5])
    lines += [f"{draw.choice(_HEADER_NAMES)}: {_header_value(draw)}" for _ in range(more)]
    if draw.random() < 0.01:
        lines.append(f"X-Long: {'a' * draw.choice([1_000, 9_000, 40_000])}")
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogatepass") + body


def garbage(draw: random.Random, _: Sequence[str]) -> bytes:
    """Bytes that hardly resemble HTTP."""
    kind = draw.randrange(7)
    if kind == 0:
        return draw.randbytes(draw.randrange(1, 400)) + b"\r\n\r\n"
    if kind == 1:
        return b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + draw.randbytes(200)  # TLS on a plain port
    if kind == 2:
        return b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    if kind == 3:
        return b"GET /health HTTP/%d.%d\r\n\r\n" % (draw.randrange(12), draw.randrange(12))
    if kind == 4:
        length = draw.choice([b"-1", b"99999999999999999999", b"5, 6", b"0x5", b"+3", b"5\r\nContent-Length: 7"])
        return b"POST /session/start HTTP/1.1\r\nHost: x\r\nContent-Length: " + length + b"\r\n\r\n{}"
    if kind == 5:
        chunk = draw.choice(
            [b"zz\r\n", b"fffffffffffffffff\r\n", b"-5\r\nhello\r\n", b"5;" + b"x" * 500 + b"\r\nab\r\n"]
        )
        return b"POST /session/start HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk + b"\r\n\r\n"
    whole = bytearray(b"GET /health?x=1 HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n")
    for _i in range(draw.randrange(1, 6)):
        whole[draw.randrange(len(whole) - 4)] = draw.randrange(256)
    return bytes(whole)


def _path(draw: random.Random, template: str, session_ids: Sequence[str]) -> str:
    if draw.random() < 0.08:
        letters = string.printable.replace(" ", "").replace("\r", "").replace("\n", "") + "äß😀\x7f"
        text = "".join(draw.choice(letters) for _ in range(draw.randrange(60)))
        return draw.choice(["/", "//", "", "*", "/%", "/%00", "/..%2f..%2f", "http://x/", "/session/"]) + text
    path = template.replace("{id}", _session_id(draw, session_ids))
    if draw.random() < 0.05:
        path += draw.choice(["/", "//", "/..", "%2e%2e", ";x=1", "%", "%ff", "%00", "\\", "#x"])
    return path


def _session_id(draw: random.Random, session_ids: Sequence[str]) -> str:
    if draw.random() < 0.6:
        return draw.choice(session_ids)
    strange = [
        f"{draw.randrange(9)}-{draw.randbytes(16).hex()}",
        f"{draw.randrange(10**9)}-{draw.randbytes(16).hex()}",
        f"٣-{draw.randbytes(16).hex()}",
        draw.choice(session_ids).upper(),
        draw.choice(session_ids)[:-1],
        draw.choice(session_ids) + "%0a",
        "-" * draw.randrange(1, 40),
        quote("}:session:{"),
        "%F0%9F%98%80",
        "%ff%fe",
        "a" * draw.choice([1, 500, 5_000]),
        "0-" + "0" * 32,
    ]
    return draw.choice(strange)


def _query(draw: random.Random) -> str:
    if draw.random() < 0.5:
        return ""
    values = [*_ODD_NUMBERS, *_FORMATS, *_EVENT_IDS]
    pairs = []
    for _ in range(draw.choice([1, 1, 1, 2, 3, 50])):
        value = draw.choice(values)
        raw = draw.random() < 0.1 and value.isprintable() and " " not in value
        pairs.append(f"{draw.choice(_QUERY_NAMES)}={value if raw else quote(value)}")
    return draw.choice(["?", "?", "?", "?&", "??"]) + "&".join(pairs)


def _header_value(draw: random.Random) -> str:
    pool = draw.choice([_HEADER_VALUES, _ODD_NUMBERS, _EVENT_IDS])
    return draw.choice(pool).replace("\n", " ").replace("\x00", draw.choice(["", "\x00"]))


def _body(draw: random.Random, session_ids: Sequence[str]) -> bytes:
    kind = draw.randrange(10)
    if kind == 0:
        return draw.randbytes(draw.choice([0, 1, 50, 5_000]))
    if kind == 1:
        return b"[" * draw.choice([10, 2_000, 60_000])
    if kind == 2:
        return b'{"a":' * draw.choice([10, 2_000, 10_000])
    if kind == 3:
        return draw.choice(
            [b"", b"null", b"[]", b'""', b"0", b"{}", b"NaN", b"9" * 5_000, b"\xef\xbb\xbf{}", b'{"a":1']
        )
    if kind == 4:
        return b'{"elcor":true,"x":"' + b"x" * draw.choice([1_000, 65_000, 70_000, 300_000]) + b'"}'
    wish: dict[str, object] = {}
    for _ in range(draw.randrange(5)):
        names = ["elcor", "sample_rate", "event_id", "affect", "note", "", "\ud800", "ключ", "__proto__", "event_id"]
        wish[draw.choice(names)] = _value(draw, session_ids, 0)
    return json.dumps(wish, ensure_ascii=draw.random() < 0.7).encode("utf-8", "surrogatepass")


def _value(draw: random.Random, session_ids: Sequence[str], depth: int) -> object:
    scalars: list[object] = [
        *(None, True, False, 0, -1, 16_000, 16_000.5, 8_000, 48_001, 10**30, 1e308, float("nan"), float("inf")),
        *("calm", "neutral", "urgent", "16000", "true", "", "\ud800", "\udfff\ud800", "\x00", "x" * 2_001, "😀" * 500),
        *(*_EVENT_IDS, draw.choice(session_ids)),
    ]
    if depth < 3 and draw.random() < 0.15:
        inner = [_value(draw, session_ids, depth + 1) for _ in range(draw.randrange(4))]
        return inner if draw.random() < 0.5 else {str(place): value for place, value in enumerate(inner)}
    return draw.choice(scalars)


async def send(port: int, wire: bytes, tally: Tally) -> None:
    """Sends one request and judges what comes back: a status below 500 or 503, a problem document for a refusal.

    What is incomplete stays so: the gateway has to end it by its own deadline.
    """
    async with connection(port) as (reader, writer):
        try:
            writer.write(wire)
            answer = await asyncio.wait_for(read_answer(reader), PATIENCE)
        except (ConnectionError, OSError):
            tally.outcomes["closed"] += 1
            return
        except TimeoutError:
            tally.blame(f"no answer within {PATIENCE} s to {wire[:300]!r}")
            return
    judge(answer, wire, tally)


def judge(answer: Answer | None, wire: bytes, tally: Tally) -> None:
    """Counts one answer."""
    if answer is None:
        tally.outcomes["closed"] += 1
        return
    tally.outcomes[str(answer.status)] += 1
    tally.sound += answer.status < 400
    if answer.status >= 500 and answer.status != 503:
        tally.blame(f"{answer.status} to {wire[:300]!r}: {answer.body[:200]!r}")
    elif answer.status >= 400 and not wire.startswith(b"HEAD") and not _is_problem(answer):
        tally.blame(
            f"{answer.status} without a problem document to {wire[:300]!r}: {answer.headers} {answer.body[:200]!r}"
        )


def _is_problem(answer: Answer) -> bool:
    if not answer.problem:
        return False
    told = json.loads(answer.body)
    return told["status"] == answer.status and bool(told["title"]) and bool(told["detail"])
