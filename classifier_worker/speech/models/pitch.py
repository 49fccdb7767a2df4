"""Pitch and loudness at 16 ms hop: SwiftF0 (MIT), https://github.com/lars76/swift-f0, https://arxiv.org/abs/2508.18440."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.models.onnx_session import open_session

HOP: Final = 256
"""Samples (16 ms) between frames."""

LEFT_CONTEXT: Final = 11 * HOP
RIGHT_CONTEXT: Final = 10 * HOP
"""Samples of context on both sides with which a section's frames equal those of the whole recording."""

VOICED: Final = 0.5
"""Frames with at least this confidence are voiced."""

_RANGE_HZ = (46.875, 2093.75)
_SILENT_PEAK = 1e-3
_FLOOR_DB = -120.0


@dataclass(frozen=True, slots=True, eq=False)
class PitchTrack:
    """Frame t covers samples 256 · t … 256 · t + 255; each array is [B, N // 256]."""

    pitch_hz: NDArray[np.float32]
    """46.875…2093.75; meaningful where `confidence` ≥ 0.5."""
    confidence: NDArray[np.float32]
    """0…1: voiced from 0.5 up; 0 where the frame's peak is below −60 dBFS."""
    loudness_db: NDArray[np.float32]
    """−120…0 dBFS: root mean square of the frame and the one before it (32 ms)."""


class PitchTracker:
    """Runs SwiftF0 over windows, one at a time, so that no window affects another.

    track = tracker.track(windows)
    voiced_hz = track.pitch_hz[0][track.confidence[0] >= VOICED]
    """

    def __init__(self, threads: int = 1) -> None:
        """Open the model. Raises RuntimeError if the package swift-f0 is missing."""
        spec = importlib.util.find_spec("swift_f0")
        if spec is None or spec.origin is None:
            raise RuntimeError("The pitch model is missing: install the package swift-f0.")
        self._session = open_session(Path(spec.origin).parent / "model.onnx", "cpu", threads)
        self._range = {name: np.array(hz, np.float32) for name, hz in zip(("fmin", "fmax"), _RANGE_HZ, strict=True)}

    def track(self, windows: NDArray[np.float32]) -> PitchTrack:
        """Track float32[B, N] of 16 kHz audio in −1…1, N ≥ 256 → pitch, confidence and loudness, [B, N // 256].

        Expensive: track only new audio (with context), not every overlapping window.
        Raises ValueError if the windows are shorter.
        """
        if windows.ndim != 2 or windows.shape[1] < HOP:
            raise ValueError(f"Windows must be [count, samples] with at least {HOP} samples, not {windows.shape}.")
        shape = (len(windows), windows.shape[1] // HOP)
        pitch, confidence = np.empty(shape, np.float32), np.empty(shape, np.float32)
        for row in range(len(windows)):
            feed = {"audio": windows[row : row + 1], **self._range}
            answers = self._session.run(["pitch", "confidence"], feed)
            pitch[row], confidence[row] = (answer[0, : shape[1]] for answer in answers)
        hops = windows[:, : shape[1] * HOP].reshape(*shape, HOP)
        # On digital silence the model returns random voiced frames; its authors gate it in the same way.
        confidence[np.abs(hops).max(axis=2) < _SILENT_PEAK] = 0.0
        return PitchTrack(pitch, confidence, _loudness(hops))


def _loudness(hops: NDArray[np.float32]) -> NDArray[np.float32]:
    """Measure each hop together with the one before it: float32[B, T, 256] → dBFS, float32[B, T]."""
    power = np.square(hops, dtype=np.float64).mean(axis=2)
    before = np.concatenate([power[:, :1], power[:, :-1]], axis=1)
    decibels: NDArray[np.float64] = 10 * np.log10(np.maximum((power + before) / 2, 10 ** (_FLOOR_DB / 10)))
    return decibels.astype(np.float32)
