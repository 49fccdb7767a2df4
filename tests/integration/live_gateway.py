"""A gateway as it runs in production, on a loopback socket in a thread, and clients of it."""

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any

import httpx
from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection, connect

from gateway.__main__ import server
from gateway.server.port import limit_clients
from gateway.services import Services
from gateway.session.session_keys import Place
from shared.settings import Settings
from testkit.redis_server import as_user


class LiveGateway:
    """Runs until the block ends."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings = settings.model_copy(update={"redis_url": as_user("gateway", settings.data_url)})
        self._socket = socket.create_server(("127.0.0.1", 0))
        limit_clients(self._socket)
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._server = server(settings)
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def services(self) -> Services:
        services: Services = self._server.config.app.state.services  # type: ignore[union-attr]
        return services

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=self._server.config.get_loop_factory()) as runner:
            runner.run(self._server.serve([self._socket]))

    def __enter__(self) -> "LiveGateway":
        self._thread.start()
        while not self._server.started:
            self._thread.join(0.01)
            if not self._thread.is_alive():
                raise RuntimeError("the gateway did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop as on SIGTERM."""
        self._server.should_exit = True
        self._thread.join(15)
        assert not self._thread.is_alive(), "the gateway did not stop"

    def answers_fit_into(self, size: int) -> None:
        """From the next connection on, at most so many bytes wait in the kernel for a client that reads nothing."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size)

    # Clients

    def http(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.url, timeout=30)

    async def start_session(self, **wish: object) -> str:
        async with self.http() as client:
            answer = await client.post("/session/start", json=wish)
            assert answer.status_code == 200, answer.text
            session_id: str = answer.json()["session_id"]
            return session_id

    def audio(self, session_id: str, query: str = "", **options: Any) -> connect:
        """An audio socket to use with `async with`."""
        address = f"ws://127.0.0.1:{self.port}/session/{session_id}/audio{query}"
        return connect(address, compression=None, **options)

    @asynccontextmanager
    async def events(
        self, session_id: str, last_event_id: str | None = None, **options: Any
    ) -> AsyncIterator["EventReader"]:
        """An event stream whose status has been checked to be 200."""
        headers = {} if last_event_id is None else {"Last-Event-ID": last_event_id}
        async with self.http() as client:
            request = client.stream("GET", f"/session/{session_id}/stream", headers=headers, timeout=30, **options)
            async with request as answer:
                assert answer.status_code == 200, await answer.aread()
                yield EventReader(answer)


class EventReader:
    """Reads an event stream block by block."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._text = answer.aiter_text()
        self._buffer = ""

    async def block(self) -> str | None:
        """The next block as it was sent, comments included; None when the stream has ended."""
        while "\n\n" not in self._buffer:
            try:
                self._buffer += await asyncio.wait_for(anext(self._text), 30)
            except StopAsyncIteration:
                return None
        block, _, self._buffer = self._buffer.partition("\n\n")
        return block

    async def fields(self) -> dict[str, str] | None:
        """The next block that is no comment."""
        while (block := await self.block()) is not None:
            lines = [line for line in block.splitlines() if not line.startswith(":")]
            if lines:
                return dict(line.split(": ", 1) for line in lines)
        return None

    async def stored(self, count: int) -> list[dict[str, str]]:
        """The next `count` blocks that carry an event and an id."""
        found: list[dict[str, str]] = []
        while len(found) < count:
            fields = await self.fields()
            assert fields is not None, f"the stream ended after {found}"
            if "event" in fields and "id" in fields:
                found.append(fields)
        return found

    async def rest(self) -> list[dict[str, str]]:
        """Read everything up to the end of the stream."""
        found = []
        while (fields := await self.fields()) is not None:
            found.append(fields)
        return found


async def subscribed(redis: Redis, channel: str) -> None:
    """Wait until one gateway subscribes to it: earlier messages reach no listener."""
    async with asyncio.timeout(20):
        while [count for _, count in await redis.pubsub_numsub(channel)] != [1]:
            await asyncio.sleep(0.01)


async def renewed(redis: Redis, place: Place, beyond: float) -> None:
    """Waits until the session's presence lasts beyond that time."""
    async with asyncio.timeout(20):
        while (await redis.zscore(place.presence, place.session_id) or 0) <= beyond:
            await asyncio.sleep(0.05)


async def answer(link: ClientConnection) -> Any:
    """Return the next answer on an audio socket."""
    return json.loads(await asyncio.wait_for(link.recv(), 30))
