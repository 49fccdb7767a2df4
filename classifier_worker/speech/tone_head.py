"""Features relative to the speaker → calibrated probabilities of affects: multinomial logistic regression.

Calibration divides the logits by a temperature (Guo et al., "On Calibration of Modern Neural Networks",
https://arxiv.org/abs/1706.04599, §4.2), which is higher as long as the speaker is a stranger: of a voice's first
utterances a model is right far less often than its logits say (docs/training.md).
"""

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.baseline import Everybody, SpeakerBaseline
from classifier_worker.speech.embedding import FEATURES
from shared.tone_event import AFFECTS, Affect

DECIMALS: Final = 6
"""Probabilities are rounded to this, so that the last bits of a float never reach an event."""

_DAMAGED: Final = (BadZipFile, zlib.error, EOFError, KeyError, TypeError, ValueError, RuntimeError, OSError)
"""What numpy and zipfile raise on a file that is none of ours, or was changed on its way."""


@dataclass(frozen=True, slots=True, eq=False)
class ToneHead:
    """A trained model file.

    head = ToneHead.load(Path("classifier_worker/models/open.npz"))
    baseline, variety = head.cold_baseline(), Variety()
    probabilities = head.probabilities(head.everybody.standardise(features), baseline, variety.doubt(head.variety))
    """

    affects: tuple[Affect, ...]
    """What the columns of `probabilities` mean."""
    weights: NDArray[np.float64]
    """float64[C, D]"""
    bias: NDArray[np.float64]
    """float64[C]"""
    temperature: float
    """For a speaker who is known well."""
    caution: float
    """What is added to the temperature for a stranger, in proportion to the baseline's strangeness."""
    everybody: Everybody
    """Where a new speaker's baseline starts."""
    variety: float
    """How far apart a speaker's tones lie (mean squared distance of `tones` from their mean) where the speaker's
    baseline is believed by half."""

    @classmethod
    def load(cls, path: Path) -> "ToneHead":
        """Reads what `save` wrote; nothing in the file is executed.

        Raises FileNotFoundError, or ValueError when the file is damaged or was trained on other features.
        """
        try:
            with np.load(path, allow_pickle=False) as stored:
                values = {name: stored[name] for name in stored.files}
            features = str(values["features"])
            temperature, caution, variety = (float(values[name]) for name in ("temperature", "caution", "variety"))
            names = [str(name) for name in values["affects"]]
            affects = tuple(affect for name in names for affect in AFFECTS if affect == name)
            arrays = [values[name].astype(np.float64) for name in ("weights", "bias")]
            everybody = Everybody(*(values[name].astype(np.float32) for name in ("cold_mean", "cold_spread")))
        except FileNotFoundError:
            raise
        except _DAMAGED as error:
            raise ValueError(_no_model(path, str(error))) from error
        if features != FEATURES:
            raise ValueError(f"{path} was trained on {features!r}, but the encoders give {FEATURES!r}. Train it again.")
        if len(affects) != len(names):
            raise ValueError(f"{path} names affects that ToneEvent does not know: {', '.join(names)}.")
        if not _fit_together(len(names), arrays[0], arrays[1], everybody):
            raise ValueError(_no_model(path, "its arrays do not fit together"))
        return cls(affects, arrays[0], arrays[1], temperature, caution, everybody, variety)

    def save(self, path: Path) -> None:
        """Writes the model as .npz, weights as float32."""
        with path.open("wb") as file:
            np.savez_compressed(
                file,
                allow_pickle=False,
                features=np.array(FEATURES),
                affects=np.array(self.affects),
                weights=self.weights.astype(np.float32),
                bias=self.bias.astype(np.float32),
                temperature=np.array(self.temperature),
                caution=np.array(self.caution),
                variety=np.array(self.variety),
                cold_mean=self.everybody.mean,
                cold_spread=self.everybody.spread,
            )

    def cold_baseline(self) -> SpeakerBaseline:
        """The baseline of a speaker who has said nothing yet."""
        return SpeakerBaseline.cold(len(self.everybody.mean))

    def logits(self, normalised: NDArray[np.float32]) -> NDArray[np.float64]:
        """float32[B, D], normalised by a speaker's baseline → uncalibrated logits, float64[B, C].

        Row by row with numpy's own summation: the order never depends on the batch nor on a BLAS library.
        Raises ValueError when the features are of another width.
        """
        if normalised.ndim != 2 or normalised.shape[1] != self.weights.shape[1]:
            raise ValueError(f"Features must be [count, {self.weights.shape[1]}], not {normalised.shape}.")
        scores = np.empty((len(normalised), len(self.affects)), np.float64)
        for row, features in enumerate(normalised):
            scores[row] = (self.weights * features.astype(np.float64)).sum(axis=1) + self.bias
        return scores

    def tones(self, features: NDArray[np.float32], baseline: SpeakerBaseline) -> NDArray[np.float64]:
        """float32[B, D], standardised by `everybody` → each window's tone, float64[B, C]; a row adds up to 0.

        Unlike logits they do not move with the baseline's mean, so they tell how far apart a speaker's tones lie.
        """
        return _centred(self.logits(baseline.scale(features)) - self.bias)

    def probabilities(
        self, features: NDArray[np.float32], baseline: SpeakerBaseline, doubt: float
    ) -> NDArray[np.float64]:
        """float32[B, D], standardised by `everybody` → probabilities of `affects`, float64[B, C], 6 decimals.

        doubt: 0…1, of the speaker's `Variety`.
        """
        against_speaker, against_everybody = self.logits(baseline.normalise(features)), self.logits(features)
        return self.calibrate(against_speaker, against_everybody, baseline.strangeness, doubt)

    def calibrate(
        self,
        against_speaker: NDArray[np.float64],
        against_everybody: NDArray[np.float64],
        strangeness: float | NDArray[np.float64],
        doubt: float | NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Logits of the same windows heard in two ways, float64[B, C] → probabilities, float64[B, C], 6 decimals.

        strangeness, doubt: one for all windows, or one for each, float64[B, 1].

        The share of the second is the doubt, as far as the speaker is no stranger, to whom both are the same.
        """
        share = doubt * (1.0 - strangeness)
        first = softmax(against_speaker / (self.temperature + self.caution * strangeness))
        second = softmax(against_everybody / (self.temperature + self.caution))
        rounded: NDArray[np.float64] = np.round((1.0 - share) * first + share * second, DECIMALS)
        return rounded


def _no_model(path: Path, why: str) -> str:
    return f"{path} is not a tone model: {why}. Train it again: ./manage.sh python -m training.train."


def _fit_together(affects: int, weights: NDArray[np.float64], bias: NDArray[np.float64], everybody: Everybody) -> bool:
    """One row of weights an affect, one column a feature, and every number finite."""
    mean, spread = everybody.mean, everybody.spread
    shapes = weights.shape == (affects, mean.size) and bias.shape == (affects,) and mean.shape == spread.shape
    return shapes and all(bool(np.isfinite(array).all()) for array in (weights, bias, mean, spread))


def _centred(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each row less its mean: what no softmax can see is left out."""
    centred: NDArray[np.float64] = rows - rows.mean(axis=1, keepdims=True)
    return centred


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """float64[B, C] → probabilities."""
    odds = np.exp(logits - logits.max(axis=1, keepdims=True, initial=-np.inf))
    shares: NDArray[np.float64] = odds / odds.sum(axis=1, keepdims=True)
    return shares
