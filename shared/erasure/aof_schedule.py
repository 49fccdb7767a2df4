"""When Redis' append-only file must be rewritten: until then it keeps deleted data.

Each deletion notes a time; the first worker whose tick finds it due asks Redis for the rewrite. Times are rounded up,
so that many deletions share one rewrite.
"""

import math
from typing import Final

from redis.asyncio import Redis

from shared import keys
from shared.store.lua import Script

_SHARES: Final = 24

_NOTE = Script(__file__, "note_rewrite", when_full="sorted set")


def due_time(now: float, delay: float, expires_in: float = 0.0) -> float:
    """Return when (s, as `now`) to rewrite the file for data that is gone in `expires_in` seconds.

    At least `delay` and less than 2·`delay` seconds after that. A long retention need not end on the second: a 24th of
    `expires_in` replaces `delay` if it is longer, so a busy service with a retention of a day rewrites the file every
    hour. At most 27 times are ever scheduled.
    """
    grain = max(delay, expires_in / _SHARES)
    return (math.ceil((now + expires_in) / grain) + 1) * grain


async def note_deletion(redis: Redis, delay: float, expires_in: float = 0.0) -> None:
    """Have the file rewritten at `due_time`. Call it before the deletion, so that a crash cannot forget the rewrite."""
    seconds, microseconds = await redis.time()
    due = due_time(seconds + microseconds / 1e6, delay, expires_in)
    await _NOTE.run(redis, [keys.REWRITES], [f"{due:.3f}"])
