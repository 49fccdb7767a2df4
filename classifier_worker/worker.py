"""The arq worker: its jobs are leases, its cron ends idle sessions; it outlives Redis being away."""

import asyncio
import logging
import os
import secrets
import signal
import socket
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final, cast

import msgpack
from arq import cron, func
from arq.connections import ArqRedis
from arq.typing import WorkerCoroutine
from arq.worker import Retry
from redis.asyncio import Redis
from redis.exceptions import WatchError

from classifier_worker.fleet.arq_leases import LEASE_JOB, LINK_LOST, LeaseJobs
from classifier_worker.fleet.balance import TICK_SECONDS, Balance
from classifier_worker.fleet.lease import Lease, LeaseLostError, acquire
from classifier_worker.partition.loop import Partition
from classifier_worker.pipeline.inference import BackendBrokenError, Inference
from classifier_worker.pipeline.watchdog import watch_loop
from classifier_worker.poison.verdict import COMMAND, Trials
from classifier_worker.speech.backend import Backend
from classifier_worker.upkeep.aof_rewriter import FileRewrite
from classifier_worker.upkeep.idle_sessions import ServerClocks, end_idle_sessions
from shared import keys
from shared.cancelling import cancel_all
from shared.settings import Settings
from shared.store.links import AWAY, Links, UnsuitableServerError, check_servers
from shared.store.open import open_links, queue_pool

log = logging.getLogger(__name__)

# arq's limits are none for leases: they are long-lived, re-offered without end, and never expire in arq.
_FOR_EVER: Final = 365 * 24 * 3600
_MANY: Final = 1_000_000_000
_POLL_DELAY: Final = 0.05
_MOST_JOBS: Final = 4_200
"""Above the most partitions that the settings allow, with room for cron jobs."""
_RENEWALS: Final = 2
"""Connections to each server on which leases are renewed, one command after the other."""
_AWAY_SECONDS: Final = 1.0
"""Pause before the next try while Redis is away."""


