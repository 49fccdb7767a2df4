"""Wait for replicas, so that what is acknowledged survives a failover.

WAIT returns how many replicas have everything that the same connection wrote before:
https://redis.io/docs/latest/commands/wait/
"""

from collections.abc import Sequence

from redis.asyncio import Redis

from shared.settings import Settings
from shared.store.links import NotServingError
from shared.store.lua import Argument, Script


def wait_command(settings: Settings) -> tuple[Argument, ...]:
    """Return the command; it waits half of LINNET_REDIS_TIMEOUT, as the answer must come before the link counts as
    dead."""
    return ("WAIT", settings.replicas, int(settings.redis_timeout * 500))


def check_reached(reached: object, settings: Settings) -> None:
    """Raise NotServingError, one of AWAY, unless WAIT's answer is enough. What was written stays written."""
    if not isinstance(reached, int) or reached < settings.replicas:
        raise NotServingError(f"only {reached} of {settings.replicas} replicas have what was sent")


async def run_replicated(
    script: Script, redis: Redis, keys: Sequence[str], args: Sequence[Argument], settings: Settings
) -> object:
    """Return the script's answer once LINNET_REPLICAS replicas have what it wrote."""
    if not settings.replicas:
        return await script.run(redis, keys, args)
    async with redis.pipeline(transaction=False) as pipe:
        script.queue(pipe, keys, args, first=True)
        pipe.execute_command(*wait_command(settings))
        answer, reached = await pipe.execute()
    check_reached(reached, settings)
    return answer
