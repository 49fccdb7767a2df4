"""What each model is trained on: its corpora, the affect of each emotion, and the licence of the result."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shared.contract.tone_event import AFFECTS, Affect
from training.data.corpus import FEWEST_CLIPS

EVERYDAY: Final = ("speechocean762", "picovoice_sti", "librispeech_251", "ohf_voices")
"""Ordinary speech that every model learns as neutral: it is not acted, and has not been rated either."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One model file."""

    name: str
    licence: str
    acted: tuple[str, ...]
    """Corpora whose clips are labelled with the emotion that the actor was asked for."""
    affects: dict[str, Affect]
    """Emotion in labels.csv → affect. Clips with other emotions are left out."""
    says: tuple[Affect, ...]
    """The affects it reports. It is also trained on the others, to tell its own from them, and then drops them."""
    data: str
    """The data in one sentence, for the model card."""
    unseen: tuple[str, ...]
    """Acted corpora that the finished model is measured on. If empty, each of its own is left out in turn."""
    trust: str
    """How far its confidence can be trusted, for the model card."""
    limits: tuple[str, ...]
    """Limits of this model in addition to those of every model, for the model card."""


_ORDINARY: Final = (
    "ordinary speech as neutral: speechocean762 (250 people, half of them children), Picovoice speech-to-intent "
    "(Apache-2.0), LibriSpeech excerpts of 251 readers (CC BY 4.0), OHF voices (CC0-1.0)"
)

OPEN: Final = Recipe(
    name="open",
    licence="CC-BY-4.0",
    acted=("emodb",),
    affects={
        "neutral": "neutral",
        "happiness": "warm",
        "sadness": "sad",
        "fear": "anxious",
        "anger": "frustrated",
        "disgust": "dismissive",
        "boredom": "dismissive",
    },
    says=("neutral", "warm", "sad", "frustrated"),
    data="EmoDB (Berlin Database of Emotional Speech, CC0-1.0): 535 German sentences acted by 10 speakers; and "
    f"{_ORDINARY}.",
    unseen=("ravdess", "nemo", "emotiontts"),
    trust="The eleven numbers of the mixture and the floors were searched for on RAVDESS and nEMO beside ordinary "
    "speech (LibriSpeech, AMI, telephone samples): figures of those are not blind. Nothing else of them is in the "
    "model. Nothing was decided on the Korean corpus and the everyday set `devices`.",
    limits=(
        "Its acted voices are ten German speakers recorded in one studio. What it hears in other languages and rooms "
        "is measured, see the tables; ill or atypical voices were not.",
    ),
)

RESEARCH: Final = Recipe(
    name="research",
    licence="CC-BY-NC-SA-4.0",
    acted=("emodb", "ravdess", "nemo", "emotiontts"),
    affects={**OPEN.affects, "calm": "calm", "surprise": "surprised"},
    says=("neutral", "warm", "sad", "frustrated"),
    data="EmoDB (CC0-1.0): 535 German sentences acted by 10 speakers; RAVDESS speech, actors 01–18 (CC BY-NC-SA 4.0): "
    "two English sentences in eight emotions; nEMO, 7 speakers (CC BY-NC-SA 4.0): Polish sentences in six emotions; "
    "Emotion-TTS, 15 Korean actors (CC BY-NC-SA 4.0): sentences in four emotions; and "
    f"{_ORDINARY}.",
    unseen=(),
    trust="The eleven numbers of the mixture and the floors were searched for with models that lacked EmoDB, RAVDESS "
    "or nEMO and heard that corpus, beside ordinary speech (LibriSpeech, AMI, telephone samples): figures of those are "
    "not blind. Nothing was decided on the Korean corpus and the everyday set `devices`.",
    limits=(
        "Not for commercial use, and what is derived from it is shared under the same terms (CC BY-NC-SA 4.0).",
        "Its acted voices are 50 actors of four languages (German, English, Polish, Korean); ill or atypical voices "
        "were not measured.",
    ),
)

RECIPES: Final = {recipe.name: recipe for recipe in (OPEN, RESEARCH)}

SEED: Final = 20


def own(name: str, licence: str, corpora: Mapping[str, Mapping[str, int]]) -> Recipe:
    """Make a recipe for your own speech. corpora: corpus → number of clips of each emotion.

    An emotion is one of RESEARCH's, or the name of an affect. Raises ValueError, with a message to show, if one is
    neither, or if there is too little to train on.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name) or name in RECIPES:
        raise ValueError(f"{name!r} is not a valid model name: use lower-case letters, digits, - and _.")
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
        acted=tuple(corpora),
        affects=affects,
        says=tuple(affect for affect in AFFECTS if affect in affects.values()),
        data=f"Your own: {described}.",
        unseen=(),
        trust="The numbers of the mixture and the floors are those of the model open; nothing of your speech was used "
        "to set them.",
        limits=("Trained by you, on your own speech, and not checked by anyone else.",),
    )


def _affect(emotion: str) -> Affect:
    if emotion in RESEARCH.affects:
        return RESEARCH.affects[emotion]
    for affect in AFFECTS:
        if affect == emotion:
            return affect
    known = ", ".join([*RESEARCH.affects, *(affect for affect in AFFECTS if affect not in RESEARCH.affects)])
    raise ValueError(f"Unknown emotion {emotion!r} in labels.csv: use one of {known}.")
