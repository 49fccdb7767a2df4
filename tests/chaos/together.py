"""Run tasks that end together: the first error ends the others."""

import asyncio
from collections.abc import Collection, Coroutine
from typing import Any

from shared.cancelling import cancel_all


async def together(
    *works: "Coroutine[Any, Any, Any] | asyncio.Task[Any]", beside: "Collection[asyncio.Task[Any]]" = ()
) -> None:
    """Run all of them until one raises, or a task beside them does. Unlike a TaskGroup, it cancels again if a
    cancellation got lost."""
    tasks = [work if isinstance(work, asyncio.Task) else asyncio.create_task(work) for work in works]
    try:
        left = set(tasks)
        while left:
            done, _ = await asyncio.wait({*left, *beside}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
            left -= done
            beside = [task for task in beside if task not in done]
    finally:
        await cancel_all(tasks)
