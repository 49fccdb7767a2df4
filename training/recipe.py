"""What each model is made from: corpora, which emotion becomes which affect, and what may be done with the result."""

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shared.tone_event import AFFECTS, Affect
from training.corpus import FEWEST_CLIPS


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far a tone head's logits are to be believed."""

    temperature: float
    """For speakers who are known well."""
    caution: float
    """Added for strangers."""
    variety: float
    """How far apart a speaker's tones lie where the baseline is believed by half (`ToneHead.variety`)."""


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
    unseen: tuple[str, ...]
    """Corpora that the finished model is measured on, never trained on. Empty: each of its own is left out in turn."""
    inverse_regularisation: float
    """C of the logistic regression."""
    tolerated: float
    """α of `nuisance.damping`: how much a clip's features may vary between conditions; infinite: nothing is damped."""
    in_every_room: frozenset[str]
    """Corpora that are also trained on in other rooms, on other lines and in other voices."""
    calibration: Calibration | None
    """None: the likeliest for corpora (where there is only one, speakers) left out of training."""
    trust: str
    """How far its confidence can be trusted, for the model card."""
    limits: tuple[str, ...]
    """Its own, beside those of every model, for the model card."""


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
    # said. Not fitted: at 0.5 most of what was said of LibriSpeech's readers was "dismissive".
    odds={"dismissive": 0.25},
    data="EmoDB (Berlin Database of Emotional Speech, CC0-1.0): 535 German sentences acted by 10 speakers.",
    unseen=("ravdess", "nemo"),
    # Chosen within EmoDB: leave-one-sex-out in rooms and lines other than those trained on.
    inverse_regularisation=1e-3,
    # Damping makes it righter and worse calibrated: docs/training.md.
    tolerated=math.inf,
    in_every_room=frozenset({"emodb"}),
    # Caution: what models of RAVDESS alone and of nEMO alone need when they hear EmoDB, in sessions of every kind
    # (`./manage.sh python -m training.transfer`). Variety: the geometric mean of what each of them needs, 12.4 and
    # 5.8.
    # Temperature: halfway (in logarithms) from what they need, 0.64, to what was trained: a wrong word costs more
    # than none.
    calibration=Calibration(temperature=0.80, caution=0.83, variety=8.5),
    trust="Speakers left out of EmoDB share studio, sentences and language with the others, and would allow far "
    "sharper answers than strangers elsewhere do. So these three numbers come from models of RAVDESS alone and of "
    "nEMO alone that heard EmoDB, the temperature moved halfway towards no change; nothing else of those corpora is "
    "in the model. Confidence is too low on speech like the training data. The prior odds, and these rules, were set "
    "after versions had been seen on RAVDESS and nEMO: their calibration errors are not quite a blind test.",
    limits=(
        "Its training voices are ten German speakers recorded in one studio. Figures for unseen corpora (English and "
        "Polish) show what is lost elsewhere; other languages, children, and ill or atypical voices were not measured.",
        "'dismissive' rests on acted disgust and boredom, of which most clips are only 2 s long; it is the affect with "
        "the weakest meaning. calm and surprised are never said by this model.",
    ),
)

