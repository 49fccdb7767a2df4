"""The gateway's log."""

import logging

from shared import discreet_log


def configure(level: str) -> None:
    """Log to stderr, one line per entry, for this process."""
    discreet_log.configure(level)
    # The server logs each socket at info, and at debug what passes through it, which is audio.
    logging.getLogger("uvicorn.error").setLevel(max(logging.getLogger().level, logging.WARNING))
