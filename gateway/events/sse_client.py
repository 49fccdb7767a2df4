"""One client of an event stream. Sending to it never blocks."""

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.types import Send

from gateway.events.eager_sender import EagerSender
from gateway.session.reader import Reader
from shared.contract.event_id import EventId
from shared.contract.stored_event import StoredEvent

_MOST_SHOWN: Final = 8
"""Utterances that may each have a block waiting for a client that reads nothing."""


class SseClient:
    """Sends at once while the client keeps up, queues a limited number of blocks while it does not, and ends the
    response when the queue is full: the client reconnects and resumes from its last id.
    """

    def __init__(self, reader: Reader, send: Send, bound: int, last: EventId, on_cut_off: Callable[[], None]) -> None:
        self.reader = reader
        self._told = None if reader.link_id is None else reader.told
        self.last = last
        """Nothing up to this id is sent again."""
        self.newest: StoredEvent | None = None
        """The event with that id, if known."""
        self.quiet_since = 0.0
        self.closed = False
        """No further block is accepted; waiting ones are still sent."""
        self._send = send
        self._bound = bound
        self._on_cut_off = on_cut_off
        self._waiting: deque[bytes] = deque()
        self._shown: dict[str, bytes] = {}
        """Utterance → its newest block that is only worth sending live, in the order of their arrival."""
        self._sender = EagerSender(self._send_waiting, self._gone)
        self._ended = False

    def deliver(self, block: bytes, now: float) -> None:
        """Send or queue one SSE block. Never waits."""
        if self.closed:
            return
        self.quiet_since = now
        if self._told is not None:
            block = self._told(block)
        if not self._sender.busy:
            self._sender.send(self._body(block))
        elif len(self._waiting) < self._bound:
            self._waiting.append(block)
        else:
            self._cut_off()

    def show(self, utterance_id: str, block: bytes, now: float) -> None:
        """Send one block that is only worth sending live; to a client that lags, only the newest of each utterance.

        It does not count as waiting, so no client is cut off because of it.
        """
        if self.closed:
            return
        self.quiet_since = now
        if self._told is not None:
            block = self._told(block)
        if not self._sender.busy:
            self._sender.send(self._body(block))
            return
        self._shown.pop(utterance_id, None)
        self._shown[utterance_id] = block
        if len(self._shown) > _MOST_SHOWN:
            del self._shown[next(iter(self._shown))]

    def finish(self) -> None:
        """End the response after the waiting blocks."""
        if self.closed:
            return
        self.closed = True
        if not self._sender.busy:
            self._sender.send(self._body(b"", last=True))

    def abandon(self) -> None:
        """Forget the waiting blocks: the client is gone."""
        self.closed = True
        self._forget()
        self._sender.stop()

    def _cut_off(self) -> None:
        self._forget()
        self.closed = True  # the sender, still at the stalled block, ends the response after it
        self._on_cut_off()

    def _forget(self) -> None:
        self._waiting.clear()
        self._shown.clear()

    async def _send_waiting(self) -> None:
        while self._waiting or self._shown:
            # Live blocks come first: after a stored event, one could be what that event has replaced.
            blocks = b"".join((*self._shown.values(), *self._waiting))
            self._forget()
            await self._body(blocks)
        if self.closed and not self._ended:
            await self._body(b"", last=True)

    def _gone(self) -> None:
        self.closed = True

    def _body(self, body: bytes, *, last: bool = False) -> Awaitable[None]:
        self._ended = last
        return self._send({"type": "http.response.body", "body": body, "more_body": not last})
