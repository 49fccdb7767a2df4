"""Which server holds what, and which errors mean that trying again helps."""

import asyncio
import re

import pytest
from redis.crc import key_slot

from shared import keys
from shared.cancelling import cancel_all
from shared.settings import Settings
from shared.store.cluster import _owners
from shared.store.connection import AWAY, StoreParser
from shared.store.open import open_links


@pytest.mark.parametrize(
    ("answer", "away"),
    [
        ("OOM command not allowed when used memory > 'maxmemory'. script: 5, on @user_script:3.", True),
        ("ERR Error running script (call to f_5): @user_script:3: @user_script: 3: -OOM command not allowed", True),
        ("READONLY You can't write against a read only replica.", True),
        ("UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)", True),
        ("NOREPLICAS Not enough good replicas to write.", True),
        ("MISCONF Errors writing to the AOF file: No space left on device", True),
        ("LOADING Redis is loading the dataset in memory", True),
        ("ERR max number of clients reached", True),
        ("MOVED 3999 127.0.0.1:6381", True),
        ("ASK 3999 127.0.0.1:6381", True),
        ("TRYAGAIN Multiple keys request during rehashing of slot", True),
        ("CLUSTERDOWN The cluster is down", True),
        ("BUSY Valkey is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.", True),
        ("NOSCRIPT No matching script. Please use EVAL.", True),
        ("EXECABORT Transaction discarded because of previous errors.", True),
        ("MOVED nowhere", True),
        ("ASK 3999 nowhere", True),
        ("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", True),
        ("ERR wrong number of arguments for 'get' command", False),
        ("WRONGTYPE Operation against a key holding the wrong kind of value", False),
        ("NOPERM this user has no permissions to run the 'flushall' command", False),
    ],
)
def test_errors_that_pass(answer: str, away: bool) -> None:
    assert isinstance(StoreParser.parse_error(answer), AWAY) is away


def test_the_keys_of_a_partition_share_a_slot_and_so_do_those_outside() -> None:
    of_partition = [keys.lease(7), keys.epoch(7), keys.pcm(7), keys.cursor(7), keys.presence(7), keys.tombstone(7, "x")]
    assert len({key_slot(key.encode()) for key in [*of_partition, *keys.of_session(7, "x")]}) == 1
    names = {
        name: value for name, value in vars(keys).items() if isinstance(value, str) and re.fullmatch("[A-Z]+", name)
    }
    outside = [value for name, value in names.items() if name != "QUEUE"]
    assert len(outside) >= 3
    assert len({key_slot(key.encode()) for key in outside}) == 1


def test_the_map_of_a_cluster() -> None:
    answer = [
        [0, 5, [b"10.0.0.1", 7000, b"id"], [b"10.0.0.9", 7009, b"replica"]],
        [6, 16382, [b"", 7001, b"id"]],
    ]
    owners = _owners(answer, ("asked", 1))
    assert len(owners) == 16384
    assert (owners[0], owners[5], owners[6], owners[16382], owners[16383]) == (
        ("10.0.0.1", 7000),
        ("10.0.0.1", 7000),
        ("asked", 7001),
        ("asked", 7001),
        None,
    )


async def test_before_a_cluster_answers_everything_is_away() -> None:
    settings = Settings(_env_file=None, redis_url="redis+cluster://127.0.0.1:1", queue_url="redis://127.0.0.1:1")
    async with open_links(settings) as links:
        with pytest.raises(AWAY):
            links.of(0)
        with pytest.raises(AWAY):
            _ = links.general
        assert links.by_server([1, 2], lambda partition: partition) == []
        with pytest.raises(AWAY):
            await links.ready()


async def test_one_server_holds_everything() -> None:
    async with open_links(Settings(_env_file=None, redis_url="redis://127.0.0.1:1")) as links:
        assert links.of(0) is links.of(9) is links.general
        assert links.by_server([1, 2], lambda partition: partition) == [(links.general, [1, 2])]
        assert links.shard(1) == links.shard(2)


async def test_a_task_that_loses_its_cancellation_is_ended_all_the_same() -> None:
    async def forgetful() -> None:
        for _ in range(2):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                continue  # what asyncio.wait_for of Python 3.11 does when its future is done at that moment
        await asyncio.Event().wait()

    async def failing() -> None:
        raise RuntimeError

    tasks = [asyncio.create_task(forgetful()), asyncio.create_task(failing())]
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await cancel_all(tasks)
    assert all(task.done() for task in tasks)
