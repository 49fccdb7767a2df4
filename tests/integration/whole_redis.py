"""All of what a Redis server holds, searched through, and a way to let time pass for it."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from redis.asyncio import Redis

from shared import keys


def noise(seconds: float, seed: int = 7) -> bytes:
    """Loud PCM at 16 kHz in which no eight samples come twice."""
    draw = np.random.default_rng(seed)
    return (draw.standard_normal(round(seconds * 16_000)) * 6000).astype("<i2").tobytes()


def pieces(pcm: bytes, every: int = 320) -> list[bytes]:
    """16 bytes out of each `every`: short enough to stand whole in every encoding."""
    return [pcm[begin : begin + 16] for begin in range(100, len(pcm) - 16, every)]


async def traces(redis: Redis, needles: Iterable[bytes]) -> set[str]:
    """The keys in whose name or serialised value (deleted entries of streams included) one of `needles` occurs."""
    await redis.config_set("rdbcompression", "no")  # DUMP compresses as the file does
    wanted = list(needles)
    found = set()
    for key in [key async for key in redis.scan_iter(count=1000)]:
        value = await redis.dump(key) or b""
        if any(needle in key or needle in value for needle in wanted):
            found.add(key.decode())
    return found


def in_files(folder: Path, needles: Iterable[bytes]) -> set[str]:
    """The files below `folder` that hold one of `needles`."""
    wanted = list(needles)
    found = set()
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            continue  # replaced meanwhile
        if any(needle in content for needle in wanted):
            found.add(path.name)
    return found


async def let_pass(redis: Redis, seconds: float) -> None:
    """Does what `seconds` would do to keys that expire and to the times that are noted, but for leases and arq."""
    found = [key async for key in redis.scan_iter(count=1000)]
    for key in found:
        if key.startswith(b"arq:") or key.endswith(b":lease"):
            continue
        if key.endswith(b":presence"):
            await _sooner(redis, key, seconds)
        ttl = await redis.pttl(key)
        if ttl > 0:
            await redis.pexpire(key, max(1, ttl - int(seconds * 1000)))
    await asyncio.sleep(0.02)
    # Redis removes what has expired a moment later, or when it is asked for; a rewrite is due seconds later than that.
    await redis.exists(*found, b"")
    await _sooner(redis, keys.REWRITES.encode(), seconds)


async def _sooner(redis: Redis, key: bytes, seconds: float) -> None:
    for member, score in await redis.zrange(key, 0, -1, withscores=True):
        await redis.zadd(key, {member: score - seconds})
