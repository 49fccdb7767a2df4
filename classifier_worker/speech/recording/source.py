"""Open any path so that its bytes can be read at any position."""

import os
import shutil
import stat
import sys
import tempfile
from pathlib import Path
from typing import BinaryIO, Final

STDIN: Final = Path("-")


class SourceError(Exception):
    """A path that cannot be read; the message is one sentence to show to people."""


def shown(path: Path) -> str:
    """Return the path as text that any stream can print, even if its bytes are not UTF-8."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def open_source(path: Path) -> tuple[BinaryIO, int]:
    """Return the file and its size. Input from a pipe is kept in an unnamed temporary file. Raises SourceError."""
    try:
        file = sys.stdin.buffer if path == STDIN else _file(path)
        size = _size(file)
        if size is None:
            file = _spooled(file)
            size = _size(file)
    except PermissionError as error:
        raise SourceError(f"You do not have permission to read {shown(path)}.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SourceError(f"{shown(path)} cannot be read: {reason}.") from error
    if not size:
        file.close()
        raise SourceError(f"{shown(path)} is empty.")
    return file, size


def _file(path: Path) -> BinaryIO:
    if path.is_dir():
        raise SourceError(f"{shown(path)} is a folder: name a file.")
    if not path.exists():
        raise SourceError(f"{shown(path)} does not exist.")
    return path.open("rb")


def _size(file: BinaryIO) -> int | None:
    """Return the size, or None if the file can only be read in order. Raises OSError for endless devices."""
    found = os.fstat(file.fileno())
    if stat.S_ISREG(found.st_mode):
        return found.st_size
    if stat.S_ISFIFO(found.st_mode) or stat.S_ISSOCK(found.st_mode):
        return None
    raise OSError("it is a device, not a file: name a file, or pipe the sound in")


def _spooled(pipe: BinaryIO) -> BinaryIO:
    kept: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the recording
    shutil.copyfileobj(pipe, kept)
    kept.flush()
    return kept
