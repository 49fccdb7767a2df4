"""Logging without full session ids, which grant access, and without anything that was said."""

import logging
import re
import sys
from types import TracebackType
from typing import Final

_SESSION_OR_LINK_ID: Final = re.compile(r"\b(\d{1,5}-r?[0-9a-f]{6})[0-9a-f]{26}")
_COMMAND: Final = re.compile(r"Command # (\d+) \(.*\) of pipeline caused error", re.DOTALL)
"""How redis-py describes an error in a pipeline: with every argument, audio and events included."""


def redact(text: str) -> str:
    """Shorten every session and link id: what is left finds its lines, but grants no access. Drop commands'
    arguments."""
    return _SESSION_OR_LINK_ID.sub(r"\1…", _COMMAND.sub(r"Command # \1 of pipeline caused error", text))


class DiscreetFormatter(logging.Formatter):
    """Redact the finished text, tracebacks and the libraries' own lines included."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def configure(level: str) -> None:
    """Log to stderr, one line per entry, for this process; the error that ends the process is logged too."""
    handler = logging.StreamHandler()
    handler.setFormatter(DiscreetFormatter("%(asctime)s %(levelname)-7s %(name)s  %(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    sys.excepthook = _log_last_error


def _log_last_error(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    logging.getLogger().critical("Unhandled exception; exiting", exc_info=(kind, error, traceback))
