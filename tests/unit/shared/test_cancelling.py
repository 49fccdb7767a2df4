"""Ending tasks: all of them end, and none of their errors is reported as never retrieved."""

import asyncio
import gc
from typing import Any

from shared.cancelling import cancel_all


async def test_an_error_counts_as_seen_even_when_the_wait_for_it_is_cancelled() -> None:
    told: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    may_end = asyncio.Event()

    async def fails() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            await may_end.wait()
            raise ConnectionError("Redis is away")

    async def fails_at_once() -> None:
        raise ConnectionError("Redis is away")

    tasks = [asyncio.create_task(fails()), asyncio.create_task(fails_at_once())]
    await asyncio.sleep(0)
    ending = asyncio.create_task(cancel_all(tasks))
    await asyncio.sleep(0)
    ending.cancel()
    await asyncio.gather(ending, return_exceptions=True)
    may_end.set()
    await asyncio.wait(tasks)
    await asyncio.sleep(0)
    tasks.clear()
    gc.collect()
    assert ending.cancelled()
    assert told == []
