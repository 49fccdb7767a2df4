"""Read .env in whatever encoding an editor or a shell saved it."""

import codecs
import difflib
import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Final

_ASSIGNED: Final = re.compile(r"^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=", re.MULTILINE)


def encoding_of(path: Path) -> str:
    """Return UTF-8 unless the bytes are not UTF-8: PowerShell's > writes UTF-16, old editors Latin-1."""
    try:
        data = path.read_bytes()
    except OSError:  # absent; or read_settings says why it cannot be read
        return "utf-8"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in data[1:2]:
        return "utf-16-le"
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8-sig"


def names_in(path: Path) -> list[str]:
    """Return the variables that the file sets; none if it cannot be read."""
    try:
        return _ASSIGNED.findall(path.read_text(encoding_of(path)))
    except (OSError, UnicodeError):
        return []


def unknown_variables(given: Iterable[str], known: Collection[str]) -> list[str]:
    """Return a sentence about each LINNET_ variable that has no effect."""
    unknown = sorted({name for name in given if name.upper().startswith("LINNET_") and name.upper() not in known})
    return [_sentence(name, known) for name in unknown]


def _sentence(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name.upper(), known, n=1, cutoff=0.75)
    meant = f"did you mean {near[0]}?" if near else ".env.example lists all settings."
    return f"{name} is not a setting and has no effect: {meant}"
