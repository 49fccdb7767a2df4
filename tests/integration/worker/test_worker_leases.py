"""Leases: one holder at a time, fenced by an increasing epoch, and fairly shared."""

import asyncio
import time
from collections import Counter

import numpy as np
import pytest
from arq.constants import in_progress_key_prefix, job_key_prefix
from redis.asyncio import Redis

from classifier_worker.fleet.arq_leases import job_id
from classifier_worker.fleet.lease import LeaseLostError, acquire
from classifier_worker.partition.commit import Progress, commit
from shared import keys
from shared.contract.event_id import EventId
from shared.contract.stored_event import StoredEvent
from shared.settings import Settings
from testkit.live_worker import LiveWorker, Speaker
from testkit.poisoned_worker import TAKES_LONG, poison

PARTITION = 3


async def test_one_holder_at_a_time(redis: Redis) -> None:
    first = await acquire(redis, PARTITION, 1, "a", 5)
    assert first is not None
    assert await acquire(redis, PARTITION, 2, "b", 5) is None
    await first.renew(redis)
    await first.release(redis)
    assert await acquire(redis, PARTITION, 1, "b", 5) is None, "an epoch is given out once"
    assert await acquire(redis, PARTITION, 2, "b", 5) is not None


async def test_an_expired_lease_cannot_be_renewed_or_written_under(redis: Redis, settings: Settings) -> None:
    speaker = Speaker(redis, PARTITION)
    await speaker.start()
    lease = await acquire(redis, PARTITION, 1, "a", 0.05)
    assert lease is not None
    await asyncio.sleep(0.1)
    event = StoredEvent(EventId(5, 1), "service-event", "{}")
    with pytest.raises(LeaseLostError):
        await lease.renew(redis)
    with pytest.raises(LeaseLostError):
        await commit(redis, lease, "1-0", [Progress(speaker.session_id, 5, b"", [event], False)], settings)
    assert await speaker.events() == []
    assert await redis.get(keys.cursor(PARTITION)) is None


async def test_a_worker_that_lost_its_lease_cannot_write(redis: Redis, settings: Settings) -> None:
    speaker = Speaker(redis, PARTITION)
    await speaker.start()
    late = await acquire(redis, PARTITION, 1, "frozen", 0.05)
    await asyncio.sleep(0.1)
    current = await acquire(redis, PARTITION, 2, "other", 5)
    assert late is not None
    assert current is not None
    mine = [Progress(speaker.session_id, 16000, b"x", [StoredEvent(EventId(1, 1), "service-event", "{}")], False)]
    with pytest.raises(LeaseLostError):
        await commit(redis, late, "1-0", mine, settings)
    await late.release(redis)
    assert await redis.exists(keys.lease(PARTITION)), "releasing a lost lease must not end the present one"
    await commit(redis, current, "1-0", mine, settings)
    assert len(await speaker.events()) == 1


async def test_after_a_failover_that_lost_a_lease_the_same_epoch_is_not_the_same_lease(
    redis: Redis, settings: Settings
) -> None:
    """A replica that takes over may lack the last moments, the counter of epochs included."""
    lost = await acquire(redis, PARTITION, 1, "a", 5)
    assert lost is not None
    await redis.delete(keys.lease(PARTITION), keys.epoch(PARTITION))
    current = await acquire(redis, PARTITION, 1, "b", 5)
    assert current is not None
    with pytest.raises(LeaseLostError):
        await lost.renew(redis)
    with pytest.raises(LeaseLostError):
        await commit(redis, lost, "1-0", [], settings)
    await lost.release(redis)
    await current.renew(redis)
    await commit(redis, current, "1-0", [], settings)


async def say(speaker: Speaker, seconds: float) -> None:
    pcm = (np.random.default_rng(7).standard_normal(round(seconds * 16_000)) * 3000).astype("<i2").tobytes()
    for begin in range(0, len(pcm), 3200):
        await speaker.say(pcm[begin : begin + 3200])


async def holders(redis: Redis, settings: Settings) -> Counter[bytes]:
    found = [await redis.hget(keys.lease(p), "holder") for p in range(settings.partitions)]  # type: ignore[misc]
    return Counter(holder for holder in found if holder)


