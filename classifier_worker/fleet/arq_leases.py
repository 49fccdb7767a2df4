"""Offer leases as arq jobs: a worker with room takes one, whatever any machine's clock says."""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from arq.connections import ArqRedis
from arq.constants import in_progress_key_prefix, job_key_prefix, retry_key_prefix
from arq.worker import Worker
from redis.exceptions import RedisError

from shared import keys

log = logging.getLogger(__name__)

LINK_LOST: Final = (RedisError, OSError)
"""Whatever Redis may answer, or fail to answer. arq takes jobs in a transaction that watches keys, where a lost link
shows as a WatchError."""
_AWAY_SECONDS: Final = 1.0
"""Pause before the next try while the queue is away."""

LEASE_JOB: Final = "hold_partition"
JOB_EXPIRY: Final = timedelta(days=1)
_PREFIX: Final = "partition-"
# arq orders its queue by wall-clock milliseconds and each worker takes the jobs due by its own clock. A fixed time in
# the distant past is due on every clock. Not 0, which means "not queued" to arq.
_LONG_PAST: Final = datetime.fromtimestamp(1, UTC)


def job_id(partition: int, epoch: int) -> str:
    return f"{_PREFIX}{partition}-{epoch}"


def partition_of_job(job: str) -> int | None:
    """Return the partition whose lease the job is; None for other jobs."""
    partition, _, epoch = job.removeprefix(_PREFIX).partition("-")
    return int(partition) if job.startswith(_PREFIX) and partition.isdigit() and epoch.isdigit() else None


async def offer(queue: ArqRedis, partition: int, epoch: int) -> None:
    """Queue the lease job unless it is already queued."""
    await queue.enqueue_job(
        LEASE_JOB,
        partition,
        epoch,
        _job_id=job_id(partition, epoch),
        _defer_until=_LONG_PAST,
        _expires=JOB_EXPIRY,
    )


async def withdraw(queue: ArqRedis, partition: int, epoch: int) -> None:
    """Remove the lease job and arq's records of it: a killed worker's would stay until arq's own time-out."""
    job = job_id(partition, epoch)
    pipe = queue.pipeline(transaction=True)
    pipe.zrem(keys.QUEUE, job)
    pipe.delete(job_key_prefix + job, in_progress_key_prefix + job, retry_key_prefix + job)
    await pipe.execute()


class LeaseJobs(Worker):
    """arq's worker, which asks before it takes a lease job.

    A worker that took jobs only to put them back would keep them from workers that have room.
    """

    def __init__(self, *, may_take: Callable[[int], bool], on_new_offer: Callable[[], None], **options: Any) -> None:
        super().__init__(**options)
        self._may_take = may_take
        self._on_new_offer = on_new_offer
        self._seen: set[bytes] = set()

    async def start_jobs(self, job_ids: list[bytes]) -> None:
        """Start the jobs that this worker may take, and report lease jobs that were not in the queue before."""
        partitions = {job: partition_of_job(job.decode()) for job in job_ids}
        leases = {job for job, partition in partitions.items() if partition is not None}
        if leases - self._seen:
            self._on_new_offer()
        self._seen = leases
        await super().start_jobs([job for job, p in partitions.items() if p is None or self._may_take(p)])


async def keep_taking(jobs: Callable[[], LeaseJobs]) -> None:
    """Take lease jobs until cancelled. While the queue is away, try again; jobs under way are finished in any case."""
    away_at = -2 * _AWAY_SECONDS
    while True:
        worker = jobs()
        try:
            await worker.async_run()
        except LINK_LOST as error:
            if time.monotonic() - away_at > 2 * _AWAY_SECONDS:  # logged once until the queue is back
                log.warning("The queue is unreachable (%s); leases stay where they are until it is back", error)
        finally:
            await asyncio.gather(*worker.tasks.values(), return_exceptions=True)
        away_at = time.monotonic()
        await asyncio.sleep(_AWAY_SECONDS)
