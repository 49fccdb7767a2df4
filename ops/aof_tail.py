"""Remove the damage that a power cut left at the end of the embedded server's append-only file.

python -m ops.aof_tail [--all] FOLDER
    FOLDER: where the server keeps its files, such as data/redis
    --all:  cut the file however much is lost

A file system that lost power may leave zero bytes, old blocks or half a command at a file's end, and the server then
refuses to start. The part cut off is kept in FOLDER/damaged for a day, so that the original file can be restored.
"""

import mmap
import os
import re
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

MANIFEST: Final = "appendonlydir/appendonly.aof.manifest"
KEPT_SECONDS: Final = 86_400
"""After this long, a start deletes the part cut off: it may hold audio, which must not long outlive an erasure."""
MOST_BYTES: Final = 64 * 1024 * 1024
"""Largest damage, in bytes, that a power cut explains."""

_COUNT: Final = re.compile(rb"\*([1-9]\d{0,9})\r\n")
_LENGTH: Final = re.compile(rb"\$(\d{1,10})\r\n")
_BEGUN: Final = re.compile(rb"[*$]\d{0,10}\r?|")
"""What may remain of either pattern at the end of a file."""
_LONGEST_NUMBER: Final = 16
_NAME: Final = re.compile(rb"[A-Za-z][A-Za-z0-9.|_-]{0,63}")
_NEWLINE: Final = b"\r\n"


class UnfitError(Exception):
    """Nothing was cut off; str() says why and what to do."""


class _MalformedError(Exception):
    """These bytes are not a command, whatever follows them."""


@dataclass(slots=True)
class Tail:
    """Where the complete commands of a file end, and what follows them."""

    kept: int = 0
    """Bytes up to the end of the last whole command, or of the last whole transaction."""
    lost: int = 0
    """Bytes after that."""
    unfinished: bool = False
    """Whether the lost bytes begin with a transaction whose end is missing."""
    cut: bool = False
    """Whether the file ends within a command."""
    zeros: bool = False
    """Whether only zero bytes follow the complete commands."""
    strange: bool = False
    """Whether the bytes after the complete commands are not a command."""
    names: list[str] = field(default_factory=list)
    """Names of the lost commands, each once."""

    @property
    def words(self) -> str:
        """Describe what is lost, for people."""
        parts = ["an unfinished transaction"] if self.unfinished else []
        if self.cut:
            parts.append("a command that was cut off")
        elif self.zeros:
            parts.append("zero bytes")
        elif self.strange:
            parts.append("bytes that are not a command")
        named = f": {', '.join(self.names)}" if self.names else ""
        return " and ".join(parts) + named


def read_tail(data: bytes | mmap.mmap) -> Tail:
    """Find the end of the last whole command."""
    at, transaction, names = 0, None, []
    tail = Tail()
    while at < len(data):
        try:
            found = _command(data, at)
        except _MalformedError:
            tail.strange, tail.zeros = True, not any(data[at:])
            break
        if found is None:
            tail.cut = True
            names.append(_name_at(data, at))
            break
        name, end = found
        if name == "MULTI":
            transaction, names = at, []
        elif name == "EXEC":
            transaction, names = None, []
        elif transaction is not None:
            names.append(name)
        at = end
    tail.kept = at if transaction is None else transaction
    tail.lost = len(data) - tail.kept
    tail.unfinished = transaction is not None
    tail.names = sorted({name for name in names if name})
    return tail


def _command(data: bytes | mmap.mmap, at: int) -> tuple[str, int] | None:
    """Return the name and end of the command (or annotation) at `at`; None if the data ends first.

    Raises _MalformedError.
    """
    if data[at : at + 1] == b"#":
        end = data.find(_NEWLINE, at, at + 4096)
        return None if end < 0 else ("", end + 2)
    head = _number(data, at, _COUNT)
    if head is None:
        return None
    count, at = head
    name = ""
    for index in range(count):
        argument = _number(data, at, _LENGTH)
        if argument is None or argument[0] + argument[1] + 2 > len(data):
            return None
        length, begin = argument
        at = begin + length + 2
        if data[at - 2 : at] != _NEWLINE:
            raise _MalformedError
        if index == 0:
            name = _name(data[begin : begin + min(length, 65)])
    return name, at


def _number(data: bytes | mmap.mmap, at: int, form: re.Pattern[bytes]) -> tuple[int, int] | None:
    """Return the number at `at` and the end of its line; None if the data ends first. Raises _MalformedError."""
    found = form.match(data, at)
    if found is not None:
        return int(found[1]), found.end()
    if len(data) - at < _LONGEST_NUMBER and _BEGUN.fullmatch(data[at:]):
        return None
    raise _MalformedError


def _name(word: bytes) -> str:
    if not _NAME.fullmatch(word):
        raise _MalformedError
    return word.decode().upper()


def _name_at(data: bytes | mmap.mmap, at: int) -> str:
    """Return the name of a command that was cut off, if it is there."""
    lines = data[at : at + 128].split(_NEWLINE)
    return lines[2].decode().upper() if len(lines) > 3 and _NAME.fullmatch(lines[2]) else ""


def last_file(folder: Path) -> Path | None:
    """Return the file that the server appended to last, or None."""
    with suppress(FileNotFoundError):
        for line in reversed((folder / MANIFEST).read_text(errors="replace").splitlines()):
            words = line.split()
            facts = dict(zip(words[::2], words[1::2], strict=False))
            if facts.get("type") == "i" and "file" in facts:
                file = folder / "appendonlydir" / Path(facts["file"]).name
                return file if file.exists() else None
    return None


def mend(folder: Path, most: int = MOST_BYTES) -> str | None:
    """Cut the last file at its last complete command. Returns what was lost, in words; None if nothing was.

    Raises UnfitError.
    """
    forget_old_copies(folder / "damaged")
    file = last_file(folder)
    if file is None or not file.stat().st_size:
        return None
    with file.open("r+b") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
        tail = read_tail(data)
        if not tail.lost:
            return None
        if tail.lost > most:
            raise UnfitError(
                f"{file} is damaged {tail.lost:,} bytes before its end, which is more than a power cut explains, and "
                f"was left as it is: restore {folder} from a backup, or cut the file there with "
                f"./manage.sh python -m ops.aof_tail --all {folder}"
            )
        copy = _keep(folder / "damaged", file.name, data[tail.kept :])
    os.truncate(file, tail.kept)
    return (
        f"A power cut or a crash has damaged the end of Redis' append-only file: {tail.lost:,} bytes ({tail.words}) "
        f"were cut off after its last whole command. Everything before that is intact; the last second or two "
        f"before the crash may be lost, and clients are told. The part cut off is kept in "
        f"{copy} for a day; it may hold audio."
    )


def _keep(folder: Path, name: str, lost: bytes) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    copy = folder / f"{name}.{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}.{os.getpid()}"
    with os.fdopen(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
        opened.write(lost)
        opened.flush()
        os.fsync(opened.fileno())
    return copy


def forget_old_copies(folder: Path) -> None:
    """Delete parts that were cut off more than a day ago."""
    for copy in folder.glob("*"):
        if time.time() - copy.stat().st_mtime > KEPT_SECONDS:
            copy.unlink()


def main(arguments: list[str]) -> int:
    folders = [argument for argument in arguments if argument != "--all"]
    if len(folders) != 1:
        print("usage: python -m ops.aof_tail [--all] FOLDER", file=sys.stderr)
        return 2
    try:
        lost = mend(Path(folders[0]), sys.maxsize if "--all" in arguments else MOST_BYTES)
    except (UnfitError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    if lost is not None:
        print(lost)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
