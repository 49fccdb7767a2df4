"""Every answer that Redis can give: no process ends, and nothing that was acknowledged is lost."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from redis import Redis as BlockingRedis
from redis.asyncio import Redis

from shared.settings import Settings
from testkit.live_worker import LiveWorker, until_leased
from testkit.redis_server import PASSWORDS, RedisServer
from tests.integration.answering_proxy import AnsweringProxy
from tests.integration.conftest import test_settings
from tests.integration.live_gateway import LiveGateway
from tests.integration.talker import Talker, until, whole

ANSWERS = (
    b"-BUSY Valkey is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
    b"-NOSCRIPT No matching script.",
    b"-LOADING Valkey is loading the dataset in memory",
    b"-READONLY You can't write against a read only replica.",
    b"-MISCONF Errors writing to the AOF file: No space left on device",
    b"-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    b"-CLUSTERDOWN The cluster is down",
    b"-TRYAGAIN Multiple keys request during rehashing of slot",
    b"-MOVED 3999 nowhere",
    b"-OOM command not allowed when used memory > 'maxmemory'.",
    b"-NOREPLICAS Not enough good replicas to write.",
    b"-EXECABORT Transaction discarded because of previous errors.",
    b"-NOPERM this user has no permissions",
    b"-ERR something that no version of today says",
    b"?garbled",
    b":7",
    b"+surprise",
    b"*2\r\n:1\r\n$1\r\nx",
    b"$-1",
)
SECONDS = 0.7
"""How long each is given: longer than a lease may go without renewal, and than many frames and looks take."""


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with RedisServer() as server:
        yield server


def through(url: str) -> Settings:
    return test_settings(url, partitions=1, lease_ttl=1.0, redis_timeout=0.5).model_copy(update={"mock": True})


@pytest.mark.parametrize("answers", [ANSWERS[:7], ANSWERS[7:14], ANSWERS[14:]])
async def test_every_answer_is_survived(server: RedisServer, tmp_path: Path, answers: tuple[bytes, ...]) -> None:
    log = tmp_path / "worker.log"
    with AnsweringProxy(server.port) as proxy, log.open("wb") as file:
        settings = through(proxy.url)
        worker_url = proxy.url.replace("://", f"://worker:{PASSWORDS['worker']}@")
        worker_settings = settings.model_copy(update={"redis_url": worker_url})
        with LiveGateway(settings) as gateway, LiveWorker(worker_settings, log=file) as worker:
            async with Redis.from_url(server.url) as redis:
                await until_leased(redis, 0, 90)
            session_id = await gateway.start_session()
            talker = Talker(gateway, session_id)
            for answer in answers:
                await talker.until_further()
                proxy.answer(answer)
                async with gateway.http() as client:
                    refused = await client.post("/session/start")
                await asyncio.sleep(SECONDS)
                proxy.answer(None)
                assert worker.exit_code is None, answer
                if answer.startswith(b"-"):
                    assert refused.status_code == 503, (answer, refused.text)
            await whole(gateway, session_id, await talker.stop())
            assert worker.exit_code is None


async def test_a_slow_script_of_somebody_else_is_survived(server: RedisServer, tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    settings = through(server.url)
    with log.open("wb") as file, LiveGateway(settings) as gateway, LiveWorker(settings, log=file) as worker:
        async with Redis.from_url(server.url) as redis:
            await until_leased(redis, 0, 90)
            await redis.config_set("busy-reply-threshold", 50)
        session_id = await gateway.start_session()
        talker = Talker(gateway, session_id)
        await talker.until_further()
        slow = threading.Thread(target=_hold_up, args=(server,))
        slow.start()
        statuses = set()
        async with gateway.http() as client:
            while slow.is_alive():
                for call in (client.get(f"/session/{session_id}"), client.post("/session/start"), client.get("/ready")):
                    statuses.add((await call).status_code)
        assert 503 in statuses
        assert statuses <= {200, 503}
        await talker.until_further()

        async def ready() -> bool:
            with httpx.Client() as blocking:
                return (await asyncio.to_thread(blocking.get, f"{gateway.url}/ready")).status_code == 200

        await until(ready)
        await whole(gateway, session_id, await talker.stop())
        assert worker.exit_code is None
    assert "Traceback" not in log.read_text()


def _hold_up(server: RedisServer) -> None:
    with BlockingRedis(port=server.port) as client:
        client.eval("local t = redis.call('TIME')[1] while redis.call('TIME')[1] - t < 4 do end", 0)
