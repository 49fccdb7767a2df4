"""Whether a machine makes a voice: text to speech has no tone of its own, so only neutral and calm are said of it.

    evidence = evidence.with_window(kind.synthetic)
    if evidence.synthetic: …

Trained on espeak-ng, a formant synthesiser, by training/networks/synthetic_voice.py; voices that imitate recorded
people well are heard as people. Figures: docs/lab/speech-gate.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from shared.contract.tone_event import Affect

ALLOWED: Final[frozenset[Affect]] = frozenset({"neutral", "calm"})
"""What may be said of a synthetic voice."""

PATH: Final = Path(__file__).resolve().parents[2] / "models" / "synthetic_voice.npz"

_MOST: Final = 4.0
"""Log-odds that one window can give at most, whatever it sounds like."""
_PERSON: Final = -1.0
"""What every voice begins with, counted as a window: it takes more than one doubtful window to call it a machine's."""
_MEMORY_WINDOWS: Final = 6
_DECIMALS: Final = 4


def allowed(scores: Mapping[Affect, float]) -> dict[Affect, float]:
    """The scores that may be told of a synthetic voice: any other could be read as a second tone of it."""
    return {affect: score for affect, score in scores.items() if affect in ALLOWED}


@dataclass(frozen=True, slots=True, eq=False)
class SyntheticHead:
    """Logistic regression on `SoundKinds.description`."""

    weights: NDArray[np.float64]
    """float64[D]"""
    bias: float
    maker: str
    """The synthesiser that it knows, with its version."""

    @classmethod
    def load(cls, path: Path = PATH) -> "SyntheticHead":
        """Reads what `save` wrote; nothing in the file is executed. Raises FileNotFoundError."""
        with np.load(path, allow_pickle=False) as stored:
            return cls(stored["weights"].astype(np.float64), float(stored["bias"]), str(stored["maker"]))

    def save(self, path: Path = PATH) -> None:
        with path.open("wb") as file:
            weights, bias = self.weights.astype(np.float32), np.array(self.bias, np.float32)
            np.savez_compressed(file, allow_pickle=False, weights=weights, bias=bias, maker=np.array(self.maker))

    def log_odds(self, description: NDArray[np.float64]) -> float:
        """Above 0 a machine is likelier than a person, were both as common."""
        return float((self.weights * description).sum() + self.bias)


@dataclass(frozen=True, slots=True)
class SyntheticEvidence:
    """What the windows of one voice say together: a mean in which the last half a dozen count."""

    mean: float = _PERSON
    windows: int = 1

    @property
    def synthetic(self) -> bool:
        return self.mean > 0.0

    def with_window(self, log_odds: float) -> "SyntheticEvidence":
        windows = min(self.windows + 1, _MEMORY_WINDOWS)
        bounded = min(_MOST, max(-_MOST, log_odds))
        return SyntheticEvidence(round(self.mean + (bounded - self.mean) / windows, _DECIMALS), windows)

    def freeze(self) -> list[Any]:
        return [self.mean, self.windows]

    @classmethod
    def thaw(cls, frozen: list[Any]) -> "SyntheticEvidence":
        return cls(*frozen)
