"""Logging in which no session id appears whole: the id is the capability."""

import logging
import re
from typing import Final

_SESSION_ID: Final = re.compile(r"\b(\d{1,5}-[0-9a-f]{6})[0-9a-f]{26}")


def redact(text: str) -> str:
    """Shortens every session id: enough to find its lines, too little to use it."""
    return _SESSION_ID.sub(r"\1…", text)


class RedactingFormatter(logging.Formatter):
    """Redacts the finished text, tracebacks and the server's own lines included."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def configure(level: str) -> None:
    """One line an entry on stderr, for this process."""
    handler = logging.StreamHandler()
    handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)-7s %(name)s  %(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # The server says at info when each socket opens and closes; that is ours to count, not to log.
    logging.getLogger("uvicorn.error").setLevel(max(logging.getLogger().level, logging.WARNING))
