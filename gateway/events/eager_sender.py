"""Send to a client at once while it keeps up, and from one task, in order, while it does not."""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from functools import partial
from typing import Any


class EagerSender:
    """The messages to one client. Nearly every ASGI send() finishes at once; a task for each would cost more than the
    send."""

    def __init__(self, send_waiting: Callable[[], Awaitable[None]], on_gone: Callable[[], None]) -> None:
        """`send_waiting` sends what has gathered, until nothing is left; `on_gone` is called when the client has
        left."""
        self._send_waiting = send_waiting
        self._on_gone = on_gone
        self._task: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        """Return whether a task is sending: anything new must gather until the task gets to it."""
        return self._task is not None

    def send(self, sending: Awaitable[None]) -> None:
        """Send as much as possible without waiting; a task does the rest. Do not call this while busy."""
        try:
            rest = step(sending)
        except OSError:  # servers report a client's absence differently
            self._on_gone()
            return
        if rest is not None:
            self._task = asyncio.create_task(self._send_rest(rest))

    def send_later(self) -> None:
        """Start a task that sends what has gathered. Does nothing while busy: the running task gets to it."""
        if self._task is None:
            self._task = asyncio.create_task(self._send_rest(None))

    def stop(self) -> None:
        """Send nothing more."""
        if self._task is not None:
            self._task.cancel()

    async def _send_rest(self, rest: Awaitable[None] | None) -> None:
        try:
            if rest is not None:
                await rest
            await self._send_waiting()
        except OSError:
            self._on_gone()
        finally:
            self._task = None


class _Rest(Awaitable[None]):
    """The rest of an awaitable that stopped to wait for `awaited`."""

    def __init__(self, steps: Generator[Any, Any, None], awaited: object) -> None:
        self._steps = steps
        self._awaited = awaited

    def __await__(self) -> Generator[Any, Any, None]:
        awaited = self._awaited
        while True:
            try:
                answer = yield awaited
            except BaseException as error:
                resume = partial(self._steps.throw, error)  # a cancelled wait ends inside, where it began
            else:
                resume = partial(self._steps.send, answer)
            try:
                awaited = resume()
            except StopIteration:
                return


def step(awaitable: Awaitable[None]) -> Awaitable[None] | None:
    """Run the awaitable until it has to wait. Return None if it is done, or else the rest, which must be awaited."""
    steps = awaitable.__await__()
    try:
        awaited = next(steps)
    except StopIteration:
        return None
    return _Rest(steps, awaited)
