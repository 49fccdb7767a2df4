"""Lease jobs: which worker takes which, independent of any machine's clock."""

import asyncio
import gc
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, cast
from unittest.mock import patch

import msgpack
import pytest
from arq.connections import ArqRedis, RedisSettings, create_pool
from arq.typing import WorkerCoroutine
from arq.worker import Worker
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from classifier_worker.fleet.arq_leases import LeaseJobs, job_id, keep_taking, offer, partition_of_job, withdraw
from classifier_worker.fleet.balance import Balance, share_of
from classifier_worker.fleet.lease import acquire
from classifier_worker.fleet.load_meter import LoadMeter
from shared import keys
from shared.settings import Settings
from shared.store.links import OneServer


@pytest.fixture
async def queue(redis_url: str) -> AsyncIterator[ArqRedis]:
    queue = await create_pool(
        RedisSettings.from_dsn(redis_url),
        job_serializer=msgpack.packb,
        job_deserializer=msgpack.unpackb,
        default_queue_name=keys.QUEUE,
    )
    yield queue
    await queue.aclose()


async def _nothing(_ctx: object, *_: object) -> None: ...


nothing = cast(WorkerCoroutine, _nothing)


def jobs(queue: ArqRedis, *, room: bool, offers: list[int]) -> LeaseJobs:
    return LeaseJobs(
        may_take=lambda _: room,
        on_new_offer=lambda: offers.append(1),
        functions=[nothing],
        redis_pool=queue,
        queue_name=keys.QUEUE,
        handle_signals=False,
        job_serializer=msgpack.packb,
        job_deserializer=msgpack.unpackb,
    )


@pytest.mark.parametrize("partitions", [1, 4, 16, 17])
@pytest.mark.parametrize("workers", [1, 2, 3, 5, 20])
def test_shares_add_up_and_differ_by_one_at_the_most(partitions: int, workers: int) -> None:
    names = [f"worker-{number}" for number in range(workers)]
    shares = [share_of(name, names, partitions) for name in names]
    assert sum(shares) == partitions
    assert max(shares) - min(shares) <= 1


def test_a_worker_that_is_not_yet_listed_counts_itself() -> None:
    assert share_of("b", ["a", "c"], 6) == 2


def test_a_jobs_name_says_its_partition() -> None:
    assert partition_of_job(job_id(12, 7)) == 12
    assert partition_of_job("cron:end_idle_sessions:1") is None
    assert partition_of_job("partition-x-1") is None


async def test_an_offer_is_due_whatever_the_offering_machines_clock_says(queue: ArqRedis) -> None:
    for epoch, hours in ((1, 0), (2, 5), (3, -5)):
        now = int((datetime.now(UTC) + timedelta(hours=hours)).timestamp() * 1000)
        with patch("arq.connections.timestamp_ms", lambda now=now: now):
            await offer(queue, 4, epoch)
        score = await queue.zscore(keys.QUEUE, job_id(4, epoch))
        assert score is not None
        assert 0 < score < 10_000, "long past, for every clock; not 0, which arq takes for not queued"
        assert await queue.pttl(f"arq:job:{job_id(4, epoch)}") > 3_600_000


async def test_what_is_withdrawn_can_be_offered_anew(queue: ArqRedis) -> None:
    await offer(queue, 4, 1)
    await queue.delete(keys.QUEUE)
    await offer(queue, 4, 1)
    assert await queue.zcard(keys.QUEUE) == 0, "arq knows the job and does not queue it again"
    await withdraw(queue, 4, 1)
    await offer(queue, 4, 1)
    assert await queue.zcard(keys.QUEUE) == 1


async def test_a_worker_without_room_takes_no_lease_and_looks_up_at_a_new_offer(queue: ArqRedis) -> None:
    offers: list[int] = []
    worker = jobs(queue, room=False, offers=offers)
    await offer(queue, 1, 1)
    for _ in range(3):
        await worker.start_jobs(await queue.zrange(keys.QUEUE, 0, -1))
    assert (worker.tasks, offers) == ({}, [1])
    await offer(queue, 2, 1)
    await worker.start_jobs(await queue.zrange(keys.QUEUE, 0, -1))
    assert (worker.tasks, offers) == ({}, [1, 1])


async def test_a_worker_with_room_takes_a_lease(queue: ArqRedis) -> None:
    worker = jobs(queue, room=True, offers=[])
    await offer(queue, 1, 1)
    await worker.start_jobs(await queue.zrange(keys.QUEUE, 0, -1))
    assert set(worker.tasks) == {job_id(1, 1)}
    for task in worker.tasks.values():
        task.cancel()


