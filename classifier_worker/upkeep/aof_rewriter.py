"""Have Redis rewrite its append-only file when deleted data must leave it (`shared.erasure.aof_schedule`)."""

import logging
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from shared import keys
from shared.store.links import AWAY, Links

log = logging.getLogger(__name__)

_AGAIN_SECONDS: Final = 10.0
"""Seconds before another attempt if Redis could not finish a rewrite for lack of disk space or memory."""


class FileRewrite:
    """One worker's part in rewriting. The worker that requests a rewrite removes it from the list, so that it is
    requested once."""

    def __init__(self) -> None:
        self._refused = False
        self._asked: set[Redis] = set()
        """Servers that were asked and have not been seen to finish."""

    async def tick(self, links: Links) -> None:
        """Run once a second: ask for a rewrite if one is due. Raises RedisError as any command does."""
        general = links.general
        seconds, microseconds = await general.time()
        now = seconds + microseconds / 1e6
        due = await general.zrangebyscore(keys.REWRITES, "-inf", now)
        if not due and not self._asked:
            return
        done = [await self._ask(node, now, general, due=bool(due)) for node in links.nodes]
        if due and all(done):
            await general.zrem(keys.REWRITES, *due)

    async def _ask(self, node: Redis, now: float, general: Redis, *, due: bool) -> bool:
        """Ask the server if necessary; return False if it must be asked again later."""
        try:
            return await self._see_to_it(node, now, general, due=due)
        except AWAY:
            raise
        except ResponseError as error:  # forbidden, or unknown to a managed server
            self._say_refused(error)
            return True

    async def _see_to_it(self, redis: Redis, now: float, general: Redis, *, due: bool) -> bool:
        """Start or follow a rewrite; return False if Redis must be asked again later. Raises ResponseError."""
        state = await redis.info("persistence")
        if state["aof_rewrite_in_progress"]:
            return False  # it may have begun before these deletions, so another one follows
        if redis in self._asked and state["aof_last_bgrewrite_status"] != "ok":
            log.error("Redis could not rewrite its append-only file, which still holds erased data: see its log.")
            await general.zadd(keys.REWRITES, {f"{now:.3f}": now + _AGAIN_SECONDS})
        self._asked.discard(redis)
        if due and state["aof_enabled"]:  # if there is no file, Redis would create one
            self._asked.add(redis)
            try:
                await redis.execute_command("BGREWRITEAOF")  # type: ignore[no-untyped-call]
            except ResponseError as error:
                if "in progress" not in str(error):
                    raise
                return False  # another worker was quicker
        return True

    def _say_refused(self, error: ResponseError) -> None:
        if not self._refused:
            self._refused = True
            log.warning(
                "Redis does not let Linnet rewrite its append-only file (%s), so erased data stays in it until the "
                "server rewrites it. Allow INFO and BGREWRITEAOF, or see docs/guide/operations.md.",
                error,
            )
