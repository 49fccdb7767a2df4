"""A session that the release before began goes on while gateways and workers are replaced, whichever come first."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from time import time

import pytest
from redis.asyncio import Redis

from shared import keys
from shared.settings import Settings
from testkit.live_worker import LiveWorker
from tests.integration.live_gateway import LiveGateway
from tests.releases.as_written import as_written
from tests.releases.recording import FOLDER, SUFFIX, Halt, Recorded

RECORDED = [path for path in sorted(FOLDER.glob(f"*{SUFFIX}")) if "mock" in path.name]
HALTS = (0, 3)
"""A checkpoint without its audio, and one with it."""
LONG = 1e10
"""Seconds of LINNET_AUDIO_TTL: the recorded entries are older than any pause may be."""


@pytest.fixture
def lasting(settings: Settings) -> Settings:
    return settings.model_copy(update={"mock": True, "audio_ttl": LONG, "partitions": 1})


async def lay(redis: Redis, recorded: Recorded, halt: Halt) -> None:
    """What that release has in Redis once its worker has committed and its gateway stored as much."""
    session_id = recorded.session_id
    heard = recorded.stream[: halt.heard]
    received = int(heard[-1][1][b"o"]) + len(heard[-1][1][b"d"]) // 2
    await redis.hset(keys.session(0, session_id), mapping={**recorded.record, b"received": received})  # type: ignore[misc]
    await redis.set(keys.checkpoint(0, session_id), halt.checkpoint)
    await redis.zadd(keys.presence(0), {session_id: time() + 90})
    await redis.zadd(keys.PARTITIONS, {"0": time()})
    for event_id, kind, data in recorded.history[: halt.events]:
        await redis.xadd(keys.events(0, session_id), {"event": kind, "data": data}, id=event_id)
    for entry_id, fields in heard[halt.oldest :]:
        await add(redis, entry_id, fields)


async def add(redis: Redis, entry_id: bytes, fields: Mapping[bytes, bytes]) -> None:
    await redis.xadd(keys.pcm(0), dict(fields), id=entry_id)  # type: ignore[arg-type]


async def history(redis: Redis, session_id: str) -> list[tuple[str, str, str]]:
    """Once it has ended."""
    async with asyncio.timeout(60):
        while True:
            entries = await redis.xrange(keys.events(0, session_id))
            found = [(i.decode(), fields[b"event"].decode(), fields[b"data"].decode()) for i, fields in entries]
            if found and found[-1][1] == "session-ended":
                return found
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("number", HALTS)
@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
async def test_workers_first(redis: Redis, lasting: Settings, path: Path, number: int) -> None:
    """Its gateway goes on storing frames for workers of this release."""
    recorded = Recorded.load(path)
    halt = recorded.halts[number]
    await lay(redis, recorded, halt)
    with LiveWorker(lasting):
        for entry_id, fields in recorded.stream[halt.heard :]:
            await add(redis, entry_id, fields)
            await asyncio.sleep(0.02)
        assert as_written(await history(redis, recorded.session_id), recorded.history) == recorded.history


@pytest.mark.parametrize("number", HALTS)
@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
async def test_gateways_first(redis: Redis, lasting: Settings, path: Path, number: int) -> None:
    """Gateways of this release store the rest, and a worker of this release takes over later."""
    recorded = Recorded.load(path)
    halt = recorded.halts[number]
    await lay(redis, recorded, halt)
    with LiveGateway(lasting) as gateway:
        rest = [fields for _, fields in recorded.stream[halt.heard : -1]]
        begin = int(rest[0][b"o"])
        async with gateway.audio(recorded.session_id, f"?offset={begin}") as link:
            assert json.loads(await link.recv()) == {"ok": True, "next_offset": begin}
            for fields in rest:
                await link.send(fields[b"d"])
                assert json.loads(await link.recv()) == {"ok": True, "bytes": len(fields[b"d"])}
        async with gateway.http() as client:
            assert (await client.delete(f"/session/{recorded.session_id}/end")).status_code == 200
        with LiveWorker(lasting):
            assert as_written(await history(redis, recorded.session_id), recorded.history) == recorded.history
