"""Remove an erased session's audio from its partition's PCM stream, which it shares with other sessions.

The stream is rewritten without it: XDEL and XTRIM only mark entries as deleted as long as their block (4 kB, for frames
shorter than that) contains others, so their bytes would stay in memory and in the next file.
"""

from typing import Final

from redis.asyncio import Redis

from shared import keys
from shared.erasure.stream_copy import write_anew
from shared.store.lua import Script

_ERASE_AUDIO: Final = Script(__file__, "erase_audio", when_full="stream")

MOST_BYTES: Final = 4_000_000
"""The longest stream that is rewritten in one step: 95 s of audio in frames of 100 ms at 16 kHz."""


async def erase_audio(redis: Redis, partition: int, session_id: str) -> bool:
    """Delete the session's chunks and return whether there were any. Safe to repeat, and to call several times at once:
    no new chunks arrive, because APPEND needs the record."""
    names = keys.of_audio(partition)
    chunks = await _ERASE_AUDIO.run(redis, names, [session_id, MOST_BYTES])
    if chunks == -1:
        await write_anew(redis, names, session_id)
    return chunks != 0
