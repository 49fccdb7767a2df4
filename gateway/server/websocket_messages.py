"""WebSocket messages that cannot be kept: over-long ones are read past, and a process holds only so many halves."""

import sys
from collections.abc import Callable, Generator
from typing import Final

from websockets.exceptions import PayloadTooBig
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import Protocol
from websockets.server import ServerProtocol

from shared.audio import MAX_RATE, SAMPLE_BYTES, max_frame_bytes

LONGEST_MESSAGE: Final = max_frame_bytes(MAX_RATE)
"""Bytes: no session may send a longer frame."""
OVER_LONG: Final = bytes(LONGEST_MESSAGE + SAMPLE_BYTES)
"""What the application gets instead of an over-long message: it refuses it in words without ever having had it."""
_MOST_UNFINISHED: Final = 32_000_000
"""Bytes of messages that have come in part, of all connections of a process."""
_MASK_BYTES: Final = 4


class PatientProtocol(ServerProtocol):
    """Reads past an over-long message, where websockets would fail the connection without a word of ours."""

    over_long = False
    """One has come: of what follows only the client's closing counts."""

    def fail(self, code: int, reason: str = "") -> None:
        """Called by the parser with what it has raised."""
        error = sys.exception()
        if code != CloseCode.MESSAGE_TOO_BIG or not isinstance(error, PayloadTooBig) or error.size is None:
            super().fail(code, reason)
            return
        self.over_long, self.current_size = True, None
        self.parser = self._read_past(_MASK_BYTES + error.size)
        next(self.parser)

    def recv_frame(self, frame: Frame) -> None:
        if not self.over_long or frame.opcode is Opcode.CLOSE:
            super().recv_frame(frame)

    def _read_past(self, left: int) -> Generator[None]:
        while left:
            if (yield from self.reader.at_eof()):
                break
            here = min(left, len(self.reader.buffer))
            del self.reader.buffer[:here]
            left -= here
        yield from Protocol.parse(self)  # not our own parse: that begins with a handshake


class Unfinished:
    """What is held of messages that have come in part. The oldest is given up when there is too much of it."""

    def __init__(self, most: int = _MOST_UNFINISHED) -> None:
        self._most = most
        self._held: dict[Callable[[], None], int] = {}
        """Way to give it up → bytes; in the order in which they began."""
        self.total = 0
        """Bytes."""

    def note(self, give_up: Callable[[], None], size: int) -> None:
        """A connection, known by its own `give_up`, holds `size` bytes of an unfinished message now."""
        self.total += size - self._held.get(give_up, 0)
        if size:
            self._held[give_up] = size
        else:
            self._held.pop(give_up, None)
        while self.total > self._most:
            oldest = next(iter(self._held))
            self.total -= self._held.pop(oldest)
            oldest()
