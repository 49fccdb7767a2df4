"""What each model is made from: corpora, which emotion becomes which affect, and what may be done with the result."""

from dataclasses import dataclass
from typing import Final

from shared.tone_event import Affect


@dataclass(frozen=True, slots=True)
class Recipe:
    """One model file."""

    name: str
    licence: str
    corpora: tuple[str, ...]
    """Corpora that it is trained on."""
    affects: dict[str, Affect]
    """Emotion as labels.csv names it → affect. Clips with other emotions are left out."""
    odds: dict[Affect, float]
    """Prior odds against the other affects, where they are not 1."""
    data: str
    """The data in one sentence, for the model card."""


OPEN: Final = Recipe(
    name="open",
    licence="CC0-1.0",
    corpora=("emodb",),
    affects={
        "neutral": "neutral",
        "happiness": "warm",
        "sadness": "sad",
        "fear": "anxious",
        "anger": "frustrated",
        "disgust": "dismissive",
        "boredom": "dismissive",
    },
    # Its clips act disgust and boredom, stand-ins for being dismissive, and most last 2 s: it must be likelier to be
    # said. Set beforehand, not fitted.
    odds={"dismissive": 0.5},
    data="EmoDB (Berlin Database of Emotional Speech, CC0-1.0): 535 German sentences acted by 10 speakers.",
)

RECIPES: Final = {recipe.name: recipe for recipe in (OPEN,)}

UNSEEN_CORPORA: Final = ("ravdess", "nemo")
"""Corpora that `open` is measured on and never trained or tuned on."""

FOUR: Final = ("anger", "happiness", "neutral", "sadness")
"""Emotions that all corpora share: what the figure across corpora is about."""

SEED: Final = 20
