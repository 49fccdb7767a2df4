"""Search a file without reading all of it into memory."""

from typing import BinaryIO, Final

_BLOCK: Final = 1 << 20


def read_at(file: BinaryIO, position: int, size: int) -> bytes:
    """Return up to `size` bytes from `position` on."""
    file.seek(position)
    return file.read(size)


def find(file: BinaryIO, pattern: bytes, start: int, end: int) -> int | None:
    """Return the first position of `pattern` between `start` and `end`."""
    position = start
    while position < end:
        block = read_at(file, position, min(_BLOCK, end - position))
        found = block.find(pattern)
        if found >= 0:
            return position + found
        if len(block) < _BLOCK:
            return None
        position += len(block) - len(pattern) + 1
    return None
