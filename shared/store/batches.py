"""Split work into pieces, none of which keeps Redis or this process busy for long."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

T = TypeVar("T")

MOST: Final = 128
"""Most script calls in one pipeline: a few milliseconds of work on either side."""


def batches(
    things: Sequence[T], most: int = MOST, *, size: Callable[[T], int] = lambda _: 0, most_size: int = 0
) -> Iterator[Sequence[T]]:
    """Yield `things` in order, at most `most` at a time, with a total size of at most `most_size` unless a single one
    is larger."""
    begin = total = 0
    for end, thing in enumerate(things):
        total += size(thing)
        if end > begin and (end - begin == most or total > most_size > 0):
            yield things[begin:end]
            begin, total = end, size(thing)
    if begin < len(things):
        yield things[begin:]
