"""Measure how busy this worker is: how much time its sessions need, and how much one session needs.

Share of time worked × (audio heard in real time / audio heard): a session that sends faster than real time, or that
catches up after a takeover, is processed as fast as capacity allows, but needs no more of the worker than any other.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from shared.contract.worker_load import FIRST_COST, WorkerLoad

_SLOTS: Final = 5
"""Ticks, of a second each, that a figure covers."""
_SMOOTHING: Final = 0.2
"""Weight of one tick's cost in the reported cost."""
_LEAST_SESSIONS: Final = 0.5
"""Fewest live sessions for which a tick's cost is meaningful."""
_LEAST_COST: Final = 1e-4
_COOLING: Final = 0.05
"""Share of its excess over the first guess that a cost loses with each tick without live sessions: another program may
have been busy at that time."""
_DECIMALS: Final = 5


@dataclass(slots=True)
class _Slot:
    """One tick."""

    wall: float = 0.0
    inference: float = 0.0
    transcription: float = 0.0
    loop: float = 0.0
    heard: dict[str, float] = field(default_factory=dict)
    """Session → seconds of its audio."""
    ended: set[str] = field(default_factory=set)


class LoadMeter:
    """Collects the work done since the last tick. Has no clock of its own."""

    def __init__(self) -> None:
        self._slots: deque[_Slot] = deque(maxlen=_SLOTS)
        self._now = _Slot()
        self._lags: dict[int, float] = {}
        self._cost = FIRST_COST

    def inferred(self, seconds: float) -> None:
        """Add time for which the inference thread has worked."""
        self._now.inference += seconds

    def transcribed(self, seconds: float) -> None:
        """Add time for which the recogniser has worked on finished utterances."""
        self._now.transcription += seconds

    def heard(self, session_id: str, seconds: float) -> None:
        """Add a session's audio."""
        self._now.heard[session_id] = self._now.heard.get(session_id, 0.0) + seconds

    def ended(self, session_id: str) -> None:
        """Stop counting the session: the capacity it needed is free at once, not only when it is forgotten."""
        self._now.ended.add(session_id)

    def lags(self, partition: int, seconds: float | None) -> None:
        """Record the largest lag of the partition's sessions; None once the partition is no longer ours."""
        if seconds is None:
            self._lags.pop(partition, None)
        else:
            self._lags[partition] = seconds

    def tick(self, wall: float, loop: float) -> WorkerLoad:
        """Return the figures, `wall` seconds after the last tick, of which the event loop was busy for `loop`."""
        self._now.wall, self._now.loop = wall, loop
        self._slots.append(self._now)
        self._now = _Slot()
        seconds = max(sum(slot.wall for slot in self._slots), 1e-9)
        # These run in parallel, so the busiest one limits the worker.
        worked = max(
            sum(slot.inference for slot in self._slots),
            sum(slot.transcription for slot in self._slots),
            sum(slot.loop for slot in self._slots),
        )
        heard: dict[str, float] = {}
        for slot in self._slots:
            for session_id, audio in slot.heard.items():
                heard[session_id] = heard.get(session_id, 0.0) + audio
        ended = set().union(*(slot.ended for slot in self._slots))
        live = {session_id: min(1.0, audio / seconds) for session_id, audio in heard.items()}
        everything = sum(heard.values()) / seconds
        each = min(1.0, worked / seconds) / everything if everything else 0.0
        if sum(live.values()) >= _LEAST_SESSIONS:
            self._cost = max(_LEAST_COST, self._cost + _SMOOTHING * (each - self._cost))
        else:
            self._cost -= _COOLING * max(0.0, self._cost - FIRST_COST)
        lasting = sum(share for session_id, share in live.items() if session_id not in ended)
        return WorkerLoad(
            round(each * lasting, _DECIMALS),
            round(self._cost, _DECIMALS),
            round(lasting, 2),
            round(max(self._lags.values(), default=0.0), 2),
        )
