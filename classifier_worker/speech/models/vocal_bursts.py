"""Tell whether a section of audio contains laughter, from the sound detector's texture (sound_kind.py).

    found = head.probability(descriptions(texture, level(audio), fresh_frames))

Trained by training/networks/vocal_bursts.py; data, licence and figures: models/vocal_bursts.md.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.models.build.sound_kind import TEXTURE
from classifier_worker.speech.signal.kaldi_filterbank import FRAME, HOP

PATH: Final = Path(__file__).resolve().parents[2] / "models" / "vocal_bursts.npz"

SPAN: Final = 98
"""Frames of 10 ms that are judged together: those of 1 s of audio."""
STEP: Final = 25
"""Frames from one judged second to the next."""

BANDS: Final = ((1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (6, 8), (8, 12), (12, 25))
"""Hz: how fast the level rises and falls. The calls of a laugh come about five times a second."""
SIZE: Final = 2 * TEXTURE + len(BANDS) + 1

TOLD_WITHIN: Final = 32_000
"""Samples (2 s) for which an unreported laugh waits for the speaker's next event."""

_SPECTRUM: Final = 256
_FLOOR: Final = 1e-10
_SWING_DB: Final = 30.0
_EXTREME: Final = 5.0
_DECIMALS: Final = 3
"""Decimals of values, rounded before any decision, so that platform noise cannot change the outcome."""


def level(audio: NDArray[np.float32]) -> NDArray[np.float64]:
    """Measure the level of each frame of the filter bank: float32[N] of 16 kHz audio in −1…1, N ≥ 400 → dB, [T]."""
    power = np.concatenate([[0.0], np.cumsum(np.square(audio.astype(np.float64)))])
    begins = HOP * np.arange((len(audio) - FRAME) // HOP + 1)
    return np.asarray(10.0 * np.log10((power[begins + FRAME] - power[begins]) / FRAME + _FLOOR))


def descriptions(
    texture: NDArray[np.floating[Any]], level_db: NDArray[np.floating[Any]], fresh: int | None = None
) -> NDArray[np.float64]:
    """Describe each second that ends in the last `fresh` frames (None: in any): [T, 128], [T] → float64[n ≥ 1, SIZE].

    Means and spreads of the texture, shares of the level's movement in BANDS, and its movement in total.
    """
    frames = texture.astype(np.float64)
    if len(frames) < SPAN:
        missing = SPAN - len(frames)
        frames = np.concatenate([frames, np.repeat(frames[-1:], missing, axis=0)])
        level_db = np.concatenate([level_db, np.full(missing, np.min(level_db))])
    last = len(frames)
    first = max(SPAN, last - fresh + 1) if fresh is not None else SPAN
    ends = [last, *range(last - STEP, first - 1, -STEP)]
    return np.stack([_described(frames[end - SPAN : end], level_db[end - SPAN : end]) for end in ends])


def _described(texture: NDArray[np.float64], level_db: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    swing = np.clip(level_db - np.mean(level_db, dtype=np.float64), -_SWING_DB, _SWING_DB) * np.hanning(SPAN)
    power = np.square(np.abs(np.fft.rfft(swing, _SPECTRUM)))
    rates = 100.0 * np.arange(len(power)) / _SPECTRUM
    bands = np.array([power[(rates >= low) & (rates < high)].sum() for low, high in BANDS])
    total = bands.sum()
    shares = np.log(bands / (total + _FLOOR) + 1e-3)
    return np.concatenate([texture.mean(axis=0), texture.std(axis=0), shares, [np.log(total + 1.0)]])


@dataclass(frozen=True, slots=True, eq=False)
class BurstHead:
    """A network with one hidden layer over `descriptions`."""

    mean: NDArray[np.float64]
    """float64[SIZE]"""
    spread: NDArray[np.float64]
    hidden: NDArray[np.float64]
    """float64[H, SIZE]"""
    hidden_bias: NDArray[np.float64]
    out: NDArray[np.float64]
    """float64[H]"""
    out_bias: float
    threshold: float
    """Log-odds from which laughter is reported."""

    @classmethod
    def load(cls, path: Path = PATH) -> "BurstHead":
        """Read what `save` wrote; nothing in the file is executed. Raises FileNotFoundError."""
        with np.load(path, allow_pickle=False) as stored:
            names = ("mean", "spread", "hidden", "hidden_bias", "out")
            mean, spread, hidden, hidden_bias, out = (stored[name].astype(np.float64) for name in names)
            out_bias, threshold = float(stored["out_bias"]), float(stored["threshold"])
            return cls(mean, spread, hidden, hidden_bias, out, out_bias, threshold)

    def save(self, path: Path = PATH) -> None:
        names = ("mean", "spread", "hidden", "hidden_bias", "out", "out_bias", "threshold")
        with path.open("wb") as file:
            np.savez_compressed(
                file, allow_pickle=False, **{name: np.asarray(getattr(self, name), np.float32) for name in names}
            )

    def with_threshold(self, threshold: float) -> "BurstHead":
        return replace(self, threshold=threshold)

    def log_odds(self, described: NDArray[np.float64]) -> NDArray[np.float64]:
        """Score descriptions, float64[n, SIZE] → [n]."""
        inputs = np.clip((described - self.mean) / self.spread, -_EXTREME, _EXTREME)
        hidden = np.maximum(0.0, inputs @ self.hidden.T + self.hidden_bias)
        return np.asarray(hidden @ self.out + self.out_bias)

    def surest(self, described: NDArray[np.float64]) -> float:
        """Return how far the most certain second exceeds the threshold, log-odds, 3 decimals; ≥ 0 means laughter."""
        return round(float(self.log_odds(described).max()) - self.threshold, _DECIMALS)


class Untold(NamedTuple):
    """A laugh that no event has reported yet."""

    until: int
    """Position up to which the audio was searched for laughter."""
    speaker: int | None
    """Number of the voice; None if no speech shows whose laugh it is."""

    def belongs_to(self, number: int, voices: int, start: int) -> bool:
        """Return whether an event of that voice, for a window from `start` on, may report the laugh.

        voices: number in the session. From two voices on, a laugh without words cannot be attributed.
        """
        return start - self.until <= TOLD_WITHIN and (voices <= 1 if self.speaker is None else self.speaker == number)
