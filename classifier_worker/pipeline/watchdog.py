"""End a worker whose models hang, so that others take over its partitions."""

import asyncio
import faulthandler
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

log = logging.getLogger(__name__)

EXIT_CODE: Final = 70
"""EX_SOFTWARE of sysexits.h."""
_LAST_RESORT: Final = 10.0
"""Seconds beyond the limit after which the process exits without a message if even the event loop stands still."""
_LOOK_SECONDS: Final = 5.0


@contextmanager
def watched(seconds: float) -> Iterator[None]:
    """End the process if the body takes too long: a hanging thread cannot be stopped."""
    timer = asyncio.get_running_loop().call_later(seconds, _give_up, seconds)
    try:
        yield
    finally:
        timer.cancel()


async def watch_loop(seconds: float) -> None:
    """Until cancelled, end the process if this event loop stands still for a little longer than `seconds`.

    Code that hangs with Python's global lock stops the loop as well; faulthandler's thread needs no such lock. It is
    restarted every few seconds, not for each step: starting and joining a thread takes time on a busy machine.
    """
    try:
        while True:
            faulthandler.dump_traceback_later(seconds + _LAST_RESORT, exit=True)
            await asyncio.sleep(_LOOK_SECONDS)
    finally:
        # The timer belongs to the process: left running, it would end the process later, whatever it was doing.
        faulthandler.cancel_dump_traceback_later()


def _give_up(seconds: float) -> None:
    log.critical("a step in the models took longer than %.0f s: exiting, so that other workers can continue", seconds)
    faulthandler.dump_traceback()
    os._exit(EXIT_CODE)
