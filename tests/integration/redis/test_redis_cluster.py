"""A cluster of three nodes: complete sessions on each, and a node that goes away and comes back."""

import asyncio

from redis.asyncio import Redis
from redis.crc import key_slot

from shared import keys
from shared.contract.session import partition_of
from shared.store.links import Links
from shared.store.open import open_links
from testkit.live_worker import LiveWorker
from testkit.redis_fleet import Cluster
from testkit.redis_server import RedisServer
from tests.integration.conftest import test_settings
from tests.integration.live_gateway import LiveGateway
from tests.integration.talker import Talker, until, whole


async def one_session_a_node(gateway: LiveGateway, links: Links) -> dict[Redis, str]:
    """Each node, and a session whose keys it holds."""
    found: dict[Redis, str] = {}
    for _ in range(200):
        session_id = await gateway.start_session()
        found[links.of(partition_of(session_id) or 0)] = session_id
        if len(found) == 3:
            return found
    raise AssertionError("200 sessions and not one on every node")


async def server_of(cluster: Cluster, node: Redis) -> RedisServer:
    port = (await node.config_get("port"))["port"]
    return next(server for server in cluster.servers if server.port == int(port))


async def test_sessions_live_on_every_node_and_outlast_its_restart_and_a_move_to_another() -> None:
    with Cluster() as cluster, RedisServer(appendonly=True) as queue:
        wish = {"partitions": 12, "lease_ttl": 1.0, "queue_url": queue.url, "redis_timeout": 1.0}
        settings = test_settings(cluster.url, **wish).model_copy(update={"mock": True})
        async with open_links(settings) as links:
            await links.ready()
            assert len(links.nodes) == 3
            with LiveGateway(settings) as gateway, LiveWorker(settings):

                async def all_leased() -> bool:
                    leases = [await links.of(p).exists(keys.lease(p)) for p in range(settings.partitions)]
                    return all(leases)

                await until(all_leased)
                sessions = await one_session_a_node(gateway, links)
                talkers = {node: Talker(gateway, session_id) for node, session_id in sessions.items()}
                for talker in talkers.values():
                    await talker.until_further()

                down, moving = (node for node in links.nodes if node is not links.general)
                server = await server_of(cluster, down)
                await asyncio.to_thread(server.kill)
                for node in links.nodes:
                    if node is not down:
                        await talkers[node].until_further()
                for _ in range(100):  # whichever partitions are drawn
                    await gateway.start_session()
                await asyncio.to_thread(server.start)
                for talker in talkers.values():
                    await talker.until_further()

                await asyncio.to_thread(queue.kill)
                for talker in talkers.values():
                    await talker.until_further()
                await asyncio.to_thread(queue.start)

                partition = partition_of(sessions[moving]) or 0
                slot = key_slot(keys.lease(partition).encode())
                source, target = await server_of(cluster, moving), await server_of(cluster, links.general)
                await asyncio.to_thread(cluster.move_slot, slot, source, target)
                await talkers[moving].until_further()

                seconds = [await talker.stop() for talker in talkers.values()]
                await asyncio.gather(*(whole(gateway, *one) for one in zip(sessions.values(), seconds, strict=True)))
                for session_id in sessions.values():
                    async with gateway.events(session_id, "0-0") as events:
                        streamed = await events.rest()
                        assert streamed[-1]["event"] == "session-ended"
                    async with gateway.http() as client:
                        history = (await client.get(f"/session/{session_id}/history?limit=1000")).json()
                        assert history["ids"] == [one["id"] for one in streamed if one.get("event") == "tone-event"]
                        assert (await client.delete(f"/session/{session_id}")).status_code == 200
                        assert (await client.get(f"/session/{session_id}")).status_code == 404
                    left = [key for node in links.nodes async for key in node.scan_iter(f"*{session_id}*")]
                    assert left == [keys.tombstone(partition_of(session_id) or 0, session_id).encode()]
