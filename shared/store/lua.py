"""Lua scripts that survive a restart of Redis, which forgets loaded scripts."""

import hashlib
from collections.abc import Sequence

from redis.asyncio.client import Pipeline, Redis

Argument = str | bytes | int | float


class Script:
    """A script whose first call in a pipeline carries its source, so that later calls find it by digest.

    Redis runs a pipeline in order and EVAL loads what it runs: no NOSCRIPT answer can occur.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.digest = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()

    def queue(self, pipe: Pipeline, keys: Sequence[str], args: Sequence[Argument], *, first: bool) -> None:
        """Add one call to `pipe`; `first` marks the pipeline's first call of this script."""
        pipe.execute_command(*self.command(keys, args, first=first))

    def command(self, keys: Sequence[str], args: Sequence[Argument], *, first: bool) -> tuple[Argument, ...]:
        """Return the call as it goes over the wire, for code that writes its own pipelines."""
        if first:
            return ("EVAL", self.source, len(keys), *keys, *args)
        return ("EVALSHA", self.digest, len(keys), *keys, *args)

    async def run(self, redis: Redis, keys: Sequence[str], args: Sequence[Argument]) -> object:
        """Run it once and return Redis' answer."""
        answer: object = await redis.execute_command(  # type: ignore[no-untyped-call]
            "EVAL", self.source, len(keys), *keys, *args
        )
        return answer
