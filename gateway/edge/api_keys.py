"""The deployment's API keys, which limit who starts sessions. Only their hashes are kept.

A key has 256 random bits, so guessing is hopeless however cheap one guess is, and a fast hash is enough. Slow ones
(bcrypt, Argon2) protect secrets that people invent.
"""

import hashlib
import hmac
import logging
import re
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from shared.settings import API_KEY, Settings, SettingsError

log = logging.getLogger(__name__)

_PREFIX: Final = "linnet_"
"""Makes a leaked key recognisable."""
_KEY_BYTES: Final = 32
NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


def new_key() -> str:
    """Return a new key of 256 random bits: "linnet_q3…"."""
    return _PREFIX + secrets.token_urlsafe(_KEY_BYTES)


def hash_of(key: str) -> str:
    """Return the key's SHA-256, in hexadecimal."""
    return hashlib.sha256(key.encode()).hexdigest()


class ApiKeys:
    """The valid keys: those in the settings, and those in a file as it is at the time of the call."""

    def __init__(self, listed: Iterable[str], file: Path | None) -> None:
        self._listed = _parse(listed)
        self._file = file
        self._read: Mapping[str, str] = {}
        self._version: tuple[int, ...] | None = None

    @classmethod
    def of(cls, settings: Settings) -> "ApiKeys":
        return cls(settings.api_keys, settings.api_keys_file)

    @property
    def required(self) -> bool:
        """Return whether starting a session requires a key. True for an empty file as well: then nobody may start
        one."""
        return bool(self._listed) or self._file is not None

    def name_of(self, key: str) -> str | None:
        """Return the valid key's name. Compare with every hash in constant time, so that timing reveals nothing."""
        given = hash_of(key)
        found = None
        for known, name in {**self._from_file(), **self._listed}.items():
            if hmac.compare_digest(given, known):
                found = name
        return found

    def _from_file(self) -> Mapping[str, str]:
        """Return hash → name. Reread the file when it has changed: a revoked key is invalid from the next call on."""
        if self._file is None:
            return {}
        try:
            status = self._file.stat()
            version = (status.st_mtime_ns, status.st_size, status.st_ino)
            if version != self._version:
                self._read = _parse(self._file.read_text().splitlines())
                self._version = version
                log.info("API keys: %d in %s", len(self._read), self._file)
        except (OSError, UnicodeDecodeError) as error:
            if self._read or self._version is None:
                log.error("LINNET_API_KEYS_FILE cannot be read, so none of its keys are valid: %s", error)
            self._read, self._version = {}, ()
        return self._read


def _parse(lines: Iterable[str]) -> dict[str, str]:
    """Return hash → name for each "name:hash". Skip empty lines, lines that begin with #, and malformed ones."""
    found = {}
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if API_KEY.fullmatch(text):
            name, _, digest = text.partition(":")
            found[digest.lower()] = name
        else:
            log.error("API keys: line %d is not name:hash and is skipped.", number)
    return found


def check_file(settings: Settings) -> None:
    """Raise SettingsError if the key file is missing: better at startup than on the first call."""
    file = settings.api_keys_file
    if file is not None and not file.is_file():
        raise SettingsError(
            f"LINNET_API_KEYS_FILE names {file}, which is missing: "
            "create the file (it may be empty) or unset the variable."
        )


def make(name: str) -> str:
    """Make a key and return it with instructions for a person. Raises ValueError for an invalid name."""
    if not NAME.fullmatch(name):
        raise ValueError("A key's name must be 1 to 64 letters, digits, dots, hyphens or underscores.")
    key = new_key()
    return (
        f"key   {key}\n"
        f"line  {name}:{hash_of(key)}\n\n"
        "Give the key to the client that starts sessions; it is shown only now. Add the line to LINNET_API_KEYS\n"
        "(comma separated, then restart), or to the file that LINNET_API_KEYS_FILE names (valid at once). Removing\n"
        "the line revokes the key."
    )
