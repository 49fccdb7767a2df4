"""Failover in mid-speech: a primary is killed, and three Sentinels promote a replica."""

import asyncio

from redis.asyncio import Redis

from testkit.live_worker import LiveWorker, until_leased
from testkit.redis_fleet import SentinelSet
from tests.integration.conftest import test_settings
from tests.integration.live_gateway import LiveGateway
from tests.integration.talker import Talker, whole


async def test_sessions_go_on_after_a_failover_and_nothing_acknowledged_is_lost() -> None:
    with SentinelSet() as servers:
        wish = {"partitions": 2, "lease_ttl": 1.0, "replicas": 1}
        settings = test_settings(servers.url, **wish).model_copy(update={"mock": True})
        with LiveGateway(settings) as gateway, LiveWorker(settings):
            async with Redis.from_url(servers.primary.url) as redis:
                await until_leased(redis, 0)
                await until_leased(redis, 1)
            sessions = [await gateway.start_session() for _ in range(2)]
            talkers = [Talker(gateway, session_id) for session_id in sessions]
            for talker in talkers:
                await talker.until_further()
            async with gateway.events(sessions[0]) as events:
                await events.stored(1)
                await asyncio.to_thread(servers.primary.kill)
                for talker in talkers:
                    await talker.until_further()
                seconds = [await talker.stop() for talker in talkers]
                await asyncio.gather(*(whole(gateway, *one) for one in zip(sessions, seconds, strict=True)))
                assert (await events.rest())[-1]["event"] == "session-ended"
