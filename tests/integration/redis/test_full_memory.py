"""Which scripts run when Redis has no memory left."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import pytest
from redis.asyncio import Redis
from redis.exceptions import OutOfMemoryError

from classifier_worker.fleet.balance import _ALIVE
from classifier_worker.fleet.lease import acquire
from classifier_worker.partition.commit import Progress, commit
from classifier_worker.poison.suspects import Note, write_note
from gateway.session.presence import RENEW, USE_PARTITIONS
from gateway.session.session_keys import Place
from shared import keys
from shared.contract.event_id import EventId
from shared.contract.pcm_stream import END
from shared.contract.stored_event import StoredEvent
from shared.erasure.aof_schedule import note_deletion
from shared.settings import Settings
from shared.store.lua import Script
from testkit.live_worker import Speaker

PARTITION = 1
KINDS: tuple[Literal["hash", "sorted set", "stream"], ...] = ("hash", "sorted set", "stream")


@asynccontextmanager
async def full(redis: Redis) -> AsyncIterator[None]:
    await redis.config_set("maxmemory", 1)
    try:
        yield
    finally:
        await redis.config_set("maxmemory", 0)


@pytest.fixture
def module(tmp_path: Path) -> str:
    """A module with a script that needs memory."""
    (tmp_path / "lua").mkdir()
    (tmp_path / "lua" / "grow.lua").write_text("return redis.call('SET', KEYS[2], 'more')\n")
    return str(tmp_path / "module.py")


async def first_key(redis: Redis, kind: str) -> bytes | None:
    match kind:
        case "hash":
            await redis.hset("{a}first", mapping={"field": "value"})  # type: ignore[misc]
        case "sorted set":
            await redis.zadd("{a}first", {"member": 1})
        case "stream":
            await redis.xadd("{a}first", {"field": "value"})
    return await redis.dump("{a}first")  # type: ignore[no-any-return]


async def test_a_script_without_the_flag_is_refused(redis: Redis, module: str) -> None:
    async with full(redis):
        with pytest.raises(OutOfMemoryError):
            await Script(module, "grow").run(redis, ["{a}first", "{a}second"], [])
    assert not await redis.exists("{a}second")


@pytest.mark.parametrize("exists", [True, False], ids=["first key exists", "first key does not exist"])
@pytest.mark.parametrize("kind", KINDS)
async def test_a_script_with_the_flag_runs_and_leaves_its_first_key_as_it_is(
    redis: Redis, module: str, kind: Literal["hash", "sorted set", "stream"], exists: bool
) -> None:
    before = await first_key(redis, kind) if exists else None
    async with full(redis):
        await Script(module, "grow", when_full=kind).run(redis, ["{a}first", "{a}second"], [])
    assert await redis.get("{a}second") == b"more"
    assert await redis.dump("{a}first") == before


async def test_a_worker_works_on_and_makes_room(redis: Redis, settings: Settings) -> None:
    speaker = Speaker(redis, PARTITION)
    await speaker.start()
    event = StoredEvent(EventId(1600, 1), "tone-event", "{}")
    async with full(redis):
        assert await _ALIVE.run(redis, [keys.WORKERS, keys.MODEL], ["worker", 5, b"{}", 60]) == [b"worker"]
        lease = await acquire(redis, PARTITION, 1, "worker", 60)
        assert lease is not None
        await write_note(redis, lease, Note(["1-1"]))
        progress = Progress(speaker.session_id, 1600, b"state", [event], ended=False)
        await commit(redis, lease, "1-0", [progress], settings)
        await lease.release(redis)
        following = await acquire(redis, PARTITION, 2, "other", 60)
    assert following is not None
    assert following.inherited.orderly
    assert [stored.id for stored in await speaker.events()] == [event.id]


async def test_sessions_live_on_and_end_and_a_rewrite_is_noted(redis: Redis, settings: Settings) -> None:
    speaker = Speaker(redis, PARTITION)
    await speaker.start()
    place = Place(PARTITION, speaker.session_id)
    await redis.delete(place.presence)
    async with full(redis):
        await RENEW.run(redis, [place.presence, place.pcm, *place.all_keys], [place.session_id, 90, 3600])
        await USE_PARTITIONS.run(redis, [keys.PARTITIONS], [str(PARTITION)])
        assert await redis.zscore(place.presence, place.session_id) is not None
        assert (
            await END.run(redis, [place.record, place.pcm, place.presence], [place.session_id, "client"]) == b"running"
        )
        await note_deletion(redis, settings.rewrite_delay)
    assert await redis.zrange(keys.PARTITIONS, 0, -1) == [str(PARTITION).encode()]
    assert await redis.xlen(place.pcm) == 1
    assert await redis.zcard(keys.REWRITES) == 1
