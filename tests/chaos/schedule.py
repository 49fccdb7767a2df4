"""Who is disturbed, when and how: a function of the seed alone, so that a run can be repeated."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

Kind = Literal["kill", "pair", "term", "stop", "restart", "full"]
"""SIGKILL; SIGKILL of two workers at once; SIGTERM; SIGSTOP of a worker and SIGCONT later; Redis killed and started;
Redis' memory full and free in turn, many times in the middle of what is sent to it."""
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

REDIS: Final = "redis"
OF_REDIS: Final[tuple[Kind, ...]] = ("restart", "full")
_JITTER: Final = 0.2
"""Share of the interval by which a disturbance comes earlier or later, so that none keeps step with a timer."""
_FULL: Final = (1.0, 4.0)
"""Seconds in which memory is full again and again."""
_FROZEN: Final = (1.2, 2.5)
"""Lease lifetimes that a stopped worker stays stopped: always long enough to lose its leases."""


@dataclass(frozen=True, slots=True)
class Disturbance:
    """One moment's trouble."""

    at: float
    """Seconds after the calls began."""
    kind: Kind
    victims: tuple[str, ...]
    """Names of processes: "worker-0", "gateway-1", "redis"."""
    lasting: float = 0.0
    """Seconds until a stopped process goes on, or until memory stays free."""

    @property
    def name(self) -> str:
        """Kind and sort of victim: "kill worker"."""
        return f"{self.kind} {self.victims[0].partition('-')[0]}"

    def __str__(self) -> str:
        lasting = f" for {self.lasting:.1f} s" if self.lasting else ""
        return f"{self.kind} {' and '.join(self.victims)}{lasting}"


def schedule(
    seed: int, seconds: float, every: float, *, workers: int, gateways: int, kinds: Sequence[Kind], lease_ttl: float
) -> list[Disturbance]:
    """One disturbance each `every` seconds, from `every` on until `seconds`, in order of time.

    `kinds` may name one several times to have it more often. Raises ValueError when it names none, or one that
    needs more workers.
    """
    if not kinds:
        raise ValueError("There is nothing that might happen: name at least one signal or trouble of Redis.")
    if "pair" in kinds and workers < 2:
        raise ValueError("Two workers cannot be killed at once where there are fewer: leave `pair` out.")
    draw = random.Random(seed)
    disturbances = []
    for number in range(1, int(seconds / every) + 1):
        at = every * (number + draw.uniform(-_JITTER, _JITTER))
        disturbances.append(_disturbance(draw, min(at, seconds), draw.choice(kinds), workers, gateways, lease_ttl))
    return disturbances


def _disturbance(
    draw: random.Random, at: float, kind: Kind, workers: int, gateways: int, lease_ttl: float
) -> Disturbance:
    own = [f"worker-{number}" for number in range(workers)]
    if kind == "restart":
        return Disturbance(at, kind, (REDIS,))
    if kind == "full":
        return Disturbance(at, kind, (REDIS,), round(draw.uniform(*_FULL), 3))
    if kind == "stop":
        return Disturbance(at, kind, (draw.choice(own),), round(lease_ttl * draw.uniform(*_FROZEN), 3))
    if kind == "pair":
        return Disturbance(at, kind, tuple(sorted(draw.sample(own, 2))))
    return Disturbance(at, kind, (draw.choice([*own, *(f"gateway-{number}" for number in range(gateways))]),))
