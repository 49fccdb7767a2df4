"""One recording within a file."""

from typing import NamedTuple


class Part(NamedTuple):
    """Bytes that one decoder reads from their first to their last."""

    start: int
    end: int
    head: bytes = b""
    """What the decoder is to read first."""
