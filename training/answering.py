"""What a model answers to people that it never heard.

Clips of a speaker come in 10 seeded random orders, from a cold start; each is answered before it updates the
speaker's baseline. A clip's probabilities are the mean over its windows.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from classifier_worker.speech.tone_head import ToneHead
from shared.tone_event import Affect
from training.corpus import read_clips
from training.features import Extractor, Spoken
from training.listening import by_speaker, in_random_order, listen
from training.metrics import Answers
from training.recipe import FOUR, SEED, Recipe

ORDERS: Final = 10


def answers(
    head: ToneHead, spoken: Sequence[Spoken], affects: dict[str, Affect], among: Iterable[Affect], orders: int = ORDERS
) -> Answers:
    """What `head` answers when it may only say one of `among`; clips of other affects are not played."""
    allowed = [column for column, affect in enumerate(head.affects) if affect in set(among)]
    names = np.array(head.affects)[allowed]
    played = [clip for clip in spoken if affects.get(clip.emotion) in names]
    truth, answer, confidence, seconds = [], [], [], []
    for order in range(orders):
        rng = np.random.default_rng((SEED, order))
        for clips in by_speaker(played).values():
            for clip in listen(in_random_order(clips, rng), head.everybody):
                scores = head.probabilities(clip.windows).mean(axis=0)[allowed]
                scores /= scores.sum()
                truth.append(affects[clip.emotion])
                answer.append(str(names[scores.argmax()]))
                confidence.append(float(scores.max()))
                seconds.append(clip.seconds)
    return Answers(np.array(truth), np.array(answer), np.array(confidence), np.array(seconds))


def unseen(head: ToneHead, extractor: Extractor, speech: Path, recipe: Recipe) -> dict[str, dict[str, Answers]]:
    """Corpus → "four" (one of the four that all corpora share) and "all" (any affect of the model) → answers."""
    spoken = (extractor.features(read_clips(speech, name), "whole", "clean", exact_air=True) for name in recipe.unseen)
    return {name: four_and_all(head, clips, recipe.affects) for name, clips in zip(recipe.unseen, spoken, strict=True)}


def four_and_all(head: ToneHead, spoken: Sequence[Spoken], affects: dict[str, Affect]) -> dict[str, Answers]:
    four = [affects[emotion] for emotion in FOUR]
    return {"four": answers(head, spoken, affects, four), "all": answers(head, spoken, affects, head.affects)}
