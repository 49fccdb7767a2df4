"""Cancel tasks reliably."""

import asyncio
from collections.abc import Collection
from typing import Any, Final

_AGAIN_SECONDS: Final = 0.1


async def cancel_all(tasks: Collection["asyncio.Task[Any]"]) -> None:
    """Cancel tasks and return once all have ended, whatever they raise.

    A cancellation can get lost: `asyncio.wait_for` of Python 3.11 drops it if the awaited task finishes at the same
    moment (https://github.com/python/cpython/issues/86296), and redis-py sends every command in a wait_for.
    """
    for task in tasks:
        task.add_done_callback(_see)  # or asyncio complains if this call is itself cancelled
    ending = {task for task in tasks if not task.done()}
    while ending:
        for task in ending:
            task.cancel()
        _, ending = await asyncio.wait(ending, timeout=_AGAIN_SECONDS)


def _see(task: "asyncio.Task[Any]") -> None:
    if not task.cancelled():
        task.exception()
