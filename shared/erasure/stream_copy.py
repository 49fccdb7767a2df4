"""Rewrite a PCM stream without erased audio, in steps short enough to let other commands through.

First the session's chunks are deleted page by page: they are no longer read, but their bytes may remain in shared
blocks. Then the rest is copied page by page, and the step that finds nothing more to copy puts the copy in the stream's
place. Ids, order, expiry and the last id stay, so readers and senders notice nothing:

- a chunk that arrives during the copy has a greater id than all before it, and a later step copies it;
- what commits trim during the copy is trimmed from the copy before it takes over;
- code that deletes single chunks deletes them from the copy as well (`commit`, other erasures).

All callers work on one copy, so simultaneous erasures cost at most two, and when one caller dies, others continue.
`keys.erasing` records each session's progress: `marked`, its chunks may still be on the stream; `off`, they are not,
but their bytes may be; `leaving`, the current copy was begun after that.
"""

from collections.abc import Sequence
from typing import Final

from redis.asyncio import Redis

from shared.store.lua import Script

STEP_BYTES: Final = 1_000_000
"""Most bytes per step. Other commands run between two steps."""


_DELETE_PAGE: Final = Script(__file__, "delete_page")

_COPY_PAGE: Final = Script(__file__, "copy_page", when_full="stream")


async def write_anew(redis: Redis, names: Sequence[str], session_id: str) -> None:
    """Erase the session, which `keys.erasing` marks, from a stream of any length. `names`: keys.of_audio."""
    after: object = b"-"
    while isinstance(after, bytes) and after:
        after = await _DELETE_PAGE.run(redis, names, [session_id, after, STEP_BYTES])
    while await _COPY_PAGE.run(redis, names, [session_id, STEP_BYTES]):
        pass
