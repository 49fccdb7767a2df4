"""A proxy between clients and a real Redis that can answer in its place."""

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable
from types import TracebackType

from testkit.redis_server import free_port


class AnsweringProxy:
    """Forwards everything to the server at `port` until told what to answer to every command instead."""

    def __init__(self, port: int) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._server_port = port
        self._answer: bytes | None = None
        self._before: dict[bytes, Callable[[], None]] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def answer(self, line: bytes | None) -> None:
        """Answer every command with this line from now on. None: forward the server's answers."""
        self._answer = line

    def before(self, command: str, act: Callable[[], None]) -> None:
        """Call `act` once, before the next command of this name is forwarded."""
        self._before[command.encode()] = act

    def __enter__(self) -> "AnsweringProxy":
        self._thread.start()
        listening = asyncio.start_server(self._serve, "127.0.0.1", self.port)
        asyncio.run_coroutine_threadsafe(listening, self._loop).result(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(_end_all(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        server, to_server = await asyncio.open_connection("127.0.0.1", self._server_port)
        both: list[Awaitable[None]] = [self._commands(client, to_server, to_client), _copy(server, to_client)]
        tasks = [asyncio.ensure_future(direction) for direction in both]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        to_client.close()
        to_server.close()

    async def _commands(
        self, client: asyncio.StreamReader, to_server: asyncio.StreamWriter, to_client: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                name, command = await _command(client)
                if name in self._before:
                    await asyncio.to_thread(self._before.pop(name))
                if self._answer is None:
                    to_server.write(command)
                    await to_server.drain()
                else:
                    to_client.write(self._answer + b"\r\n")
                    await to_client.drain()


async def _command(client: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """The name of one command, and the command as it came (RESP: https://redis.io/docs/latest/develop/reference/protocol-spec/)."""
    head = await client.readuntil(b"\r\n")
    parts = [head]
    for _ in range(int(head[1:])):
        length = await client.readuntil(b"\r\n")
        parts += [length, await client.readexactly(int(length[1:]) + 2)]
    return parts[2][:-2].upper(), b"".join(parts)


async def _end_all() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
