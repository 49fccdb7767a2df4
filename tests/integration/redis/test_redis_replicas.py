"""With LINNET_REPLICAS nothing is confirmed that a failover could take back, neither audio nor whose the session is."""

import time
from collections.abc import Iterator
from functools import partial

import pytest
from redis.asyncio import Redis

from gateway.session.session_keys import Place
from shared.contract.pcm_stream import APPEND, ATTACH
from shared.contract.session import Session, new_session_id
from shared.store.links import NotServingError
from shared.store.lua import Argument
from shared.store.replication import run_replicated
from testkit.redis_fleet import follows, wait_until
from testkit.redis_server import RedisServer
from tests.integration.conftest import test_settings
from tests.integration.live_gateway import LiveGateway, answer
from tests.integration.talker import until


@pytest.fixture
def servers() -> Iterator[tuple[RedisServer, RedisServer]]:
    """A primary and its replica."""
    with (
        RedisServer("--repl-diskless-sync-delay", "0") as primary,
        RedisServer("--replicaof", f"127.0.0.1 {primary.port}") as replica,
    ):
        wait_until(partial(follows, replica.port), "the replica follows")
        yield primary, replica


async def test_a_socket_takes_a_session_over_once_a_replica_knows_it(servers: tuple[RedisServer, RedisServer]) -> None:
    primary, replica = servers
    with LiveGateway(test_settings(primary.url, replicas=1, redis_timeout=4.0)) as gateway:
        session_id = await gateway.start_session()
        replica.freeze()
        async with gateway.audio(session_id) as link:
            assert (await answer(link))["error"] == "store_unavailable"
        replica.wake()

        async def taken() -> bool:
            async with gateway.audio(session_id) as link:
                await link.send(bytes(320))
                return bool((await answer(link))["ok"])

        await until(taken)


async def test_what_is_sent_again_is_confirmed_once_a_replica_has_what_was_stored_before(
    servers: tuple[RedisServer, RedisServer],
) -> None:
    """The second sender's connection has written none of it itself, and WAIT is about its own connection's writes."""
    primary, replica = servers
    settings = test_settings(primary.url, replicas=1, redis_timeout=4.0)
    place = Place(0, new_session_id(0))
    names = [place.record, place.pcm, place.pcm_flow]
    frame: list[Argument] = ["t", place.session_id, 0, 160, bytes(320)]
    async with Redis.from_url(primary.url) as first, Redis.from_url(primary.url) as second:
        await first.hset(place.record, mapping=dict(Session(started_at=time.time()).to_hash()))
        await run_replicated(ATTACH, first, [place.record], ["t", "-", 0], settings)
        await second.ping()
        replica.freeze()
        for sender in (first, second):
            with pytest.raises(NotServingError):
                await run_replicated(APPEND, sender, names, frame, settings)
        replica.wake()
        assert await run_replicated(APPEND, second, names, frame, settings) == [b"ok", b"0", 420, b"160"]
        assert await first.xlen(place.pcm) == 1
