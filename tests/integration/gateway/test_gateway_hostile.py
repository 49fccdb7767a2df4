"""Hostile or broken clients: each is refused with a sentence, and costs the others nothing."""

import asyncio
import contextlib
import json
import logging
import random
import select
import socket
import struct
import time
from functools import partial

import psutil
import pytest

from gateway.server.http_protocol import HttpProtocol
from gateway.server.websocket_messages import Unfinished
from gateway.server.websocket_protocol import WebSocketProtocol
from shared.settings import Settings
from tests.fuzz.http_client import Answer, connection, read_answer, reset
from tests.fuzz.websocket_frames import BINARY, CLOSE, CONT, PING, TEXT, frame, handshake, read_frame
from tests.integration.conftest import test_settings
from tests.integration.live_gateway import LiveGateway, answer
from tests.integration.talker import until

HEAD = b"GET /health HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture
def settings(redis_url: str) -> Settings:
    return test_settings(redis_url, request_timeout=0.4)


async def told(port: int, *pieces: bytes, pause: float = 0.0) -> Answer | None:
    """What comes back on one connection to which the pieces are sent."""
    async with asyncio.timeout(30), connection(port) as (reader, writer):
        answering = asyncio.create_task(read_answer(reader))
        for piece in pieces:
            if answering.done():
                break
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
        return await answering


async def close_code(port: int, session_id: str, wire: bytes) -> int:
    """With which code the gateway closes an audio socket on which `wire` is sent."""
    async with asyncio.timeout(30), connection(port) as (reader, writer):
        writer.write(handshake(random.Random(1), session_id))
        opened = await read_answer(reader)
        assert opened is not None
        assert opened.status == 101
        writer.write(wire)
        while True:
            opcode, payload = await read_frame(reader)
            if opcode == CLOSE:
                code: int = struct.unpack(">H", payload[:2])[0]
                return code


def assert_problem(found: Answer | None, status: int) -> None:
    assert found is not None
    assert found.status == status
    assert found.problem
    assert json.loads(found.body)["status"] == status


async def test_headers_that_dribble_in_are_cut_off(gateway: LiveGateway) -> None:
    dribbled = [b"GET /health HTTP/1.1\r\nHost: localhost\r\n", *(b"X-%d: y\r\n" % place for place in range(20))]
    assert_problem(await told(gateway.port, *dribbled, pause=0.1), 408)


async def test_blank_lines_between_requests_put_nothing_off(gateway: LiveGateway) -> None:
    async with asyncio.timeout(30), connection(gateway.port) as (reader, writer):
        writer.write(HEAD + b"\r\n")
        first = await read_answer(reader)
        assert first is not None
        assert first.status == 200
        began = time.monotonic()
        with contextlib.suppress(ConnectionError):
            while not reader.at_eof() and time.monotonic() < began + 8:
                writer.write(b"\r\n")
                await writer.drain()
                await asyncio.sleep(0.05)
                if writer.is_closing():
                    break
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(reader.read(1000), 0.01)
        assert reader.at_eof() or writer.is_closing()


async def test_an_upgrade_that_stalls_is_cut_off(gateway: LiveGateway) -> None:
    session_id = await gateway.start_session()
    assert_problem(await told(gateway.port, handshake(random.Random(1), session_id)[:-4]), 408)


async def test_a_connection_on_which_nothing_comes_is_closed_without_a_word(gateway: LiveGateway) -> None:
    assert await told(gateway.port) is None


async def test_a_body_that_dribbles_in_is_cut_off(gateway: LiveGateway) -> None:
    head = b"POST /session/start HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200\r\n\r\n"
    assert_problem(await told(gateway.port, head, *[b"{"] * 20, pause=0.1), 408)


