"""Schedule the disturbances: a function of the seed alone, so that a run can be repeated."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal[
    "kill",
    "pair",
    "term",
    "stop",
    "restart",
    "freeze",
    "tail",
    "full",
    "disk",
    "delay",
    "loss",
    "mute",
    "deaf",
    "partitions",
    "model",
    "settings",
]
MEANINGS: Final[dict[Kind, str]] = {
    "kill": "SIGKILL of a gateway or worker",
    "pair": "SIGKILL of two workers at once",
    "term": "SIGTERM of a gateway or worker",
    "stop": "SIGSTOP of a gateway or worker, SIGCONT later",
    "restart": "SIGKILL of Redis, which comes back with its append-only file",
    "freeze": "SIGSTOP of Redis, SIGCONT later",
    "tail": "a power cut: Redis comes back without the last second of its file, and with a damaged end",
    "full": "Redis' memory full and free in turn, in the middle of what is sent to it",
    "disk": "the disk full: Redis cannot write its file",
    "delay": "a slow network between a process and Redis, or between clients and a gateway",
    "loss": "lost packets there",
    "mute": "what the process, or the gateway, sends there hangs; what it is sent arrives",
    "deaf": "the other way round",
    "partitions": "another LINNET_PARTITIONS, process by process",
    "model": "another tone model, worker by worker (mock only)",
}
KINDS: Final = tuple(MEANINGS)
"""Those that may happen at random. `settings`, any others, process by process, does not."""

REDIS: Final = "redis"
MODEL: Final = "CHAOS_MODEL"
CHECKOUT: Final = "CHAOS_CHECKOUT"
"""Folder of the code that a process runs; the working directory if empty."""
"""The variable that names the mock's model."""
OF_REDIS: Final[tuple[Kind, ...]] = ("restart", "freeze", "tail", "full", "disk")
OF_THE_NETWORK: Final[tuple[Kind, ...]] = ("delay", "loss", "mute", "deaf")
OF_SETTINGS: Final[tuple[Kind, ...]] = ("partitions", "model", "settings")
_JITTER: Final = 0.2
"""Share of the interval by which a disturbance comes earlier or later, so that none keeps step with a timer."""
_LASTING: Final[dict[Kind, tuple[float, float]]] = {
    "freeze": (0.5, 6.0),
    "full": (1.0, 4.0),
    "disk": (1.0, 4.0),
    "delay": (2.0, 6.0),
    "loss": (2.0, 6.0),
}
"""Seconds."""
_LEASES: Final[dict[Kind, tuple[float, float]]] = {"stop": (1.2, 2.5), "mute": (0.4, 2.5), "deaf": (0.4, 2.5)}
"""Lease lifetimes; a stopped worker stays stopped for long enough to lose its leases."""
_PARTITIONS: Final = (1, 3, 8, 20)


@dataclass(frozen=True, slots=True)
class Disturbance:
    """One disturbance."""

    at: float
    """Seconds after the calls began."""
    kind: Kind
    victims: tuple[str, ...]
    """Names of processes: "worker-0", "gateway-1", "redis". In trouble of the network it is about the way to Redis, and
    "clients-1" names the one between the clients and gateway 1."""
    lasting: float = 0.0
    """Seconds until a stopped process goes on, or until memory, disk or network are as they were."""
    settings: tuple[tuple[str, str], ...] = ()
    """Environment variables that the victims have from now on."""

    @property
    def name(self) -> str:
        """Name the kind and the type of victim: "kill worker"."""
        if self.kind in OF_SETTINGS:
            return f"other {self.kind}"
        return f"{self.kind} {self.victims[0].partition('-')[0]}"

    def __str__(self) -> str:
        if self.kind in OF_SETTINGS:
            changed = " ".join(f"{name}={value}" for name, value in self.settings)
            return f"{changed} for {', '.join(self.victims)}"
        lasting = f" for {self.lasting:.1f} s" if self.lasting else ""
        return f"{self.kind} {' and '.join(self.victims)}{lasting}"


def schedule(
    seed: int, seconds: float, every: float, *, workers: int, gateways: int, kinds: Sequence[Kind], lease_ttl: float
) -> list[Disturbance]:
    """One disturbance each `every` seconds, from `every` on until `seconds`, in order of time.

    Every kind comes once before any comes again; `kinds` may name one several times to have it more often. Raises
    ValueError when it names none, or one that needs more workers.
    """
    if not kinds:
        raise ValueError("There is nothing that might happen: name at least one kind of disturbance.")
    if "pair" in kinds and workers < 2:
        raise ValueError("Two workers cannot be killed at once where there are fewer: leave `pair` out.")
    draw = random.Random(seed)
    disturbances: list[Disturbance] = []
    left: list[Kind] = []
    for number in range(1, int(seconds / every) + 1):
        at = every * (number + draw.uniform(-_JITTER, _JITTER))
        if not left:
            left = draw.sample(list(kinds), len(kinds))
        disturbances.append(_disturbance(draw, min(at, seconds), left.pop(), workers, gateways, lease_ttl))
    return disturbances


def _disturbance(
    draw: random.Random, at: float, kind: Kind, workers: int, gateways: int, lease_ttl: float
) -> Disturbance:
    all_workers = [f"worker-{number}" for number in range(workers)]
    all_gateways = [f"gateway-{number}" for number in range(gateways)]
    lasting = 0.0
    if kind in _LASTING:
        lasting = round(draw.uniform(*_LASTING[kind]), 3)
    if kind in _LEASES:
        lasting = round(lease_ttl * draw.uniform(*_LEASES[kind]), 3)
    if kind in OF_REDIS:
        return Disturbance(at, kind, (REDIS,), lasting)
    if kind == "partitions":
        order = draw.choice([[*all_gateways, *all_workers], [*all_workers, *all_gateways]])
        changed = (("LINNET_PARTITIONS", str(draw.choice(_PARTITIONS))),)
        return Disturbance(at, kind, tuple(order), settings=changed)
    if kind == "model":
        return Disturbance(at, kind, tuple(all_workers), settings=((MODEL, f"model {draw.randrange(1_000_000)}"),))
    if kind == "pair":
        return Disturbance(at, kind, tuple(sorted(draw.sample(all_workers, 2))))
    clients = [f"clients-{number}" for number in range(gateways)] if kind in OF_THE_NETWORK else []
    return Disturbance(at, kind, (draw.choice([*all_workers, *all_gateways, *clients]),), lasting)
