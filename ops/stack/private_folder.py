"""Close the data folder to other users of this machine: `python -m ops.stack.private_folder FOLDER`.

The folder contains audio and session ids. Reports what was open, because other users may have read it.
"""

import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ops.stack.environment import ROOT

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_OURS: Final = ("redis", "logs", "run")
"""Folders in the data folder that hold speech or credentials."""


def may_close(folder: Path) -> bool:
    """Return whether the folder is Linnet's alone, unlike a home folder or /tmp."""
    wider = any(place.is_relative_to(folder) for place in (ROOT, Path.home()))
    return not wider and not folder.stat().st_mode & stat.S_ISVTX


def open_to_others(folder: Path) -> list[Path]:
    """Yield the folder itself and its contents that other users may read, write or search."""
    return [path for path in _private(folder) if path.stat().st_mode & _OTHERS]


def _private(folder: Path) -> Iterator[Path]:
    if may_close(folder):
        yield folder
    for name in _OURS:
        if (folder / name).is_dir():
            yield folder / name
            # Links point elsewhere, where nothing may be changed. Sockets lie in a protected folder.
            yield from (path for path in (folder / name).rglob("*") if not path.is_symlink() and _is_plain(path))


def _is_plain(path: Path) -> bool:
    return path.is_dir() or path.is_file()


def _readable_by_others(file: Path, folder: Path) -> bool:
    """Return whether the folder's rights let other users read the file."""
    on_the_way = [place for place in file.parents if place.is_relative_to(folder)]
    passable = all(place.stat().st_mode & (stat.S_IXGRP | stat.S_IXOTH) for place in on_the_way)
    return passable and bool(file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH) and file.stat().st_size)


def close(paths: list[Path]) -> None:
    """Revoke all rights of other users. Raises OSError if the files belong to another user."""
    for path in paths:
        path.chmod(stat.S_IMODE(path.stat().st_mode) & ~_OTHERS)


def main(folder: Path) -> int:
    found = open_to_others(folder)
    readable = [path for path in found if path.is_file() and _readable_by_others(path, folder)]
    try:
        close(found)
    except OSError as error:
        print(
            f"{error.filename} is open to other users of this machine and cannot be closed ({error.strerror}): "
            f"make it yours with sudo chown -R $USER {folder}, and start again.",
            file=sys.stderr,
        )
        return 1
    if readable:
        print(
            f"{folder} was open to other users of this machine, who may have read the audio and session ids in it. "
            "It is closed now; erase sessions that they must not know about."
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
