"""The chaos suite's network: delayed, lost or held-back data still arrives, complete and in order."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.chaos.fleet.wire import Fault, Wire

LINES = [b"%d\n" % number for number in range(200)]


class Echo:
    """A server that notes each line and sends it back."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    async def serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        async for line in client:
            self.heard.append(line)
            to_client.write(line)
        to_client.close()


@asynccontextmanager
async def wired() -> AsyncIterator[tuple[Echo, Wire]]:
    echo = Echo()
    server = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, Wire(port, seed=1) as wire:
        yield echo, wire


@pytest.mark.parametrize("fault", ["delay", "loss", "mute", "deaf"])
async def test_all_arrives_in_order(fault: Fault) -> None:
    async with wired() as (echo, wire):
        client, to_server = await asyncio.open_connection("127.0.0.1", wire.port)
        with wire.bad(fault, listens=False):
            for line in LINES[:100]:
                to_server.write(line)
            await asyncio.sleep(0.1)
        for line in LINES[100:]:
            to_server.write(line)
        assert [await client.readline() for _ in LINES] == LINES
        assert echo.heard == LINES
        to_server.close()


@pytest.mark.parametrize("listens", [True, False])
async def test_a_partition_holds_one_direction(listens: bool) -> None:
    async with wired() as (echo, wire):
        client, to_server = await asyncio.open_connection("127.0.0.1", wire.port)
        arrives: Fault = "mute" if listens else "deaf"
        with wire.bad(arrives, listens=listens):
            to_server.write(b"one\n")
            while not echo.heard:
                await asyncio.sleep(0.01)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.readline(), 0.2)
        assert await client.readline() == b"one\n"
        with wire.bad("mute" if arrives == "deaf" else "deaf", listens=listens):
            to_server.write(b"two\n")
            await asyncio.sleep(0.2)
            assert echo.heard == [b"one\n"]
        assert await client.readline() == b"two\n"
        to_server.close()


async def test_what_was_sent_arrives_although_its_sender_has_given_up() -> None:
    async with wired() as (echo, wire):
        _, to_server = await asyncio.open_connection("127.0.0.1", wire.port)
        with wire.bad("mute", listens=False):
            to_server.write(b"late\n")
            await to_server.drain()
            to_server.close()
            await asyncio.sleep(0.2)
            assert echo.heard == []
        while not echo.heard:
            await asyncio.sleep(0.01)
        assert echo.heard == [b"late\n"]


async def test_a_server_that_is_away_ends_the_connection() -> None:
    async with Wire(1, seed=1) as wire:
        client, to_server = await asyncio.open_connection("127.0.0.1", wire.port)
        with pytest.raises(ConnectionResetError):
            assert await asyncio.wait_for(client.read(), 10) == b""
            raise ConnectionResetError
        to_server.close()
