"""The arq worker whose jobs are leases: it takes no lease it has no room for, and trusts no other machine's clock."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from arq.connections import ArqRedis
from arq.constants import in_progress_key_prefix, job_key_prefix, retry_key_prefix
from arq.worker import Worker
from redis.exceptions import OutOfMemoryError, RedisError

from shared import keys

log = logging.getLogger(__name__)

LINK_LOST: Final = (RedisError, OSError)
"""Whatever Redis may answer, or not answer. arq takes jobs in a transaction that watches keys: there a lost link is a
WatchError."""
_AWAY_SECONDS: Final = 1.0
"""Pause before the next try while the queue is away."""

LEASE_JOB: Final = "hold_partition"
JOB_EXPIRY: Final = timedelta(days=1)
_PREFIX: Final = "partition-"
# arq orders its queue by wall-clock milliseconds and each worker takes what is not later than its own clock. A fixed
# moment long past is due whatever the clocks of the machines say. Not 0, which arq takes for "not queued".
_LONG_PAST: Final = datetime.fromtimestamp(1, UTC)


def job_id(partition: int, epoch: int) -> str:
    return f"{_PREFIX}{partition}-{epoch}"


def partition_of_job(job: str) -> int | None:
    """The partition whose lease the job is; None for other jobs."""
    partition, _, epoch = job.removeprefix(_PREFIX).partition("-")
    return int(partition) if job.startswith(_PREFIX) and partition.isdigit() and epoch.isdigit() else None


async def offer(queue: ArqRedis, partition: int, epoch: int) -> None:
    """Queue the lease job unless it is queued already."""
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

    A worker that took jobs only to put them back would keep them from those who have room, and would ask Redis about
    every lease of the fleet twenty times a second.
    """

    def __init__(self, *, may_take: Callable[[int], bool], on_new_offer: Callable[[], None], **options: Any) -> None:
        super().__init__(**options)
        self._may_take = may_take
        self._on_new_offer = on_new_offer
        self._seen: set[bytes] = set()
        self._away = False

    async def start_jobs(self, job_ids: list[bytes]) -> None:
        """Start the jobs that this worker may take, and report lease jobs that were not in the queue before."""
        partitions = {job: partition_of_job(job.decode()) for job in job_ids}
        leases = {job for job, partition in partitions.items() if partition is not None}
        if leases - self._seen:
            self._on_new_offer()
        self._seen = leases
        await super().start_jobs([job for job, p in partitions.items() if p is None or self._may_take(p)])

    async def _poll_iteration(self) -> None:
        """While the queue is away, take nothing from it; held partitions continue: their server may be another."""
        try:
            await super()._poll_iteration()
        except LINK_LOST as error:
            self._say_away(error)
            await asyncio.sleep(_AWAY_SECONDS)
        else:
            self._away = False

    async def finish_job(self, job_id: str, *args: Any, **options: Any) -> None:
        """Finish a job. If that fails, it stays in the queue until the worker that offers the next epoch withdraws it.

        arq shields this from being cancelled with the job, and then nobody would look at what it raises.
        """
        with self._or_away():
            await super().finish_job(job_id, *args, **options)

    async def finish_failed_job(self, job_id: str, result_data: bytes | None) -> None:
        """As `finish_job`."""
        with self._or_away():
            await super().finish_failed_job(job_id, result_data)

    @contextmanager
    def _or_away(self) -> Iterator[None]:
        try:
            yield
        except LINK_LOST as error:
            self._say_away(error)

    def _say_away(self, error: Exception) -> None:
        """Once, until the queue is there again."""
        if not self._away:
            log.warning("The queue is away (%s); leases stay where they are until it is back", error)
        self._away = True

    async def heart_beat(self) -> None:
        """What it would queue can wait until there is memory again; the leases held cannot."""
        with suppress(OutOfMemoryError):
            await super().heart_beat()

    async def run_cron(self, n: datetime, delay: float, num_windows: int = 2) -> None:
        """After the clock was set back a cron job would wait until the clock has caught up: its time is set again."""
        for job in self.cron_jobs:
            if job.next_run is not None and job.next_run - n > timedelta(minutes=1):
                job.calculate_next(n)
        await super().run_cron(n, delay, num_windows)