class ClassifierWorker:
    """One worker process: a backend, an inference thread, and the leases it holds."""

    def __init__(self, settings: Settings, backend: Backend, trial: Sequence[str] = COMMAND) -> None:
        """`trial`: the command that processes a chunk in a separate process with the same backend."""
        self._settings = settings
        self._inference = Inference(backend, settings.step_limit, int(settings.audio_ttl * 1000))
        self._trials = Trials(settings.step_limit, trial)
        self._server_clocks = ServerClocks()
        self._exit_code = 0
        self._warned: list[str] = []
        # Opened as leases need them, one or two each. LINNET_PARTITIONS says nothing of how many leases there are:
        # sessions stay on the partitions that they began on.
        self._links: Links = open_links(settings, connections=2 * _MOST_JOBS)
        self._renewals: Links = open_links(settings, connections=_RENEWALS)
        """Held by nothing else: no read or commit can keep a lease from being renewed."""
        worker_id = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._balance = Balance(self._links, settings, worker_id, backend.card(), self._inference.load)
        self._file_rewrite = FileRewrite()
        self._leave = asyncio.Event()
        self._without_job: set[asyncio.Task[None]] = set()

    async def run(self) -> int:
        """Run until SIGTERM or SIGINT, or until the models fail for good. Redis may come and go, and answer anything.

        Returns the exit code.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._leave.set)
        watch = asyncio.create_task(watch_loop(self._settings.step_limit))
        while not self._leave.is_set():
            try:
                await self._serve()
            except LINK_LOST as error:
                log.warning("Redis is away (%s); trying again", error)
            except Exception:  # a garbled answer may raise anything
                log.exception("Unhandled exception; restarting this worker")
            if not self._leave.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._leave.wait(), _AWAY_SECONDS)
        await self._links.aclose()
        await self._renewals.aclose()
        await _end(watch)
        self._inference.close()
        return self._exit_code

    async def _serve(self) -> None:
        """One arq worker's life; ends when asked to leave. Raises one of AWAY when Redis goes."""
        await self._links.ready()
        await self._renewals.ready()
        await self._look_at_servers()
        queue = ArqRedis(
            queue_pool(self._settings),
            job_serializer=_pack,
            job_deserializer=msgpack.unpackb,
            default_queue_name=keys.QUEUE,
        )
        worker = self._arq_worker(queue)
        balance = asyncio.create_task(self._balance.keep(queue, partial(self._take, queue)))
        tasks = {asyncio.create_task(worker.async_run()), balance, asyncio.create_task(self._keep_rewriting())}
        leave = asyncio.create_task(self._leave.wait())
        try:
            done, _ = await asyncio.wait({*tasks, leave}, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {leave}:
                task.result()
            worker.allow_pick_jobs = False
            await _end(balance)  # or a round under way would list us as alive again
            await self._balance.leave()
            await _until_done([*worker.tasks.values(), *self._without_job])
        finally:
            await _stop(worker, queue, {*tasks, leave, *self._without_job})

    async def _look_at_servers(self) -> None:
        """Report a server that cannot keep the promise. Acknowledged audio is processed all the same."""
        try:
            warnings = await check_servers(self._links, self._settings)
        except UnsuitableServerError as error:
            warnings = [str(error)]
        except LINK_LOST:  # of a cluster's nodes one may be away, and INFO may be forbidden
            return
        for warning in warnings:
            if warning not in self._warned:
                log.warning("%s", warning)
        self._warned = warnings

    def _arq_worker(self, queue: ArqRedis) -> LeaseJobs:
        end_idle = cast(WorkerCoroutine, self._end_idle)
        return LeaseJobs(
            may_take=self._balance.may_take,
            on_new_offer=self._balance.on_new_offer,
            functions=[func(self._hold_partition, name=LEASE_JOB, timeout=_FOR_EVER, max_tries=_MANY, keep_result=0)],
            cron_jobs=[cron(end_idle, name="end_idle_sessions", second=set(range(0, 60, 5)), keep_result=0)],
            queue_name=keys.QUEUE,
            redis_pool=queue,
            handle_signals=False,
            max_jobs=_MOST_JOBS,
            queue_read_limit=_MOST_JOBS,
            poll_delay=_POLL_DELAY,
            keep_result=0,
            log_results=False,
            job_serializer=_pack,
            job_deserializer=msgpack.unpackb,
        )

    async def _keep_rewriting(self) -> None:
        while True:
            await self._file_rewrite.tick(self._links)
            await asyncio.sleep(TICK_SECONDS)

    async def _end_idle(self, _ctx: dict[Any, Any]) -> None:
        with suppress(*AWAY):  # said by others; the next round ends them
            await end_idle_sessions(self._links, self._settings, self._server_clocks)

    def _take(self, queue: ArqRedis, partition: int, epoch: int) -> None:
        """Hold a partition without a job."""

        async def hold() -> None:
            with suppress(Retry):  # no room any more
                await self._hold_partition({"redis": queue}, partition, epoch)

        task = asyncio.create_task(hold())
        self._without_job.add(task)
        task.add_done_callback(self._without_job.discard)

    async def _hold_partition(self, ctx: dict[Any, Any], partition: int, epoch: int) -> None:
        """Run the lease job: hold the partition until it is lost or given back, or the worker leaves."""
        if not self._balance.may_take(partition):
            raise Retry  # without delay: that would be written into the queue by this machine's clock
        stop = self._balance.held[partition] = asyncio.Event()
        try:
            redis, ttl = self._renewals.of(partition), self._settings.lease_ttl
            lease = await acquire(redis, partition, epoch, self._balance.worker_id, ttl)
            if lease is not None:
                await self._work(redis, lease, stop)
                await self._balance.offer_next(ctx["redis"], partition, epoch)
        except LINK_LOST as error:
            # `run` reports lost links once for all leases; the next lease continues from the last commit.
            level = logging.DEBUG if isinstance(error, (*AWAY, WatchError)) else logging.ERROR
            log.log(level, "partition %d: Redis refuses or is away (%s)", partition, error)
        finally:
            del self._balance.held[partition]
            self._inference.load.lags(partition, None)

    async def _work(self, redis: Redis, lease: Lease, stop: asyncio.Event) -> None:
        log.info("leased partition %d, epoch %d", lease.partition, lease.epoch)
        partition = Partition(self._links, lease, self._inference, self._settings, self._trials)
        work = asyncio.create_task(partition.run(stop))
        keep = asyncio.create_task(lease.keep(redis))
        orderly = True
        try:
            await asyncio.wait({work, keep}, return_when=asyncio.FIRST_COMPLETED)
            if keep.done():
                keep.result()
            orderly = work.result()
        except LeaseLostError as error:
            log.warning("%s", error)
        except BackendBrokenError as error:
            log.critical("exiting, because the models fail (%s)", error)
            self._exit_code = 1
            self._leave.set()
        except AWAY:
            raise
        except Exception:
            orderly = False  # whatever the cause, the next holder must suspect the chunks being processed
            raise
        finally:
            await _end(work, keep)
            with suppress(*AWAY):
                await lease.release(redis, orderly=orderly)
        log.info("returned partition %d, epoch %d", lease.partition, lease.epoch)


def _pack(job: Any) -> bytes:
    """Of a job that failed arq writes down the exception, too: its words do."""
    return bytes(msgpack.packb(job, default=str))


async def _until_done(tasks: "Iterable[asyncio.Task[Any]]") -> None:
    unfinished = [task for task in tasks if not task.done()]
    if unfinished:
        await asyncio.wait(unfinished)


async def _stop(worker: LeaseJobs, queue: ArqRedis, tasks: "set[asyncio.Task[Any]]") -> None:
    await _end(*tasks, *worker.job_tasks.values(), *worker.tasks.values())
    with suppress(*AWAY):
        await queue.aclose(close_connection_pool=True)


async def _end(*tasks: "asyncio.Task[Any]") -> None:
    await cancel_all(tasks)
