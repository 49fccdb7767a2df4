"""The clocks of gateway and worker jump by an hour, ahead and back, in mid-speech, without effect."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import numpy as np
import pytest
from redis.asyncio import Redis
from websockets.asyncio.client import connect

from gateway.session.session_keys import place_of
from shared import keys
from testkit.live_worker import LiveWorker
from tests.fuzz.target import Target, attack_settings

FRAMES = 24
LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
JUMPS = {6: "+1h", 12: "-1h", 18: "+0"}


@pytest.fixture
def clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Sets the wall clock of every process started from now on: "+1h" is an hour ahead."""
    if not LIBRARIES:
        pytest.skip("this needs libfaketime (Debian: apt-get install libfaketime)")
    told, next_told = tmp_path / "clock", tmp_path / "next-clock"

    def turn(time: str) -> None:
        next_told.write_text(f"{time}\n")
        next_told.replace(told)  # in one step: the file is read at every look at the clock

    turn("+0")
    monkeypatch.setenv("LD_PRELOAD", str(LIBRARIES[0]))
    monkeypatch.setenv("FAKETIME_TIMESTAMP_FILE", str(told))
    monkeypatch.setenv("FAKETIME_NO_CACHE", "1")
    monkeypatch.setenv("FAKETIME_DONT_FAKE_MONOTONIC", "1")
    return turn


async def whole_session(
    gateway: Target, client: httpx.AsyncClient, during: Callable[[int, str], Awaitable[None]]
) -> list[tuple[str, str, float]]:
    """Speaks twelve seconds of noise and silence, ends; id, kind and time of every event, as its stream tells them."""
    session_id = await gateway.start_session(client)
    draw = np.random.default_rng(3)
    loudness = np.repeat([9_000, 9_000, 0, 7_000], FRAMES // 4 * 8_000)
    pcm = (draw.standard_normal(len(loudness)) * loudness).clip(-32_768, 32_767).astype("<i2").tobytes()
    async with connect(f"ws://127.0.0.1:{gateway.port}/session/{session_id}/audio", compression=None) as audio:
        for number in range(FRAMES):
            await during(number, session_id)
            await audio.send(pcm[number * 16_000 : (number + 1) * 16_000])
            assert json.loads(await audio.recv())["ok"]
        assert (await client.delete(f"{gateway.url}/session/{session_id}/end")).status_code == 200
    text = (await client.get(f"{gateway.url}/session/{session_id}/stream?last_event_id=0-0", timeout=20)).text
    blocks = [
        dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        for block in text.split("\n\n")
    ]
    return [
        (block["id"], block["event"], json.loads(block["data"])["timestamp"])
        for block in blocks
        if block.get("event") in {"tone-event", "session-ended"}
    ]


async def test_no_clock_that_jumps_ends_loses_or_doubles_anything(
    redis_url: str, redis: Redis, clock: Callable[[str], None]
) -> None:
    settings = attack_settings(
        redis_url,
        partitions=1,
        idle_ttl=60.0,
        lease_ttl=30.0,
        request_timeout=15.0,
        presence_interval=0.5,
        reliability_floor=0.0,
    )
    gateway = Target(settings)
    epochs: list[bytes | None] = []
    shown: list[float] = []

    async def nothing(_: int, __: str) -> None:
        return

    async def jump(number: int, session_id: str) -> None:
        if number in JUMPS:
            clock(JUMPS[number])
        if number % 6 == 4:
            shown.append(await clock_of_the_gateway())
            epochs.append(await redis.get(keys.epoch(place_of(session_id).partition)))
        await asyncio.sleep(0.25)

    async def clock_of_the_gateway() -> float:
        newest = await gateway.start_session(client)
        told: float = (await client.get(f"{gateway.url}/session/{newest}")).json()["started_at"]
        await client.delete(f"{gateway.url}/session/{newest}")
        return told

    try:
        with LiveWorker(settings):
            await gateway.until_ready()
            async with httpx.AsyncClient(timeout=60) as client:
                undisturbed = await whole_session(gateway, client, nothing)
                disturbed = await whole_session(gateway, client, jump)
    finally:
        gateway.end()
    assert disturbed == undisturbed
    assert len(disturbed) > 3
    assert shown[1] - shown[0] > 3_000 > 0 > shown[2] - shown[0], "the clock did not jump"
    assert len(set(epochs)) == 1, "a lease changed hands"
