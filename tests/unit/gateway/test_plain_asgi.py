"""A route that is an ASGI application, and a connection that is gone before the server has said so."""

import asyncio

import pytest
from starlette.types import Message, Receive, Scope, Send

from gateway.server.plain_asgi import PlainASGI

SCOPE: Scope = {"type": "websocket", "path": "/"}


class Server:
    """Its connection was closed: sending fails as uvicorn and uvloop let it fail, and receive() tells it later."""

    def __init__(self) -> None:
        self.told = asyncio.Event()

    async def send(self, message: Message) -> None:
        raise RuntimeError("unable to perform operation on <TCPTransport closed=True>; the handler is closed")

    async def receive(self) -> Message:
        await asyncio.sleep(0.01)
        self.told.set()
        return {"type": "websocket.disconnect"}


async def test_a_connection_that_is_gone_is_an_oserror_to_the_application_and_nothing_to_the_server() -> None:
    seen: list[BaseException] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send({"type": "websocket.send", "text": "x"})
        except OSError as error:
            seen.append(error)
            raise

    server = Server()
    await PlainASGI(app)(SCOPE, server.receive, server.send)
    assert len(seen) == 1
    # Before that, uvicorn would take the end of the application for a handshake that it has to refuse.
    assert server.told.is_set()


async def test_an_application_that_takes_it_calmly_ends_behind_the_disconnect_too() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        with pytest.raises(OSError, match="gone"):
            await send({"type": "websocket.send", "text": "x"})

    server = Server()
    await PlainASGI(app)(SCOPE, server.receive, server.send)
    assert server.told.is_set()


async def test_the_applications_own_errors_go_on() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("mine")

    server = Server()
    with pytest.raises(RuntimeError, match="mine"):
        await PlainASGI(app)(SCOPE, server.receive, server.send)
    assert not server.told.is_set()
