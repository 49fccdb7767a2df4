"""One session's queue of chunks between the partition's stream and its turn: first in, first out, bounded.

A partition's stream holds the chunks of all its sessions in order of arrival. If they were processed in that order, one
session's backlog would make all others wait. So each session has its own queue, and a step takes a turn from each. Real
time comes first: each queue earns a second of audio a second; a queue that has used its second gets the time left over.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from shared.audio import SAMPLE_BYTES
from shared.contract.pcm_stream import Chunk

TURN_SECONDS: Final = 1.0
"""Audio of one session in one step, unless a single chunk is longer: about one window's work."""
MOST_CREDIT: Final = 5.0
"""Seconds of audio that a queue can save up: audio that arrives late because a network stalled still counts as real
time."""
HELD_BYTES: Final = 192_000
"""Bytes of PCM of one queue in memory: two of the longest chunks. Later chunks stay on the stream until there is
room."""


HELD_CHUNKS: Final = 256
"""Most chunks of one queue in memory, if they are only a few samples each."""


class Left(NamedTuple):
    """A chunk that was seen but left on the stream."""

    entry_id: str
    size: int
    """Bytes of PCM."""


@dataclass(slots=True)
class SessionQueue:
    """Chunks of one session that wait for their turn."""

    rate: int
    """Hz of the PCM."""
    held: deque[Chunk] = field(default_factory=deque)
    left: deque[Left] = field(default_factory=deque)
    """Chunks left on the stream, behind those held."""
    held_bytes: int = 0
    credit: float = MOST_CREDIT
    """Seconds of audio with which it still counts as keeping to real time."""

    @property
    def oldest(self) -> str | None:
        """Return the entry id of the first waiting chunk: the stream must keep it and all that follow."""
        if self.held:
            return self.held[0].entry_id
        return self.left[0].entry_id if self.left else None

    @property
    def behind(self) -> bool:
        """Return whether more audio is waiting than one step takes."""
        return bool(self.left) or self.held_bytes > self._turn_bytes

    def take_in(self, chunk: Chunk) -> None:
        """Append a chunk."""
        if self.left or not self._room(self.held_bytes + len(chunk.pcm), len(self.held)):
            self.left.append(Left(chunk.entry_id, len(chunk.pcm)))
        else:
            self._hold(chunk)

    def wanted(self) -> list[Left]:
        """Return the chunks to fetch now: the first of those left on the stream, once less than a turn is held."""
        if self.held_bytes >= self._turn_bytes or len(self.held) >= HELD_CHUNKS // 2:
            return []
        wanted: list[Left] = []
        size = self.held_bytes
        for left in self.left:
            size += left.size
            if not self._room(size, len(self.held) + len(wanted)):
                break
            wanted.append(left)
        return wanted

    def fetched(self, wanted: Sequence[Left], chunks: Sequence[Chunk]) -> None:
        """Add fetched chunks: those of `wanted` that still exist; an erased session's are gone."""
        for _ in wanted:
            self.left.popleft()
        for chunk in chunks:
            self._hold(chunk)

    def turn(self, alone: Callable[[Chunk], bool] = lambda _: False) -> list[Chunk]:
        """Return the chunks of the next step: at most TURN_SECONDS, at least one chunk if any is held.

        A chunk that must be `alone` gets a separate turn.
        """
        # A turn beyond real time costs the others nothing, so it is no debt.
        spends = self.credit > 0
        turn: list[Chunk] = []
        size = 0
        while self.held and (not turn or self._goes_with(turn, size, alone)):
            chunk = self.held.popleft()
            size += len(chunk.pcm)
            turn.append(chunk)
        self.held_bytes -= size
        if spends:
            self.credit -= self.seconds(turn)
        return turn

    def seconds(self, turn: Sequence[Chunk]) -> float:
        """Return the seconds of audio in the turn."""
        return sum(len(chunk.pcm) for chunk in turn) / SAMPLE_BYTES / self.rate

    def earn(self, seconds: float) -> None:
        """Credit the time that has passed."""
        self.credit = min(MOST_CREDIT, self.credit + seconds)

    def _goes_with(self, turn: Sequence[Chunk], size: int, alone: Callable[[Chunk], bool]) -> bool:
        """Return whether the next chunk may be part of a turn that has `size` bytes."""
        chunk = self.held[0]
        return size + len(chunk.pcm) <= self._turn_bytes and not alone(chunk) and not alone(turn[-1])

    @property
    def _turn_bytes(self) -> int:
        return int(self.rate * TURN_SECONDS) * SAMPLE_BYTES

    @staticmethod
    def _room(size: int, before: int) -> bool:
        """Return whether there is room for one more chunk, making `size` bytes in all, after `before` others."""
        return before == 0 or (size <= HELD_BYTES and before < HELD_CHUNKS)

    def _hold(self, chunk: Chunk) -> None:
        self.held.append(chunk)
        self.held_bytes += len(chunk.pcm)


def whose_turn(queues: Iterable[SessionQueue]) -> list[SessionQueue]:
    """Return the non-empty queues that keep to real time, or all non-empty queues if none do."""
    waiting = [queue for queue in queues if queue.held]
    return [queue for queue in waiting if queue.credit > 0] or waiting
