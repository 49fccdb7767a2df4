"""Split work into pieces, so that neither Redis nor this process is busy with one for long."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

T = TypeVar("T")

MOST: Final = 128
"""Script calls of one pipeline: a few milliseconds of work on either side."""


def batches(
    things: Sequence[T], most: int = MOST, *, size: Callable[[T], int] = lambda _: 0, most_size: int = 0
) -> Iterator[Sequence[T]]:
    """Yield `things` in order, at most `most` at a time, and at most `most_size` in all unless one alone is larger."""
    begin = total = 0
    for end, thing in enumerate(things):
        total += size(thing)
        if end > begin and (end - begin == most or total > most_size > 0):
            yield things[begin:end]
            begin, total = end, size(thing)
    if begin < len(things):
        yield things[begin:]
