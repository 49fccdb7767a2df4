"""A dedicated Redis link for pipelines that follow each other without a pause.

A pooled client takes, checks and returns a connection for each pipeline, and starts a timer for each answer. At
thousands of small pipelines a second that costs more than the commands.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import cast

from hiredis import pack_command
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ResponseError

from shared.store.links import AWAY
from shared.store.lua import Argument


class PipelineLink:
    """Connects when first used, and again after any failure."""

    def __init__(self, make_connection: Callable[[], AbstractConnection], timeout: float) -> None:
        self._make_connection = make_connection
        self._timeout = timeout
        self._link: AbstractConnection | None = None

    async def run(self, commands: Sequence[tuple[Argument, ...]]) -> list[object]:
        """Return each command's answer, or the ResponseError that is its answer.

        Raises what `shared.store.links.AWAY` lists; then any of the commands may or may not have run.
        """
        try:
            async with asyncio.timeout(self._timeout):
                link = self._link or await self._connect()
                await link.send_packed_command(b"".join(map(_pack, commands)), check_health=False)
                return [await _answer(link) for _ in commands]
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            await link.disconnect(nowait=True)

    async def _connect(self) -> AbstractConnection:
        link = self._make_connection()
        link.socket_timeout = None  # one timer for the whole pipeline is enough
        self._link = link
        await link.connect()  # type: ignore[no-untyped-call]
        return link


# The client's own packing, in Python, would be a third of all work here. Its type stub allows only tuples of one.
_pack = cast(Callable[[tuple[Argument, ...]], bytes], pack_command)


async def _answer(link: AbstractConnection) -> object:
    try:
        return await link.read_response()
    except AWAY:
        raise  # returned as an answer, it would look like a permanent refusal
    except ResponseError as error:
        return error
