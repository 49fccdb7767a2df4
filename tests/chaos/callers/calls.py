"""Who calls when and for how long: a function of the seed, so that both runs have the same calls under the same ids."""

import random
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

_RATES: Final = (16_000, 16_000, 48_000, 16_000, 8_000, 44_100, 47_999, 16_000, 11_025, 12_345, 22_050)
"""Hz, in turn: most as they come from the page, some that are resampled, odd ones among them."""
_FRAMES: Final = (0.1, 0.1, 0.06, 0.25)
"""Seconds of a frame, in turn."""
_SHORT: Final = (12.0, 45.0)
"""Seconds of a short call."""
_BREAK: Final = 12.0
"""Seconds without a frame: longer than a worker waits until it checkpoints a session with its audio."""
_HOLE: Final = 1.3
"""Seconds that every fourth caller never sends."""
_LONG_ENOUGH: Final = 50.0
"""Seconds of a call with such a break."""
_ERASED: Final = (2.0, 9.0)
"""Seconds until a session is erased."""
_PINNED, _LINKED, _HURRIED = 5, 3, 7
"""One call in so many is pinned while it runs, listened to by a link, ended by several clients at once."""


@dataclass(frozen=True, slots=True)
class Call:
    """One session."""

    session_id: str
    partition: int
    seed: int
    """Of what is said."""
    seconds: float
    rate: int
    frame: int
    """Samples of a frame."""
    elcor: bool
    break_at: int | None = None
    """Sample before which the caller sends nothing for a while."""
    break_seconds: float = _BREAK
    hole: tuple[int, int] | None = None
    """Samples, from and to, that the caller never sends: it goes on behind them with a new socket."""
    pinned: bool = False
    """Somebody pins it while it runs."""
    linked: bool = False
    """Somebody listens by its read-only link."""
    hurried: bool = False
    """Several clients end it at once."""

    @property
    def samples(self) -> int:
        return round(self.seconds * self.rate)

    @property
    def stretches(self) -> list[tuple[int, int]]:
        """What is sent, from and to."""
        if self.hole is None:
            return [(0, self.samples)]
        return [(0, self.hole[0]), (self.hole[1], self.samples)]


def lines(seed: int, count: int, seconds: float, partitions: int) -> list[list[Call]]:
    """For each of `count` lines the calls that follow each other on it, `seconds` of speech in all.

    Half of the lines have one long call, so that sessions grow old; on the others sessions begin and end all the time.
    """
    return [_line(seed, number, seconds, partitions) for number in range(count)]


def erased_calls(seed: int, count: int, seconds: float, partitions: int) -> list[list[Call]]:
    """Lines of short calls that are erased while they run."""
    found = []
    for number in range(count):
        draw, calls, left = random.Random(f"{seed} erased {number}"), list[Call](), seconds
        while left > _ERASED[0]:
            length = round(draw.uniform(*_ERASED), 3)
            call = _call(draw, f"{seed} erased {number} {len(calls)}", number + len(calls), length, partitions)
            calls.append(call)
            left -= length
        found.append(calls)
    return found


def _line(seed: int, line: int, seconds: float, partitions: int) -> list[Call]:
    draw = random.Random(f"{seed} {line}")
    calls: list[Call] = []
    left = seconds
    while left > 0:
        length = min(left, round(draw.uniform(*_SHORT), 3)) if line % 2 else left
        if left - length < _SHORT[0]:
            length = left
        calls.append(_call(draw, f"{seed} {line} {len(calls)}", line + len(calls), length, partitions))
        left = round(left - length, 3)
    return calls


def _call(draw: random.Random, name: str, number: int, seconds: float, partitions: int) -> Call:
    partition = draw.randrange(partitions)
    rate = _RATES[number % len(_RATES)]
    break_at = round(draw.uniform(0.3, 0.7) * seconds * rate) if seconds >= _LONG_ENOUGH else None
    hole_at = round(draw.uniform(0.2, 0.8) * seconds * rate)
    hole = (hole_at, hole_at + round(_HOLE * rate)) if number % 4 == 1 and seconds >= _SHORT[0] else None
    return Call(
        session_id=f"{partition}-{blake2b(name.encode(), digest_size=16).hexdigest()}",
        partition=partition,
        seed=draw.randrange(2**32),
        seconds=seconds,
        rate=rate,
        frame=round(_FRAMES[number % len(_FRAMES)] * rate),
        elcor=number % 3 == 2,
        break_at=break_at,
        hole=hole,
        pinned=number % _PINNED == 2,
        linked=number % _LINKED == 1,
        hurried=number % _HURRIED == 3,
    )