async def test_who_sends_a_body_that_is_too_long_to_its_end_still_reads_why(gateway: LiveGateway) -> None:
    async with asyncio.timeout(30), connection(gateway.port) as (reader, writer):
        writer.write(b"POST /session/start HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3000000\r\n\r\n")
        for _ in range(30):  # a client that looks at the answer only when it has sent everything
            writer.write(bytes(100_000))
            await writer.drain()
            await asyncio.sleep(0.01)
        assert_problem(await read_answer(reader), 413)
        assert await reader.read() == b""  # closed, not reset


def read_after_sending(port: int, head: bytes) -> bytes:
    """What a client reads that first sends its whole body, of which the gateway has taken none when it answers."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as link:
        link.sendall(head)
        assert select.select([link], [], [], 30)[0], "no answer"
        for _ in range(30):
            link.sendall(bytes(10_000))
            time.sleep(0.01)
        link.shutdown(socket.SHUT_WR)
        return b"".join(iter(partial(link.recv, 10_000), b""))


@pytest.mark.parametrize("connection_header", [b"close", b"keep-alive"])
async def test_who_is_refused_before_the_body_is_read_still_reads_why(
    gateway: LiveGateway, connection_header: bytes
) -> None:
    head = (
        b"POST /session/start HTTP/1.1\r\nHost: localhost\r\nOrigin: https://foreign.example\r\n"
        b"Content-Length: 300000\r\nConnection: " + connection_header + b"\r\n\r\n"
    )
    answered = await asyncio.to_thread(read_after_sending, gateway.port, head)
    assert answered.startswith(b"HTTP/1.1 403 ")
    assert b"LINNET_ALLOWED_ORIGINS" in answered


async def test_whoever_asks_on_after_the_last_answer_is_not_heard(gateway: LiveGateway) -> None:
    refused = b"POST /session/start HTTP/1.1\r\nHost: x\r\nOrigin: https://foreign.example\r\nContent-Length: 9\r\n"
    async with asyncio.timeout(30), connection(gateway.port) as (reader, writer):
        writer.write(refused + b"Connection: close\r\n\r\n")
        assert_problem(await read_answer(reader), 403)
        writer.write(bytes(9) + HEAD + b"\r\n")
        assert await reader.read() == b""


async def test_a_stream_and_a_socket_outlast_the_deadline(gateway: LiveGateway) -> None:
    session_id = await gateway.start_session()
    async with gateway.events(session_id) as events, gateway.audio(session_id) as audio:
        await asyncio.sleep(0.6)
        await audio.send(bytes(320))
        assert (await answer(audio))["ok"]
        assert await events.block() == ": heartbeat"


async def test_endless_headers_are_cut_off_before_they_fill_the_memory(gateway: LiveGateway) -> None:
    endless = [HEAD + b"X: ", *[b"a" * 16_384] * 200]
    assert_problem(await told(gateway.port, *endless), 431)


async def test_what_is_not_http_is_told_so(gateway: LiveGateway) -> None:
    assert_problem(await told(gateway.port, b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n"), 400)


async def test_what_came_before_garbage_is_answered(gateway: LiveGateway, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        for garbage in (b"\x00\x01\r\n\r\n", b"GET /health HTTP/9.9\r\n\r\n"):
            found = await told(gateway.port, HEAD + b"\r\n" + garbage)
            assert found is not None
            assert found.status == 200
        chunk = b"POST /session/start HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
        assert_problem(await told(gateway.port, chunk), 400)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_a_handshake_that_cannot_be_read_is_answered(gateway: LiveGateway) -> None:
    whole = handshake(random.Random(1), await gateway.start_session())
    for line in (b"X-Long: " + b"x" * 9_000, b"Content-Length: 5"):
        assert_problem(await told(gateway.port, whole[:-2] + line + b"\r\n\r\n"), 400)


async def test_connections_beyond_what_the_process_may_open_get_503(
    gateway: LiveGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = HttpProtocol.__init__

    def narrow(self: HttpProtocol, *args: object, **options: object) -> None:
        made(self, *args, **options)  # type: ignore[arg-type]
        self._bounds = type(self._bounds)(head_seconds=5.0, connections=3)

    monkeypatch.setattr(HttpProtocol, "__init__", narrow)
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(3):
            await stack.enter_async_context(connection(gateway.port))
        full = await told(gateway.port, HEAD + b"\r\n")
        assert_problem(full, 503)
        assert full is not None
        assert full.headers["retry-after"]
    async with gateway.http() as client:

        async def welcome() -> bool:
            return (await client.get("/health")).status_code == 200

        await until(welcome)  # once it has seen the others go


async def test_text_that_is_no_utf8_leaves_no_traceback(gateway: LiveGateway, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert await close_code(gateway.port, await gateway.start_session(), frame(TEXT, b"\xff\xfe")) == 1007
    assert not [record for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR]


async def test_a_handshake_that_is_refused_is_no_error_of_the_gateway(
    gateway: LiveGateway, caplog: pytest.LogCaptureFixture
) -> None:
    whole = handshake(random.Random(1), await gateway.start_session())
    with caplog.at_level(logging.WARNING):
        assert_problem(await told(gateway.port, whole[:-2] + b"Origin: https://evil.example\r\n\r\n"), 403)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_an_over_long_message_is_refused_before_it_has_all_come(gateway: LiveGateway) -> None:
    begun = frame(BINARY, bytes(50_000), declared=3_900_000)
    assert await close_code(gateway.port, await gateway.start_session(), begun) == 4008
    in_pieces = frame(BINARY, bytes(50_000), fin=False) + frame(CONT, bytes(50_000), fin=False)
    assert await close_code(gateway.port, await gateway.start_session(), in_pieces) == 4008


async def unfinished_is(some: bool) -> bool:
    return (WebSocketProtocol.unfinished.total > 0) is some


async def test_halves_of_messages_take_no_more_memory_than_there_is_for_them(
    gateway: LiveGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WebSocketProtocol, "unfinished", Unfinished(100_000))
    half = frame(BINARY, bytes(60_000), declared=64_000)
    first, second, third = [await gateway.start_session(sample_rate=48_000) for _ in range(3)]
    closing = asyncio.create_task(close_code(gateway.port, first, half))
    await until(partial(unfinished_is, True))
    async with gateway.audio(second) as link:
        async with asyncio.timeout(30), connection(gateway.port) as (reader, writer):
            writer.write(handshake(random.Random(2), third))
            assert await read_answer(reader) is not None
            writer.write(half)
            assert await closing == 1013
        await link.send(bytes(3200))
        assert await answer(link) == {"ok": True, "bytes": 3200}
    await until(partial(unfinished_is, False))


async def test_a_message_of_endless_empty_fragments_is_refused(gateway: LiveGateway) -> None:
    wire = frame(BINARY, fin=False) + frame(CONT, fin=False) * 2_000
    assert await close_code(gateway.port, await gateway.start_session(), wire) == 1009


async def test_pings_of_a_client_that_reads_nothing_do_not_fill_the_memory(gateway: LiveGateway) -> None:
    session_id = await gateway.start_session()
    pings = frame(PING, bytes(125)) * 4_000
    process = psutil.Process()
    async with connection(gateway.port) as (reader, writer):
        writer.write(handshake(random.Random(1), session_id))
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        before = process.memory_info().rss
        for _ in range(40):  # 21 MB
            writer.write(pings)
            await writer.drain()
        assert process.memory_info().rss - before < 12e6
        reset(writer)


async def test_of_two_sockets_in_quick_succession_the_second_owns_the_session(gateway: LiveGateway) -> None:
    session_id = await gateway.start_session()
    for turn in range(30):
        async with connection(gateway.port) as (reader, writer):
            writer.write(handshake(random.Random(turn), session_id))
            await reader.readuntil(b"\r\n\r\n")
            writer.write(frame(BINARY, bytes(320)))
            reset(writer)
        async with gateway.audio(session_id) as audio:
            await audio.send(bytes(320))
            assert (await answer(audio))["ok"]
