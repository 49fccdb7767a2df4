"""Lua scripts that survive a restart of Redis, which forgets loaded scripts.

A module's scripts are in the folder `lua` beside it. A script begins with what it includes from other files
(`-- include shared/erasure/lua/stream.lua`, a path from the folder that holds the packages), then states its KEYS, ARGV
and answer.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Literal

from redis.asyncio.client import Pipeline, Redis

Argument = str | bytes | int | float

PACKAGES: Final = Path(__file__).resolve().parents[2]
"""The folder of the packages, in a checkout, an image and an installed wheel alike."""
_NOTHING: Final = {
    "hash": "redis.call('HDEL', KEYS[1], '')",
    "sorted set": "redis.call('ZREM', KEYS[1], '')",
    "stream": "redis.call('XDEL', KEYS[1], '0-0')",
}
"""Type of the first key → a write that needs no memory and changes nothing."""
_INCLUDE: Final = re.compile(r"^-- include (\S+)$", re.MULTILINE)


def source_of(file: Path) -> str:
    """Return the script's text after the texts that it includes, each once."""
    return "\n".join(path.read_text(encoding="utf-8") for path in dict.fromkeys(files_of(file)))


def files_of(file: Path) -> Iterator[Path]:
    """Yield the files that a script's text is made of, itself last."""
    for included in _INCLUDE.findall(file.read_text(encoding="utf-8")):
        yield from files_of(PACKAGES / included)
    yield file


class Script:
    """A script whose first call in a pipeline carries its source, so that later calls find it by digest.

    Redis runs a pipeline in order and EVAL loads what it runs: no NOSCRIPT answer can occur.
    """

    def __init__(
        self, module: str, name: str, *, when_full: Literal["hash", "sorted set", "stream"] | None = None
    ) -> None:
        """Read `lua/{name}.lua` beside `module`, the `__file__` of the module that runs it.

        `when_full`: run it even when memory is full; the type of its first key. Redis then refuses every command that
        may need memory, unless its script has written before. So such a script begins with a write that changes
        nothing. (Redis has a flag for this, `allow-oom`, from version 7 on.)
        """
        source = source_of(Path(module).resolve().parent / "lua" / f"{name}.lua")
        self.source = f"{_NOTHING[when_full]}\n{source}" if when_full else source
        self.digest = hashlib.sha1(self.source.encode(), usedforsecurity=False).hexdigest()

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
