"""Limit WebSocket messages: skip over-long ones, and bound the memory for unfinished ones."""

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
"""What the application gets in place of an over-long message, to refuse it with a sentence."""
_MOST_UNFINISHED: Final = 32_000_000
"""Bytes of unfinished messages, over all connections of a process."""
_MASK_BYTES: Final = 4


class PatientProtocol(ServerProtocol):
    """Skip an over-long message, where websockets would close the connection without a message of ours."""

    over_long = False
    """An over-long message has arrived: from then on, only the client's close matters."""

    def fail(self, code: int, reason: str = "") -> None:
        """Called by the parser with the error that it raised."""
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
    """The unfinished messages. The oldest is dropped when they are too large together."""

    def __init__(self, most: int = _MOST_UNFINISHED) -> None:
        self._most = most
        self._held: dict[Callable[[], None], int] = {}
        """Callback that drops it → bytes; in the order in which they began."""
        self.total = 0
        """Bytes."""

    def note(self, give_up: Callable[[], None], size: int) -> None:
        """Note that a connection, known by its `give_up`, now holds `size` bytes of an unfinished message."""
        self.total += size - self._held.get(give_up, 0)
        if size:
            self._held[give_up] = size
        else:
            self._held.pop(give_up, None)
        while self.total > self._most:
            oldest = next(iter(self._held))
            self.total -= self._held.pop(oldest)
            oldest()
