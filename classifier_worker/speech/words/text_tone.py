"""Tell what the words of an utterance express, whatever the voice does.

    tone = TextTone.load()
    tone.of("Thank you so much, that was lovely.")   # positive, warm

English only. A linear model over phrases and letters, trained by training/train_text_tone.py; data, licence and
figures: models/text_tone.md; why it is built so: docs/design/speech/text-tone.md.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.words.text_features import key, keys, plain_words
from shared.contract.tone_event import Affect
from shared.contract.transcript_event import Polarity, WordsTone

PATH: Final = Path(__file__).resolve().parents[2] / "models" / "text_tone.npz"

POLARITIES: Final[tuple[Polarity, ...]] = get_args(Polarity)

LEAST_KNOWN: Final = 0.5
"""Share of the words that the model must know."""
LEAST_CONFIDENCE: Final = 0.5
"""A polarity is reported only if it is likelier than the other two together."""
NEVER: Final = 2.0
"""Floor of an affect that is never reported."""

_DECIMALS: Final = 4
"""Decimals of values, rounded before any decision, so that platform noise cannot change the outcome."""


class Outcome(NamedTuple):
    """One of the meanings among which the model distributes probability."""

    name: str
    polarity: Polarity
    affect: Affect | None


OUTCOMES: Final = (
    Outcome("warm", "positive", "warm"),
    Outcome("other positive", "positive", None),
    Outcome("frustrated", "negative", "frustrated"),
    Outcome("dismissive", "negative", "dismissive"),
    Outcome("sad", "negative", "sad"),
    Outcome("anxious", "negative", "anxious"),
    Outcome("apologetic", "negative", "apologetic"),
    Outcome("other negative", "negative", None),
    Outcome("neutral", "neutral", "neutral"),
    Outcome("surprised", "neutral", "surprised"),
    Outcome("confused", "neutral", "confused"),
    Outcome("other neutral", "neutral", None),
)
"""The order of the model's columns."""


@dataclass(frozen=True, slots=True, eq=False)
class TextTone:
    """The model."""

    keys: NDArray[np.uint32]
    """uint32[N], ascending: the pieces of text that it knows (text_features.py)."""
    weights: NDArray[np.int8]
    """int8[N, OUTCOMES]"""
    scales: NDArray[np.float32]
    """float32[OUTCOMES]: what one step of a weight is worth."""
    bias: NDArray[np.float32]
    """float32[OUTCOMES]"""
    doubt: float
    """Probability spread evenly over OUTCOMES, because readers err however plain the words are."""
    words: NDArray[np.uint32]
    """uint32[M], ascending: keys of the words that it has seen often enough to know."""
    sure: float
    """Confidence from which a positive or negative polarity was right often enough on the tuning data."""
    floors: NDArray[np.float32]
    """float32[OUTCOMES]: probability from which an affect is reported."""

    @classmethod
    def load(cls, path: Path = PATH) -> "TextTone":
        """Read what `save` wrote; nothing in the file is executed. Raises FileNotFoundError."""
        with np.load(path, allow_pickle=False) as stored:
            names = ("keys", "weights", "scales", "bias", "words", "floors")
            return cls(
                **{name: stored[name] for name in names}, sure=float(stored["sure"]), doubt=float(stored["doubt"])
            )

    def save(self, path: Path = PATH) -> None:
        arrays: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        with path.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)

    def of(self, text: str) -> WordsTone | None:
        """Return the polarity of English text, and its affect if one stands out. None if the words do not show any."""
        words = plain_words(text)
        if not self._knows(words):
            return None
        outcomes = self.probabilities(words)
        polarities = by_polarity(outcomes)
        polarity = max(POLARITIES, key=lambda each: polarities[each])
        confidence = round(polarities[polarity], _DECIMALS)
        if confidence < LEAST_CONFIDENCE:
            return None
        return WordsTone(polarity=polarity, confidence=confidence, affect=self._affect(outcomes, polarity))

    def probabilities(self, words: Sequence[str]) -> list[float]:
        """Return the calibrated probability of each of OUTCOMES."""
        rows = places(self.keys, np.fromiter(keys(words), np.uint32))
        sums = self.weights[rows].sum(axis=0, dtype=np.int64).tolist()  # integers, so exact in any order
        length = math.sqrt(max(1, len(rows)))
        logits = [
            bias + scale * total / length
            for bias, scale, total in zip(self.bias.tolist(), self.scales.tolist(), sums, strict=True)
        ]
        powers = [math.exp(logit - max(logits)) for logit in logits]
        whole, even = sum(powers), self.doubt / len(OUTCOMES)
        return [(1 - self.doubt) * power / whole + even for power in powers]

    def _knows(self, words: Sequence[str]) -> bool:
        known = places(self.words, np.fromiter(map(key, words), np.uint32))
        return bool(words) and len(known) >= LEAST_KNOWN * len(words)

    def _affect(self, outcomes: Sequence[float], polarity: Polarity) -> Affect | None:
        own = [place for place, outcome in enumerate(OUTCOMES) if outcome.polarity == polarity]
        likeliest = max(own, key=lambda place: outcomes[place])
        clear = round(outcomes[likeliest], _DECIMALS) >= self.floors[likeliest]
        return OUTCOMES[likeliest].affect if clear else None


def places(known: NDArray[np.uint32], asked: NDArray[np.uint32]) -> NDArray[np.intp]:
    """Return the positions of the keys among `known`, which ascend; unknown keys are left out."""
    found = np.searchsorted(known, asked)
    return np.asarray(found[known[np.minimum(found, len(known) - 1)] == asked])


def by_polarity(outcomes: Sequence[float]) -> dict[Polarity, float]:
    """Add up the probabilities of OUTCOMES for each polarity."""
    sums = dict.fromkeys(POLARITIES, 0.0)
    for outcome, probability in zip(OUTCOMES, outcomes, strict=True):
        sums[outcome.polarity] += probability
    return sums
