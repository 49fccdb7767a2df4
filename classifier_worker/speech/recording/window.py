"""A range of a file's bytes, readable as a file."""

import io
from typing import BinaryIO


class Window(io.RawIOBase):
    """`head`, followed by the bytes `start` … `end`−1 of `file`."""

    def __init__(self, file: BinaryIO, start: int, end: int, head: bytes = b"", suffix: str = "") -> None:
        super().__init__()
        self._file = file
        self._start = start
        self._head = head
        self._size = len(head) + max(0, end - start)
        self._position = 0
        self.name = f"recording{suffix}"
        """FFmpeg takes the suffix as a hint and does not need the rest of the name."""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        left = max(0, self._size - self._position)
        wanted = left if size is None or size < 0 else min(size, left)
        data = self._head[self._position : self._position + wanted]
        if len(data) < wanted:
            self._file.seek(self._start + self._position + len(data) - len(self._head))
            data += self._file.read(wanted - len(data))
        self._position += len(data)
        return data

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # typeshed: any writable buffer
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
