"""The worker: takes leases as arq jobs, holds them, ends idle sessions, and survives Redis being away."""

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
from arq import func
from arq.connections import ArqRedis
from arq.typing import WorkerCoroutine
from redis.asyncio import Redis
from redis.exceptions import WatchError

from classifier_worker.fleet.arq_leases import LEASE_JOB, LINK_LOST, LeaseJobs, keep_taking
from classifier_worker.fleet.balance import TICK_SECONDS, Balance
from classifier_worker.fleet.lease import Lease, LeaseLostError, acquire
from classifier_worker.fleet.load_meter import LoadMeter
from classifier_worker.partition.loop import Partition
from classifier_worker.pipeline.inference import BackendBrokenError, Inference
from classifier_worker.pipeline.watchdog import watch_loop
from classifier_worker.poison.verdict import COMMAND, Trials
from classifier_worker.speech.backend import Backend
from classifier_worker.transcription.mock_recognition import MockRecognition
from classifier_worker.transcription.recognition import COMMAND as RECOGNISER
from classifier_worker.transcription.recognition import ProcessRecognition, Recognition
from classifier_worker.upkeep.aof_rewriter import FileRewrite
from classifier_worker.upkeep.idle_sessions import IDLE_LOOK_SECONDS, ServerClocks, end_idle_sessions
from shared import keys
from shared.cancelling import cancel_all
from shared.settings import Settings
from shared.store.links import AWAY, Links, UnsuitableServerError, check_servers
from shared.store.open import open_links, queue_pool

log = logging.getLogger(__name__)

_POLL_DELAY: Final = 0.05
_MOST_JOBS: Final = 4_200
"""More than the largest number of partitions that the settings allow."""
_RENEWALS: Final = 2
"""Connections to each server on which leases are renewed, one command after the other."""
_AWAY_SECONDS: Final = 1.0
"""Pause before the next try while Redis is away."""


