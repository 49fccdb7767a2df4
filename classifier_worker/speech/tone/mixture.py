"""Turn a window's scores into probabilities: two estimates, mixed by how much the speaker's tone has varied.

A voice that has clearly used different tones is judged relative to itself, with sharp probabilities. Any other voice,
new or in one constant tone, is judged with the caution that ordinary talk needs: nearly all of it is even. The numbers
are fitted to ordinary and to marked speech (training/fit/mixture_fit.py); the model's card names the data.
"""

from dataclasses import astuple, dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from shared.contract.tone_event import EVEN, Affect

Scores = NDArray[np.float64]

USUAL_VARIETY: Final = 1.0
"""The variety of ordinary talk, assumed for a voice at first."""
USUAL_SECONDS: Final = 8.0
"""Weight of that assumption, in seconds of speech."""


class Voices(NamedTuple):
    """What is known about each window's voice before that window."""

    lasting: Scores
    """Mean of the voice's absolute scores, float64[B, C]."""
    strangeness: Scores
    """Strangeness of its baseline, 0…1, float64[B]."""
    variety: Scores
    """Variance of its tones, float64[B]."""
    seconds: Scores
    """Seconds of speech behind the variety, float64[B]."""


@dataclass(frozen=True, slots=True)
class Mixture:
    """The eleven numbers of the mixture, the same for every window.

    probabilities = mixture.probabilities(relative, absolute, voices, even)
    """

    gate: float
    """Log-odds that a voice is varied, at a variety of 1."""
    steepness: float
    """How fast these log-odds rise with the logarithm of the variety."""
    varied: float
    """Weight of the relative scores in a varied voice."""
    varied_even: float
    """Added to the even affects in a varied voice."""
    varied_even_strange: float
    """Added to the even affects, too, in a varied voice that is a stranger's."""
    varied_strange: float
    """Share of the weight of a varied voice's relative scores that is lost for a stranger."""
    relative: float
    """Weight of the relative scores in any other voice."""
    absolute: float
    """Weight of the absolute scores in any other voice."""
    lasting: float
    """Weight of the mean of the absolute scores so far in any other voice, if it is known."""
    even: float
    """Added to the even affects in any other voice."""
    even_strange: float
    """Added to the even affects, too, in any other voice that is a stranger's."""

    @classmethod
    def of(cls, numbers: NDArray[np.float64]) -> "Mixture":
        """Build a mixture from float64[11], in the order of the fields. Raises ValueError if there are more or
        fewer."""
        if numbers.shape != (len(cls.__dataclass_fields__),):
            raise ValueError(f"a mixture must have {len(cls.__dataclass_fields__)} numbers, not {numbers.size}")
        return cls(*(float(number) for number in numbers))

    def numbers(self) -> NDArray[np.float64]:
        """Return the fields as float64[11]."""
        return np.array(astuple(self), np.float64)

    def variedness(self, variety: Scores, seconds: Scores) -> Scores:
        """Return how far each voice counts as varied, 0…1; all float64[B].

        variety: mean squared distance of the voice's tones from their mean; seconds: speech behind it.
        """
        believed = (variety * seconds + USUAL_VARIETY * USUAL_SECONDS) / (seconds + USUAL_SECONDS)
        odds = self.gate + self.steepness * np.log(np.maximum(believed, 0.05))
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(odds, -30.0, 30.0))), np.float64)

    def probabilities(self, relative: Scores, absolute: Scores, voices: Voices, even: Scores) -> Scores:
        """Return probabilities from both scores of the same windows and from their voices, all float64[B, C].

        even: float64[C], 1 for the affects of EVEN, else 0.
        """
        strange, share = voices.strangeness[:, None], self.variedness(voices.variety, voices.seconds)[:, None]
        sharp = self.varied * (1.0 - self.varied_strange * strange) * relative
        sharp += even * (self.varied_even + self.varied_even_strange * strange)
        careful = self.relative * relative + self.absolute * absolute + self.lasting * (1.0 - strange) * voices.lasting
        careful += even * (self.even + self.even_strange * strange)
        return np.asarray(share * softmax(sharp) + (1.0 - share) * softmax(careful), np.float64)


def is_even(affects: tuple[Affect, ...]) -> Scores:
    """Return float64[C]: 1 for the affects of EVEN, else 0."""
    return np.array([float(affect in EVEN) for affect in affects])


def softmax(scores: Scores) -> Scores:
    """Turn scores into probabilities, float64[B, C]."""
    odds = np.exp(scores - scores.max(axis=1, keepdims=True, initial=-np.inf))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True), np.float64)
