"""A session's pitch frames, kept so that overlapping windows are tracked once: pitch is the costliest step."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.frozen_arrays import freeze_array, thaw_array
from classifier_worker.speech.models.pitch import HOP, LEFT_CONTEXT, RIGHT_CONTEXT, PitchTrack

_LEFT = LEFT_CONTEXT // HOP
_RIGHT = RIGHT_CONTEXT // HOP
_DECIMALS = (1, 3, 1)
"""Decimals of Hz, confidence and dB: frames are rounded before they enter the state."""


class PitchFrames(NamedTuple):
    """Frames of 16 ms, float32[T] each."""

    pitch_hz: NDArray[np.float32]
    confidence: NDArray[np.float32]
    loudness_db: NDArray[np.float32]


def _none() -> NDArray[np.float32]:
    return np.zeros((3, 0), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class PitchHistory:
    """The frames that no later sample can change. Frame f covers positions 256·f … 256·f + 255."""

    first: int = 0
    frames: NDArray[np.float32] = field(default_factory=_none)
    """float32[3, T]: Hz, confidence, dB."""

    def extend(
        self, start: int, end: int, track: Callable[[int, int], PitchTrack]
    ) -> tuple["PitchHistory", PitchFrames]:
        """Return the frames of the window start … end, and the history for later windows.

        `track(begin, end)` tracks these positions of the session; it is called for frames not known yet, with as much
        context as the window has.
        """
        low, high = -(-start // HOP), end // HOP
        known_until = self.first + self.frames.shape[1]
        known = self.frames[:, low - self.first :] if self.first <= low < known_until else _none()
        fresh_from = low + known.shape[1]
        begin = max(low, fresh_from - _LEFT)
        tracked = track(begin * HOP, high * HOP)
        rows = (tracked.pitch_hz, tracked.confidence, tracked.loudness_db)
        fresh = np.stack([_rounded(row[0, fresh_from - begin :], d) for row, d in zip(rows, _DECIMALS, strict=True)])
        frames = np.concatenate([known, fresh], axis=1)
        final = frames[:, : max(0, frames.shape[1] - _RIGHT)]
        return PitchHistory(low, final), PitchFrames(*frames)

    def freeze(self) -> dict[str, Any]:
        """Return at most one window of frames, a few kB."""
        return {"first": self.first, "frames": freeze_array(self.frames)}

    @classmethod
    def thaw(cls, frozen: dict[str, Any]) -> "PitchHistory":
        return cls(frozen["first"], thaw_array(frozen["frames"], np.float32).reshape(3, -1))


def _rounded(row: NDArray[np.float32], decimals: int) -> NDArray[np.float32]:
    return np.round(row.astype(np.float64), decimals).astype(np.float32)
