"""A trained model: a window's scores relative to its speaker, its absolute scores, and the probabilities from both."""

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.models.embedding import FEATURES
from classifier_worker.speech.tone.baseline import Everybody, SpeakerBaseline
from classifier_worker.speech.tone.lasting_tone import LastingTone
from classifier_worker.speech.tone.mixture import Mixture, Scores, Voices, is_even
from classifier_worker.speech.tone.variety import Variety
from shared.contract.tone_event import AFFECTS, Affect

DECIMALS: Final = 6
"""Decimals of probabilities, so that the last bits of a float never reach an event."""

_WILDEST: Final = 20.0
"""Features are clipped to this many spreads, so that a hum or a click does not decide the tone alone."""

_DAMAGED: Final = (BadZipFile, zlib.error, EOFError, KeyError, TypeError, ValueError, RuntimeError, OSError)
"""Errors that numpy and zipfile raise for a damaged or foreign file."""


@dataclass(frozen=True, slots=True, eq=False)
class LinearReader:
    """Turns features into one score per affect."""

    weights: NDArray[np.float64]
    """float64[C, D]"""
    bias: NDArray[np.float64]
    """float64[C]"""

    def scores(self, features: NDArray[np.float32], *, biased: bool = True) -> Scores:
        """Score features, float32[D] → float64[C], adding up to 0.

        Summed by numpy itself, so that the order does not depend on a BLAS library. Raises ValueError if the features
        have another width.
        """
        if features.shape != (self.weights.shape[1],):
            raise ValueError(f"Features must be [{self.weights.shape[1]}], not {features.shape}.")
        bounded = np.clip(features.astype(np.float64), -_WILDEST, _WILDEST)
        scores = (self.weights * bounded).sum(axis=1)
        if biased:
            scores = scores + self.bias
        return np.asarray(scores - scores.mean(), np.float64)


class WindowScores(NamedTuple):
    """The readers' scores of one window, float64[C] each."""

    relative: Scores
    """Relative to the speaker's baseline."""
    absolute: Scores
    """Relative to the average over all speakers."""
    tone: Scores
    """Relative to the mean over all speakers, in the speaker's spreads: it does not move with the baseline's mean, so
    its variance shows how much the voice varies."""


@dataclass(frozen=True, slots=True, eq=False)
class ToneHead:
    """A trained model file.

    head = ToneHead.load(Path("classifier_worker/models/open.npz"))
    scores = head.read(head.everybody.standardise(features), baseline)
    probabilities = head.probabilities(scores, baseline.strangeness, variety, lasting)
    """

    affects: tuple[Affect, ...]
    """Affects, in the order of the probabilities' columns."""
    relative: LinearReader
    absolute: LinearReader
    mixture: Mixture
    floors: tuple[float, ...]
    """Lowest probability at which each affect is reported, if that exceeds the reliability floor."""
    everybody: Everybody
    """The average from which a new speaker's baseline starts."""

    @classmethod
    def load(cls, path: Path) -> "ToneHead":
        """Read what `save` wrote; nothing in the file is executed.

        Raises FileNotFoundError, or ValueError if the file is damaged or was trained on other features.
        """
        try:
            with np.load(path, allow_pickle=False) as stored:
                values = {name: stored[name] for name in stored.files}
            features = str(values["features"])
            names = [str(name) for name in values["affects"]]
            affects = tuple(affect for name in names for affect in AFFECTS if affect == name)
            relative, absolute = (
                LinearReader(
                    values[f"{reader}_weights"].astype(np.float64), values[f"{reader}_bias"].astype(np.float64)
                )
                for reader in ("relative", "absolute")
            )
            mixture = Mixture.of(values["mixture"].astype(np.float64))
            floors = tuple(float(floor) for floor in values["floors"])
            everybody = Everybody(*(values[name].astype(np.float32) for name in ("cold_mean", "cold_spread")))
        except FileNotFoundError:
            raise
        except _DAMAGED as error:
            raise ValueError(_no_model(path, str(error))) from error
        if features != FEATURES:
            raise ValueError(f"{path} was trained on {features!r}, but the encoders give {FEATURES!r}. Train it again.")
        if len(affects) != len(names):
            raise ValueError(f"{path} names affects that ToneEvent does not know: {', '.join(names)}.")
        head = cls(affects, relative, absolute, mixture, floors, everybody)
        if not head._fits_together():
            raise ValueError(_no_model(path, "its arrays do not fit together"))
        return head

    def save(self, path: Path) -> None:
        """Write the model as .npz, with float32 weights."""
        with path.open("wb") as file:
            np.savez_compressed(
                file,
                allow_pickle=False,
                features=np.array(FEATURES),
                affects=np.array(self.affects),
                relative_weights=self.relative.weights.astype(np.float32),
                relative_bias=self.relative.bias.astype(np.float32),
                absolute_weights=self.absolute.weights.astype(np.float32),
                absolute_bias=self.absolute.bias.astype(np.float32),
                mixture=self.mixture.numbers(),
                floors=np.array(self.floors, np.float64),
                cold_mean=self.everybody.mean,
                cold_spread=self.everybody.spread,
            )

    def cold_baseline(self) -> SpeakerBaseline:
        """Return the baseline of a new speaker."""
        return SpeakerBaseline.cold(len(self.everybody.mean))

    def read(self, features: NDArray[np.float32], baseline: SpeakerBaseline) -> WindowScores:
        """Score features, float32[D], standardised by `everybody`. Call it before updating the baseline."""
        return WindowScores(
            self.relative.scores(baseline.normalise(features)),
            self.absolute.scores(features),
            self.relative.scores(baseline.scale(features), biased=False),
        )

    def probabilities(
        self, scores: WindowScores, strangeness: float, variety: Variety, lasting: LastingTone
    ) -> list[float]:
        """Return each affect's probability, 6 decimals. strangeness: the baseline's; variety, lasting: the voice's
        before this window."""
        of_voice = lasting.mean or (0.0,) * len(self.affects)
        mixed = self.mixture.probabilities(
            scores.relative[None],
            scores.absolute[None],
            Voices(
                np.array([of_voice]),
                np.array([strangeness]),
                np.array([variety.variance]),
                np.array([variety.seconds]),
            ),
            is_even(self.affects),
        )
        return [round(float(value), DECIMALS) for value in mixed[0]]

    def _fits_together(self) -> bool:
        """Return whether there is one row of weights and one floor per affect, one column per feature, and finite
        numbers."""
        mean, spread = self.everybody.mean, self.everybody.spread
        readers = (self.relative, self.absolute)
        shapes = all(
            reader.weights.shape == (len(self.affects), mean.size) and reader.bias.shape == (len(self.affects),)
            for reader in readers
        )
        arrays: list[NDArray[Any]] = [mean, spread, self.mixture.numbers()]
        arrays += [part for reader in readers for part in (reader.weights, reader.bias)]
        known = len(self.floors) == len(self.affects) and mean.shape == spread.shape
        return shapes and known and all(bool(np.isfinite(array).all()) for array in arrays)


def _no_model(path: Path, why: str) -> str:
    return f"{path} is not a tone model: {why}. Train it again: ./manage.sh python -m training.train."
