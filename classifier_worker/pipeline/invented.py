"""Invented samples for the mock in a session without audio, on a clock that begins with the session.

Everything follows from the session's own times, as Redis saw them, so that any schedule of kills gives the same events.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from shared.audio import PIPELINE_RATE
from shared.contract.session import Session

_PER_MS: Final = PIPELINE_RATE // 1000
_AT_ONCE: Final = 10 * PIPELINE_RATE
LONGEST_STEP: Final = 60 * PIPELINE_RATE
"""Most samples by which the clock advances at a time: after a long absence, the rest follows at the next check."""
_LEVEL: Final = 3_000
_HALF_PERIOD: Final = 64
"""Samples: a hum of 125 Hz."""

Samples = NDArray[np.int16]


class Span(NamedTuple):
    """Invented samples from one position on the clock."""

    start: int
    samples: Samples


@dataclass(slots=True)
class Clock:
    """The time of a session without audio, counted in 16 kHz samples."""

    began_ms: int
    audio_ms: int | None = None
    """When its first audio socket opened, which stops the clock."""
    position: int = 0

    @classmethod
    def of(cls, record: Session) -> "Clock | None":
        """Return the session's clock; None if an earlier version began it, whose record has no such time."""
        return cls(record.began_ms, record.audio_ms) if record.began_ms else None

    def advance(self, now_ms: int, longest: int | None = None) -> Iterator[Span]:
        """Yield the samples up to `now_ms` (Redis' time), at most `longest`."""
        until_ms = now_ms if self.audio_ms is None else min(now_ms, self.audio_ms)
        # Stop just before `now_ms`: chunks of the same millisecond may still arrive.
        until = (until_ms - self.began_ms) * _PER_MS - 1
        if longest is not None:
            until = min(until, self.position + longest)
        while self.position < until:
            start, self.position = self.position, min(until, self.position + _AT_ONCE)
            yield Span(start, invented(start, self.position))

    def freeze(self) -> dict[str, Any]:
        return {"began_ms": self.began_ms, "audio_ms": self.audio_ms, "position": self.position}

    @classmethod
    def thaw(cls, frozen: dict[str, Any]) -> "Clock":
        return cls(**frozen)


def invented(start: int, end: int) -> Samples:
    """Return the samples at these positions; always the same ones."""
    high = np.arange(start, end) // _HALF_PERIOD % 2
    return np.where(high, _LEVEL, -_LEVEL).astype(np.int16)