class ClassifierWorker:
    """One worker process: a backend, an inference thread, and the leases it holds."""

    def __init__(
        self,
        settings: Settings,
        backend: Backend,
        trial: Sequence[str] = COMMAND,
        recogniser: Sequence[str] = RECOGNISER,
    ) -> None:
        """trial: the command that processes a chunk in a separate process with the same backend. recogniser: the
        command that writes down utterances, without the model's size."""
        self._settings = settings
        self._inference = Inference(backend, settings.step_limit, int(settings.audio_ttl * 1000))
        self._trials = Trials(settings.step_limit, trial)
        self._recognition = _recognition(settings, self._inference.load, recogniser)
        self._server_clocks = ServerClocks()
        self._exit_code = 0
        self._warned: list[str] = []
        # Opened as leases need them, one or two each. LINNET_PARTITIONS does not limit the number of leases: sessions
        # stay on the partitions where they began.
        self._links: Links = open_links(settings, connections=2 * _MOST_JOBS)
        self._renewals: Links = open_links(settings, connections=_RENEWALS)
        """Used for nothing else: no read or commit can delay a lease's renewal."""
        worker_id = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._balance = Balance(self._links, settings, worker_id, backend.card(), self._inference.load)
        self._file_rewrite = FileRewrite()
        self._leave = asyncio.Event()
        self._leases: set[asyncio.Task[None]] = set()
        """Leases that are held or being acquired."""

    async def run(self) -> int:
        """Run until SIGTERM or SIGINT, or until the models fail for good. Redis may come and go, or answer anything.

        Returns the exit code. Raises RecogniserMissingError.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._leave.set)
        if isinstance(self._recognition, ProcessRecognition):
            await self._recognition.start()
        watch = asyncio.create_task(watch_loop(self._settings.step_limit))
        while not self._leave.is_set():
            try:
                await self._serve()
            except LINK_LOST as error:
                log.warning("Redis is unreachable (%s); trying again", error)
            except Exception:  # a garbled answer may raise anything
                log.exception("Unhandled exception; restarting this worker")
            if not self._leave.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._leave.wait(), _AWAY_SECONDS)
        await self._links.aclose()
        await self._renewals.aclose()
        await _end(watch)
        if isinstance(self._recognition, ProcessRecognition):
            await self._recognition.aclose()
        self._inference.close()
        return self._exit_code

    async def _serve(self) -> None:
        """Run one arq worker until asked to leave. Raises one of AWAY if Redis becomes unreachable."""
        await self._links.ready()
        await self._renewals.ready()
        await self._look_at_servers()
        queue = ArqRedis(
            queue_pool(self._settings),
            job_serializer=_pack,
            job_deserializer=msgpack.unpackb,
            default_queue_name=keys.QUEUE,
        )
        take = partial(self._hold, queue)
        taking = asyncio.create_task(keep_taking(partial(self._lease_jobs, queue)))
        balance = asyncio.create_task(self._balance.keep(queue, take))
        upkeep = [asyncio.create_task(work()) for work in (self._keep_rewriting, self._keep_ending_idle)]
        tasks = {taking, balance, *upkeep}
        leave = asyncio.create_task(self._leave.wait())
        try:
            done, _ = await asyncio.wait({*tasks, leave}, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {leave}:
                task.result()
            await _end(taking, balance)  # or a round under way would list this worker as alive again
            await self._balance.leave()
            await _until_done(self._leases)
        finally:
            await _end(*tasks, leave, *self._leases)
            with suppress(*AWAY):
                await queue.aclose(close_connection_pool=True)

    async def _look_at_servers(self) -> None:
        """Report any server that cannot keep Linnet's promises. Acknowledged audio is processed regardless."""
        try:
            warnings = await check_servers(self._links, self._settings)
        except UnsuitableServerError as error:
            warnings = [str(error)]
        except LINK_LOST:  # one node of a cluster may be away, and INFO may be forbidden
            return
        for warning in warnings:
            if warning not in self._warned:
                log.warning("%s", warning)
        self._warned = warnings

    def _lease_jobs(self, queue: ArqRedis) -> LeaseJobs:
        take = cast(WorkerCoroutine, partial(self._take_partition, queue))
        return LeaseJobs(
            may_take=self._balance.may_take,
            on_new_offer=self._balance.on_new_offer,
            functions=[func(take, name=LEASE_JOB, keep_result=0)],
            queue_name=keys.QUEUE,
            redis_pool=queue,
            handle_signals=False,
            max_jobs=_MOST_JOBS,
            queue_read_limit=_MOST_JOBS,
            poll_delay=_POLL_DELAY,
            log_results=False,
            job_serializer=_pack,
            job_deserializer=msgpack.unpackb,
        )

    async def _keep_rewriting(self) -> None:
        while True:
            await self._file_rewrite.tick(self._links)
            await asyncio.sleep(TICK_SECONDS)

    async def _keep_ending_idle(self) -> None:
        """End idle sessions, on one worker of the fleet; if two do it for a moment, each session still ends only
        once."""
        while True:
            await asyncio.sleep(IDLE_LOOK_SECONDS)
            if self._balance.first:
                try:
                    await end_idle_sessions(self._links, self._settings, self._server_clocks)
                except LINK_LOST as error:
                    log.warning("Idle sessions could not be ended (%s); trying again", error)

    async def _take_partition(self, queue: ArqRedis, _ctx: dict[Any, Any], partition: int, epoch: int) -> None:
        """Run the lease job: take the lease, and hold it beyond the job. If this worker has no room, the next tick
        offers it again."""
        if self._balance.may_take(partition):
            await self._hold(queue, partition, epoch).wait()

    def _hold(self, queue: ArqRedis, partition: int, epoch: int) -> asyncio.Event:
        """Hold the partition until its lease is lost or given back. The event is set once the lease has been
        requested."""
        stop = self._balance.held[partition] = asyncio.Event()
        asked = asyncio.Event()
        task = asyncio.create_task(self._hold_partition(queue, partition, epoch, stop, asked))
        self._leases.add(task)
        task.add_done_callback(self._leases.discard)
        return asked

    async def _hold_partition(
        self, queue: ArqRedis, partition: int, epoch: int, stop: asyncio.Event, asked: asyncio.Event
    ) -> None:
        try:
            redis, ttl = self._renewals.of(partition), self._settings.lease_ttl
            lease = await acquire(redis, partition, epoch, self._balance.worker_id, ttl)
            asked.set()
            if lease is not None:
                await self._work(redis, lease, stop)
                await self._balance.offer_next(queue, partition, epoch)
        except LINK_LOST as error:
            # `run` reports lost links once for all leases; the next lease continues from the last commit.
            level = logging.DEBUG if isinstance(error, (*AWAY, WatchError)) else logging.ERROR
            log.log(level, "partition %d: Redis is unreachable or refuses commands (%s)", partition, error)
        except Exception:
            log.exception("partition %d: unhandled exception; the next holder starts again", partition)
        finally:
            asked.set()
            del self._balance.held[partition]
            self._inference.load.lags(partition, None)

    async def _work(self, redis: Redis, lease: Lease, stop: asyncio.Event) -> None:
        log.info("leased partition %d, epoch %d", lease.partition, lease.epoch)
        partition = Partition(self._links, lease, self._inference, self._settings, self._trials, self._recognition)
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
            log.critical("exiting, because the models keep failing (%s)", error)
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


def _recognition(settings: Settings, load: LoadMeter, command: Sequence[str]) -> Recognition | None:
    if settings.words == "off":
        return None
    if settings.backend == "mock":
        return MockRecognition()
    return ProcessRecognition(settings.words, settings.step_limit, load, command)


def _pack(job: Any) -> bytes:
    """arq also stores a failed job's exception; its message is enough."""
    return bytes(msgpack.packb(job, default=str))


async def _until_done(tasks: "Iterable[asyncio.Task[Any]]") -> None:
    unfinished = [task for task in tasks if not task.done()]
    if unfinished:
        await asyncio.wait(unfinished)


async def _end(*tasks: "asyncio.Task[Any]") -> None:
    await cancel_all(tasks)
