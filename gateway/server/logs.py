"""The gateway's log."""

import logging

from shared import discreet_log


def configure(level: str) -> None:
    """One line an entry on stderr, for this process."""
    discreet_log.configure(level)
    # The server says at info when each socket opens and closes, and at debug what comes through it, which is audio.
    logging.getLogger("uvicorn.error").setLevel(max(logging.getLogger().level, logging.WARNING))
