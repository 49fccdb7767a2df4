"""The audio sockets of this process, and notices for them: superseded, ended, erased."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from gateway.audio import refusal
from gateway.events.subscriptions import Subscriptions
from gateway.metrics import Metrics
from gateway.session.session_keys import Place
from shared import keys


class OpenSocket(Protocol):
    """An audio socket as others see it."""

    @property
    def place(self) -> Place: ...

    @property
    def number(self) -> int:
        """Its number among the session's sockets; 0 until it owns the session."""

    def refuse(self, reason: refusal.Refusal) -> None:
        """Tell the client why and close, after the answers to accepted frames."""


class OpenSockets:
    """All open sockets, by session. A session has more than one only during a takeover."""

    def __init__(self, subscriptions: Subscriptions, metrics: Metrics) -> None:
        self._subscriptions = subscriptions
        self._metrics = metrics
        self._by_session: dict[str, list[OpenSocket]] = {}
        self._closed = asyncio.Event()

    async def all_closed(self) -> None:
        """Wait until none is open."""
        while self._by_session:
            self._closed.clear()
            await self._closed.wait()

    @contextmanager
    def registered(self, socket: OpenSocket) -> Iterator[None]:
        """Deliver notices to the socket while it is open."""
        session_id = socket.place.session_id
        self._metrics.audio_sockets.inc()
        if session_id not in self._by_session:
            self._by_session[session_id] = []
            self._subscriptions.add(
                keys.socket_channel(session_id), lambda number: self._taken_over(session_id, number)
            )
        self._by_session[session_id].append(socket)
        try:
            yield
        finally:
            self._metrics.audio_sockets.dec()
            self._closed.set()
            self._by_session[session_id].remove(socket)
            if not self._by_session[session_id]:
                del self._by_session[session_id]
                self._subscriptions.remove(keys.socket_channel(session_id))

    def _taken_over(self, session_id: str, number: bytes | None) -> None:
        # A notice that is lost, or that arrives during a takeover, does no harm: APPEND refuses the older socket's next
        # frame. A notice may also be late, long after another socket has followed.
        if number is not None and number.isdigit():
            for socket in list(self._by_session.get(session_id, ())):
                if 0 < socket.number < int(number):
                    socket.refuse(refusal.SUPERSEDED)

    def refuse(self, session_id: str, reason: refusal.Refusal) -> None:
        """Close the session's sockets here."""
        for socket in list(self._by_session.get(session_id, ())):
            socket.refuse(reason)

    def refuse_all(self, reason: refusal.Refusal) -> None:
        for session_id in list(self._by_session):
            self.refuse(session_id, reason)
