"""Run an awaitable as far as it goes without a separate task."""

from collections.abc import Awaitable, Generator
from functools import partial
from typing import Any


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
    """Run it until it has to wait. Return None if it is done, or else the rest, which must be awaited.

    Nearly every ASGI send() finishes at once; a task for each would cost more than the sending.
    """
    steps = awaitable.__await__()
    try:
        awaited = next(steps)
    except StopIteration:
        return None
    return _Rest(steps, awaited)
