"""Tell whether a voice is synthetic: text-to-speech conveys no tone, so it is only ever labelled neutral or calm.

    evidence = evidence.with_window(kind.synthetic)
    if evidence.synthetic: …

Trained on espeak-ng, a formant synthesiser, by training/networks/synthetic_voice.py; synthesisers that imitate people
well pass for people. Figures: docs/lab/speech-gate.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from shared.contract.tone_event import Affect

ALLOWED: Final[frozenset[Affect]] = frozenset({"neutral", "calm"})
"""The affects that a synthetic voice may be labelled with."""

PATH: Final = Path(__file__).resolve().parents[2] / "models" / "synthetic_voice.npz"

_MOST: Final = 4.0
"""The most that one window can contribute, in log-odds."""
_PERSON: Final = -1.0
"""Initial log-odds of every voice, which count as one window: one doubtful window does not make it synthetic."""
_MEMORY_WINDOWS: Final = 6
_DECIMALS: Final = 4


def allowed(scores: Mapping[Affect, float]) -> dict[Affect, float]:
    """Return the scores of the affects allowed for a synthetic voice: others could be read as a second tone."""
    return {affect: score for affect, score in scores.items() if affect in ALLOWED}


@dataclass(frozen=True, slots=True, eq=False)
class SyntheticHead:
    """Logistic regression on `SoundKinds.description`."""

    weights: NDArray[np.float64]
    """float64[D]"""
    bias: float
    maker: str
    """The synthesiser it was trained on, with its version."""

    @classmethod
    def load(cls, path: Path = PATH) -> "SyntheticHead":
        """Read what `save` wrote; nothing in the file is executed. Raises FileNotFoundError."""
        with np.load(path, allow_pickle=False) as stored:
            return cls(stored["weights"].astype(np.float64), float(stored["bias"]), str(stored["maker"]))

    def save(self, path: Path = PATH) -> None:
        with path.open("wb") as file:
            weights, bias = self.weights.astype(np.float32), np.array(self.bias, np.float32)
            np.savez_compressed(file, allow_pickle=False, weights=weights, bias=bias, maker=np.array(self.maker))

    def log_odds(self, description: NDArray[np.float64]) -> float:
        """Return the log-odds of a synthetic voice: above 0 it is likelier than a person, if both were as common."""
        return float((self.weights * description).sum() + self.bias)


@dataclass(frozen=True, slots=True)
class SyntheticEvidence:
    """The combined evidence of one voice's windows: a running mean over about the last six."""

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
