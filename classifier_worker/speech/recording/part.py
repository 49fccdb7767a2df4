"""One recording within a file."""

from typing import NamedTuple


class Part(NamedTuple):
    """A range of bytes that one decoder reads from start to end."""

    start: int
    end: int
    head: bytes = b""
    """Bytes that the decoder reads first, before the range."""
