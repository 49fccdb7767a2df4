"""uvicorn's WebSockets with limits on what a client can make it keep, and without its tracebacks."""

import asyncio
import logging
from typing import Any, Final

from uvicorn._types import ASGISendEvent
from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.exceptions import PayloadTooBig
from websockets.frames import CloseCode, Frame
from websockets.protocol import State

from gateway.edge.problem import problem_on_the_wire
from gateway.server.websocket_messages import OVER_LONG, PatientProtocol, Unfinished

_MOST_FRAGMENTS: Final = 1024
"""Fragments of one message. Empty fragments add nothing to its size, so the limit on size would never stop them."""
_TOO_MUCH: Final = "Too many unfinished messages. Send shorter frames; reconnect with ?offset= in a few seconds."
_BAD_HANDSHAKE: Final = (
    "This WebSocket handshake cannot be read: a header is malformed or too long, or there are too many headers."
)


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """One connection from its handshake on."""

    unfinished = Unfinished()
    """Shared by all connections of the process."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.conn = PatientProtocol(max_size=config.ws_max_size, logger=logging.getLogger("uvicorn.error"))
        self._refused = False

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        held = 0 if self.transport.is_closing() else len(self.conn.reader.buffer) + sum(map(len, self.frames))
        self.unfinished.note(self._give_up, held)
        if self.conn.handshake_exc is not None and not self.handshake_initiated and not self.transport.is_closing():
            self._refuse_handshake()  # uvicorn would not answer, and leave the connection open

    def connection_lost(self, exc: Exception | None) -> None:
        self.unfinished.note(self._give_up, 0)
        super().connection_lost(exc)

    def handle_parser_exception(self) -> None:
        if not isinstance(self.conn.parser_exc, PayloadTooBig):
            super().handle_parser_exception()
            return
        self.conn.parser_exc = None
        self.handle_events()  # what arrived before it in the same piece
        self.frames = []
        if not self._refused and not self.close_sent:
            self._refused = True
            self.queue.put_nowait({"type": "websocket.receive", "bytes": OVER_LONG})

    async def send(self, message: ASGISendEvent) -> None:
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body", False):
            self.handshake_complete = True  # refused with a sentence; uvicorn would log a missing answer

    def handle_ping(self) -> None:
        """Reply with a pong, unless the client has stopped reading: unread pongs would pile up without limit."""
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()

    def handle_cont(self, event: Frame) -> None:
        if self.close_sent:
            return
        if len(self.frames) >= _MOST_FRAGMENTS:
            self._fail(CloseCode.MESSAGE_TOO_BIG, f"over {_MOST_FRAGMENTS} fragments")
            return
        super().handle_cont(event)

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text" and not self.close_sent:
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:  # uvicorn would log a traceback for each
                self._fail(CloseCode.INVALID_DATA, "text that is not UTF-8")
                return
        super().send_receive_event_to_app()

    def _refuse_handshake(self) -> None:
        self.transport.write(problem_on_the_wire(400, _BAD_HANDSHAKE))
        self.close_sent = self.handshake_complete = True
        self.transport.close()

    def _give_up(self) -> None:
        """Drop the message: others need the memory."""
        self.conn.reader.buffer.clear()
        if self.conn.state is not State.OPEN:
            self.transport.close()
            return
        self._fail(CloseCode.TRY_AGAIN_LATER, _TOO_MUCH)

    def _fail(self, code: CloseCode, reason: str) -> None:
        """Close as the protocol's own parser does."""
        self.frames = []
        self.conn.fail(code, reason)
        self.handle_parser_exception()