async def until_shares(redis: Redis, settings: Settings, shares: list[int], seconds: float = 30) -> None:
    give_up = time.monotonic() + seconds
    while sorted((found := await holders(redis, settings)).values()) != shares:
        assert time.monotonic() < give_up, found
        await asyncio.sleep(0.1)


async def test_partitions_are_shared_out_as_workers_come_and_go(redis: Redis, settings: Settings) -> None:
    mock = settings.model_copy(update={"mock": True, "lease_ttl": 1.5})
    with LiveWorker(mock) as first:
        await until_shares(redis, mock, [4])
        with LiveWorker(mock) as second, LiveWorker(mock):
            await until_shares(redis, mock, [1, 1, 2])
            second.kill()
            await until_shares(redis, mock, [2, 2])
            assert first.terminate() == 0
            await until_shares(redis, mock, [4])


async def test_a_frozen_worker_that_wakes_up_writes_nothing_and_takes_its_share_again(
    redis: Redis, settings: Settings
) -> None:
    """It is frozen in the middle of its sessions' speech, which the other one goes on with."""
    mock = settings.model_copy(update={"mock": True, "lease_ttl": 1.5})
    speakers = [Speaker(redis, partition) for partition in range(4)]
    with LiveWorker(mock) as frozen:
        await until_shares(redis, mock, [4])
        for speaker in speakers:
            await speaker.start()
            await say(speaker, 4)
        frozen.freeze()
        for speaker in speakers:
            await say(speaker, 2)
        with LiveWorker(mock):
            await until_shares(redis, mock, [4])
            for speaker in speakers:
                await speaker.until(lambda events: len(events) >= 3)
            frozen.wake()
            await until_shares(redis, mock, [2, 2])
            for speaker in speakers:
                await say(speaker, 2)
                await speaker.end()
                await speaker.until_ended()
            histories = [await speaker.until_ended() for speaker in speakers]
            assert frozen.exit_code is None
    expected = [*((second * 16_000, "tone-event") for second in range(3, 9)), (8 * 16_000, "session-ended")]
    for history in histories:
        assert [(event.id.sample, event.kind) for event in history] == expected


async def test_a_worker_that_leaves_in_the_middle_of_a_long_step_does_not_make_its_sessions_wait(
    redis: Redis, settings: Settings
) -> None:
    mock = settings.model_copy(update={"mock": True, "lease_ttl": 1.5})
    with LiveWorker(mock, "testkit.poisoned_worker") as leaving, LiveWorker(mock):
        await until_shares(redis, mock, [2, 2])
        leases = [await redis.hget(keys.lease(p), "holder") or b"" for p in range(4)]  # type: ignore[misc]
        long, other = (p for p, holder in enumerate(leases) if b"-%d-" % leaving.process in holder)
        unlucky, lucky = Speaker(redis, long), Speaker(redis, other)
        for speaker in (unlucky, lucky):
            await speaker.start()
        await unlucky.say(poison(TAKES_LONG, process=leaving.process))
        while not await redis.exists(keys.hearing(long)):
            await asyncio.sleep(0.01)
        await say(lucky, 4)
        leaving.leave()
        await lucky.until(lambda events: len(events) >= 2)
        assert leaving.exit_code is None, "its step was not waited for"
        assert await redis.zcard(keys.WORKERS) == 1, "and it does not count as alive any more"


async def test_a_queue_that_redis_lost_in_part_or_whole_heals_by_itself(redis: Redis, settings: Settings) -> None:
    """Else a job would count as in progress, or as queued, for as long as leases may last."""
    await redis.set(f"{in_progress_key_prefix}{job_id(2, 1)}", b"1")  # its worker died before it had the lease
    await redis.set(f"{job_key_prefix}{job_id(1, 1)}", b"1")  # known, but the queue itself is lost
    mock = settings.model_copy(update={"mock": True, "lease_ttl": 1.5})
    with LiveWorker(mock):
        await until_shares(redis, mock, [4])
        await redis.delete(keys.QUEUE, *await redis.keys("arq:*"))
        with LiveWorker(mock):
            await until_shares(redis, mock, [2, 2])
