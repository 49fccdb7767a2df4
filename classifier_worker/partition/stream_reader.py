"""Read one partition's stream: forward, in order; and fetch single chunks that were left on it."""

from collections.abc import Sequence
from typing import Final

from redis.asyncio import Redis

from classifier_worker.partition.session_queue import Left
from shared import keys
from shared.contract.entry_id import FIRST
from shared.contract.pcm_stream import Chunk

READ_COUNT: Final = 64
"""Most chunks per read."""


class StreamReader:
    """Reads a partition's stream and remembers its position."""

    def __init__(self, redis: Redis, partition: int) -> None:
        self._redis = redis
        self._key = keys.pcm(partition)
        self.position = FIRST
        """Entry id of the last chunk read."""
        self.at_end = False
        """Whether the last read reached the end of the stream."""

    async def read(self, block_ms: int | None) -> list[Chunk]:
        """Return the next chunks, at most READ_COUNT. block_ms: how long to wait for the first; None: not at all.

        Raises RedisError.
        """
        answer = await self._redis.xread({self._key: self.position}, count=READ_COUNT, block=block_ms)
        chunks = [Chunk.from_entry(entry_id, fields) for entry_id, fields in (answer[0][1] if answer else [])]
        self.at_end = len(chunks) < READ_COUNT
        return chunks

    async def fetch(self, left: Sequence[Left]) -> list[Chunk | None]:
        """Return chunks that were left on the stream, None for those that are gone. Raises RedisError."""
        pipe = self._redis.pipeline(transaction=False)
        for one in left:
            pipe.xrange(self._key, one.entry_id, one.entry_id)
        answers = await pipe.execute()
        return [Chunk.from_entry(*found[0]) if found else None for found in answers]
