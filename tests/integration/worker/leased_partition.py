"""A partition at work under a lease, in this process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from redis.asyncio import Redis

from classifier_worker.fleet.lease import acquire
from classifier_worker.partition.loop import Partition
from classifier_worker.pipeline.inference import Inference
from shared.settings import Settings
from shared.store.links import OneServer


@asynccontextmanager
async def leased_partition(
    redis: Redis, settings: Settings, partition: int, epoch: int, inference: Inference, trials: Any = None
) -> AsyncIterator[None]:
    """The partition works until the block is left; it must not have ended by then."""
    lease = await acquire(redis, partition, epoch, "test", 60)
    assert lease is not None
    stop = asyncio.Event()
    run = asyncio.create_task(Partition(OneServer(redis), lease, inference, settings, trials).run(stop))
    try:
        yield
        assert not run.done(), "the partition goes on"
    finally:
        stop.set()
        await lease.release(redis, orderly=await run)
        inference.close()
