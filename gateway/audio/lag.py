"""Decide when a session's acknowledgements wait for the workers, and when waiting has become pointless."""

from dataclasses import dataclass
from typing import Final

from shared.audio import PIPELINE_RATE
from shared.settings import Settings

KEEPS_UP: Final = 2.0
"""Seconds of lag, two hops, up to which a worker keeps up with a session. Such a session does not wait for a full
partition: it leaves no lasting backlog."""

_MEGABYTE: Final = 1_000_000


@dataclass(slots=True)
class Backlog:
    """One socket's view of the progress of its session's worker."""

    settings: Settings
    sample_rate: int
    """Hz of the session."""
    classified: int = 0
    """16 kHz samples that a worker has committed."""
    kept: int = 0
    """Bytes on the partition's PCM stream."""
    moved_at: float = 0.0
    """When `classified` last grew, or waiting began; monotonic, s."""

    def seen(self, classified: int, kept: int, now: float) -> None:
        """Record what Redis reports at `now`."""
        if classified > self.classified:
            self.classified, self.moved_at = classified, now
        self.kept = kept

    def lag(self, end: int) -> float:
        """Return the seconds of audio up to sample `end`, at the session's rate, that no worker has committed."""
        return max(0.0, end / self.sample_rate - self.classified / PIPELINE_RATE)

    def too_much(self, end: int) -> bool:
        """Return whether answers wait when the session has reached `end`."""
        lag = self.lag(end)
        full = self.kept > self.settings.partition_backlog_mb * _MEGABYTE
        return lag > self.settings.backlog_seconds or (full and lag > KEEPS_UP)

    def stuck(self, now: float) -> bool:
        """Return whether there has been no progress for so long that the client should return later."""
        return now - self.moved_at > self.settings.hold_seconds
