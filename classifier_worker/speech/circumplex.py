"""Arousal and valence, projected from the probabilities of affects rather than measured directly.

Each affect has a place on Russell's circle: the angle that circular scaling gave to a word of similar meaning
(J. A. Russell 1980, "A circumplex model of affect", J. Pers. Soc. Psychol. 39(6), 1161–1178, Figure 2).
0° is pleasure, 90° arousal, 135° distress, 180° displeasure, 315° relaxation.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shared.contract.tone_event import Affect

PROSODY_SHARE: Final = 0.25
"""Share of the arousal taken from the measured voice if its activation is known. Set by ear, not fitted."""


@dataclass(frozen=True, slots=True)
class Projection:
    """A point in the plane of affect."""

    arousal: float
    """−1 drowsy … 1 excited; 4 decimals."""
    valence: float
    """−1 unpleasant … 1 pleasant; 4 decimals."""


def _at(degrees: float, radius: float = 1.0) -> Projection:
    angle = math.radians(degrees)
    return Projection(round(radius * math.sin(angle), 4), round(radius * math.cos(angle), 4))


PLACES: Final[Mapping[Affect, Projection]] = {
    "neutral": Projection(0.0, 0.0),
    "calm": _at(316.2),  # "calm"
    "warm": _at(16.4),  # between "happy" 7.8 and "delighted" 24.9, which is what acted happiness sounds like
    "sad": _at(207.5),  # "sad"
    "anxious": _at(116.0),  # "afraid"
    "frustrated": _at(123.0),  # "annoyed", between "angry" 99 and "frustrated" 141
    "surprised": _at(69.8),  # "astonished"
    "dismissive": _at(182.5, 0.6),  # halfway from "annoyed" 123 to "bored" 241.9: its data are disgust and boredom
    "urgent": _at(92.8),  # "tense"
    # Russell has no words for the last three; their places are estimates, hence half the radius.
    "confused": _at(135.0, 0.5),
    "apologetic": _at(207.5, 0.5),
    "genuine": _at(349.0, 0.5),
}


def project(scores: Mapping[Affect, float], activation: float | None = None) -> Projection:
    """Return the mean of the affects' places, weighted by their probabilities.

    scores: affect → probability 0…1; scaled to sum to 1, so leaving out small ones changes little.
    activation: −1…1, how activated the voice is (`prosody.activation`), or None if unknown; it changes only the
    arousal, by PROSODY_SHARE.
    """
    total = sum(scores.values())
    if total <= 0.0:
        return PLACES["neutral"]
    arousal = sum(p * PLACES[affect].arousal for affect, p in scores.items()) / total
    valence = sum(p * PLACES[affect].valence for affect, p in scores.items()) / total
    if activation is not None:
        arousal += PROSODY_SHARE * (activation - arousal)
    return Projection(_signed(arousal), _signed(valence))


def _signed(value: float) -> float:
    """Clip to −1…1 and round to 4 decimals, with 0.0 instead of −0.0."""
    return round(min(1.0, max(-1.0, value)), 4) + 0.0
