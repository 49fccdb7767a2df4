"""Redis itself reads every Lua script: it knows best which Lua it runs."""

from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from shared.store.lua import PACKAGES, source_of
from testkit.lint_lua import scripts


@pytest.mark.parametrize("file", list(scripts()), ids=lambda file: str(file.relative_to(PACKAGES)))
async def test_redis_compiles_it(redis: Redis, file: Path) -> None:
    await redis.script_load(source_of(file))


async def test_redis_refuses_newer_lua(redis: Redis) -> None:
    with pytest.raises(ResponseError, match="compiling"):
        await redis.script_load("return 7 // 2")