async def test_an_offer_in_the_moment_of_leaving_does_not_keep_a_worker(
    queue: ArqRedis, redis: Redis, settings: Settings
) -> None:
    """Both wake the same task; the end must not get lost beside the offer."""
    balance = Balance(OneServer(redis), settings, "worker", {}, LoadMeter())
    keeping = asyncio.create_task(balance.keep(queue, lambda partition, epoch: None))
    while not await redis.zcard(keys.WORKERS):
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.3)  # now it waits for its next round
    balance.on_new_offer()
    await asyncio.sleep(0)
    keeping.cancel()
    done, _ = await asyncio.wait({keeping}, timeout=5)
    assert done


def balance_of(redis: Redis, settings: Settings, name: str, *, partitions: int) -> Balance:
    return Balance(OneServer(redis), settings.model_copy(update={"partitions": partitions}), name, {}, LoadMeter())


async def lease(redis: Redis, balance: Balance, partition: int) -> None:
    """Let the worker hold the partition."""
    balance.held[partition] = asyncio.Event()
    assert await acquire(redis, partition, 1, balance.worker_id, 60) is not None


async def test_a_partition_that_no_session_uses_is_not_taken_again(
    queue: ArqRedis, redis: Redis, settings: Settings
) -> None:
    """Its job may lie in the queue since there were more partitions: taking it would keep out one in use."""
    balance = balance_of(redis, settings, "worker", partitions=1)
    await redis.zadd(keys.PARTITIONS, {"3": 0})
    await offer(queue, 2, 1)
    await balance.tick(queue)
    assert [partition for partition in range(5) if balance.may_take(partition)] == [0, 3]


async def test_a_partition_that_no_session_uses_makes_room_for_one_in_use(
    queue: ArqRedis, redis: Redis, settings: Settings
) -> None:
    """While workers disagree about the number of partitions, their shares do not add up to those in use."""
    short = settings.model_copy(update={"lease_ttl": 1.0})
    many = balance_of(redis, short, "worker-1", partitions=4)
    few = balance_of(redis, short, "worker-2", partitions=1)
    await many.tick(queue)
    await few.tick(queue)
    for balance, partition in ((few, 2), (many, 0), (many, 1)):
        await lease(redis, balance, partition)
    await redis.zadd(keys.PARTITIONS, {"2": 0, "3": 0})
    give_up = asyncio.get_running_loop().time() + 60
    while not many.held[1].is_set():
        assert asyncio.get_running_loop().time() < give_up, "partition 3 stays without a worker"
        await many.tick(queue)
        await few.tick(queue)
        assert few.full
        await asyncio.sleep(0.2)
    assert [partition for partition, stop in many.held.items() if stop.is_set()] == [1]


async def test_of_several_live_workers_one_is_the_first(queue: ArqRedis, redis: Redis, settings: Settings) -> None:
    one, other = (balance_of(redis, settings, name, partitions=1) for name in ("worker-1", "worker-2"))
    await other.tick(queue)
    assert other.first
    await one.tick(queue)
    await other.tick(queue)
    assert (one.first, other.first) == (True, False)
    await one.leave()
    await other.tick(queue)
    assert other.first


@pytest.mark.parametrize("function", ["_nothing", "unknown"])
async def test_a_job_that_cannot_be_crossed_off_is_one_line_in_the_log(
    queue: ArqRedis, function: str, caplog: pytest.LogCaptureFixture
) -> None:
    """And the next jobs are taken once the queue is back."""
    complaints: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    finish = LeaseJobs.finish_job if function == "_nothing" else LeaseJobs.finish_failed_job
    away, finished = asyncio.Event(), asyncio.Event()

    async def fail_while_away(self: LeaseJobs, *args: Any) -> None:
        if not away.is_set():
            await asyncio.sleep(0.05)
            raise RedisConnectionError("the link is lost")
        await cast(Any, finish)(self, *args)
        finished.set()

    with patch.object(Worker, finish.__name__, fail_while_away):
        taking = asyncio.create_task(keep_taking(partial(jobs, queue, room=True, offers=[])))
        for name in ("one", "other"):
            await queue.enqueue_job(function, _job_id=name)
        await asyncio.sleep(2.5)
        away.set()
        await queue.enqueue_job(function, _job_id="next")
        await asyncio.wait_for(finished.wait(), 20)
        taking.cancel()
        await asyncio.wait({taking})
    gc.collect()
    assert complaints == []
    assert len([record for record in caplog.records if "The queue is unreachable" in record.message]) == 1
