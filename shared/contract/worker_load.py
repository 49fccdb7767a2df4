"""How busy a worker is: published once a second, and used by gateways to admit sessions."""

import json
from dataclasses import asdict, dataclass
from typing import Final

FIRST_COST: Final = 0.03
"""Share of a worker that one live session is assumed to need until a worker has measured it: a core carries about
30."""


@dataclass(frozen=True, slots=True)
class WorkerLoad:
    """One worker over the last seconds."""

    load: float = 0.0
    """Share of its time, 0…1, that its sessions need in real time. Work on a backlog beyond that does not count."""
    cost: float = FIRST_COST
    """Share of its time that one live session needs, as measured."""
    sessions: float = 0.0
    """Live sessions; one that sends half of the time counts half."""
    lag: float = 0.0
    """Largest lag of a session, s."""

    def room(self, limit: float) -> int:
        """Return how many more sessions the worker can take until its load reaches `limit`; an idle worker always takes
        one."""
        spare = int(round(max(0.0, limit - self.load) / self.cost, 6))
        return max(1, spare) if self.load == 0.0 else spare

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, data: bytes | str | None) -> "WorkerLoad":
        """Parse a worker's load. A missing or malformed one counts as idle."""
        try:
            told = json.loads(data or b"{}")
            known = {name: float(told[name]) for name in ("load", "cost", "sessions", "lag") if name in told}
            return cls(**known) if known.get("cost", FIRST_COST) > 0 else cls()
        except (ValueError, TypeError):
            return cls()