RESEARCH: Final = Recipe(
    name="research",
    licence="CC-BY-NC-SA-4.0",
    corpora=("emodb", "ravdess", "nemo"),
    affects={**OPEN.affects, "calm": "calm", "surprise": "surprised"},
    # Stand-ins again; and calm is known from one corpus, where it hardly differs from neutral.
    odds={"dismissive": 0.5, "calm": 0.5},
    data="EmoDB (CC0-1.0): 535 German sentences acted by 10 speakers; RAVDESS speech, actors 01–18 (CC BY-NC-SA 4.0): "
    "two English sentences in eight emotions; nEMO, 7 speakers (CC BY-NC-SA 4.0): Polish sentences in six emotions.",
    unseen=(),
    # Of the values compared in docs/training.md, the one that is best on corpora left out.
    inverse_regularisation=2e-3,
    # Chosen within EmoDB, for `open`: docs/training.md.
    tolerated=3.0,
    in_every_room=frozenset({"emodb"}),
    # The likeliest for corpora left out are 1.15, 0.88 and 12.5, but those are of models that lack a third of the data:
    # temperatures a fifth less, with which what is said in mixed sessions is right as often as it claims.
    calibration=Calibration(temperature=0.92, caution=0.71, variety=12.5),
    trust="The likeliest temperatures for corpora left out of training (each in turn), in sessions of every kind, are "
    "1.15 and 0.88, of models that have two of the three corpora; this one, which has all three, is trusted a fifth "
    "more. They were chosen on the clips whose calibration errors are given here: three numbers, so they are nearly "
    "but not quite a blind test. On speech like the training data confidence is too low.",
    limits=(
        "Not for commercial use, and what is derived from it is shared under the same terms (CC BY-NC-SA 4.0).",
        "Its training voices are 35 actors of three languages (German, English, Polish). Figures for corpora left out "
        "show what is lost elsewhere; other languages, children, and ill or atypical voices were not measured.",
        "calm is known from RAVDESS alone, and hardly differs from its neutral; 'dismissive' rests on acted disgust "
        "and boredom and is the affect with the weakest meaning.",
    ),
)

RECIPES: Final = {recipe.name: recipe for recipe in (OPEN, RESEARCH)}

FOUR: Final[tuple[Affect, ...]] = ("neutral", "warm", "sad", "frustrated")
"""Affects that all corpora share: what the figure across corpora is about."""

SIX: Final[tuple[Affect, ...]] = (*FOUR, "anxious", "surprised")

SEED: Final = 20


def own(name: str, licence: str, corpora: Mapping[str, Mapping[str, int]]) -> Recipe:
    """For somebody's own speech. corpora: corpus → how many clips there are of each emotion.

    An emotion is one of RESEARCH's, or an affect's own name. Raises ValueError, in words, when one is neither, or when
    there is too little to train on.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name) or name in RECIPES:
        raise ValueError(f"A model of your own cannot be called {name!r}: use small letters, digits, - and _.")
    total: Counter[str] = Counter()
    for counts in corpora.values():
        total.update(counts)
    affects = {emotion: _affect(emotion) for emotion in total}
    rare = [emotion for emotion, count in total.items() if count < FEWEST_CLIPS]
    if rare:
        raise ValueError(f"{rare[0]!r} has {total[rare[0]]} clips; at least {FEWEST_CLIPS} of each emotion are needed.")
    if len(set(affects.values())) < 2:
        raise ValueError("At least two different emotions are needed.")
    described = ", ".join(f"{corpus} ({sum(counts.values())} clips)" for corpus, counts in corpora.items())
    return Recipe(
        name=name,
        licence=licence,
        corpora=tuple(corpora),
        affects=affects,
        odds={},
        data=f"Your own: {described}.",
        unseen=(),
        inverse_regularisation=OPEN.inverse_regularisation,
        tolerated=OPEN.tolerated,
        in_every_room=frozenset(corpora),
        calibration=None,
        trust="The temperatures are the likeliest ones for corpora (or, with one corpus, for speakers) left out of "
        "training, within bounds. With one corpus, confidence is too high for other rooms and languages.",
        limits=("Trained by you, on your own speech: nobody else has checked it.",),
    )


def _affect(emotion: str) -> Affect:
    if emotion in RESEARCH.affects:
        return RESEARCH.affects[emotion]
    for affect in AFFECTS:
        if affect == emotion:
            return affect
    known = ", ".join([*RESEARCH.affects, *(affect for affect in AFFECTS if affect not in RESEARCH.affects)])
    raise ValueError(f"The emotion {emotion!r} in labels.csv is not known. Known are: {known}.")
