"""What a recipe gives on speakers, and on whole corpora, that it was not trained on: models are fitted without them.

A recipe that uses every labelled corpus has none left to be measured on, so each is left out in turn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from rich.progress import track
from threadpoolctl import threadpool_limits

from classifier_worker.speech.tone_head import ToneHead
from training.answering import answers, four_and_all
from training.conditions import CONDITIONS
from training.corpus import read_clips
from training.features import Extractor, Spoken
from training.fit import calibrated, fit, person, temperature, window_logits
from training.metrics import Answers, joined
from training.recipe import FOUR, IN_EVERY_ROOM, SEED, Recipe

GROUPS: Final = 5
"""Speakers are left out in this many groups, each spread over all corpora."""

SIX: Final = (*FOUR, "fear", "surprise")

Fold = tuple[list[Spoken], list[Spoken]]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What was answered, corpus by corpus."""

    temperature: float
    """Under which the answers on corpora left out are likeliest: one for all, fitted on these very clips."""
    corpora: dict[str, dict[str, Answers]]
    """Corpus left out → "four", "all" → answers."""
    speakers: dict[str, dict[str, Answers]]
    """"four", "six", "all" → corpus of the speakers left out → answers."""


def heard(recipe: Recipe, extractor: Extractor, speech: Path) -> list[Spoken]:
    """Every clip whole; where the corpus is trained on in every room, its first 2 s in each of them too."""
    spoken: list[Spoken] = []
    for corpus in recipe.corpora:
        clips, everywhere = read_clips(speech, corpus), corpus in IN_EVERY_ROOM
        spoken += extractor.features(clips, "whole", "clean", exact_air=not everywhere)
        for condition in CONDITIONS if everywhere else ():
            spoken += extractor.features(clips, "opening", condition, exact_air=False)
    return [clip for clip in spoken if clip.emotion in recipe.affects]


def left_out(recipe: Recipe, spoken: Sequence[Spoken]) -> LeftOut:
    """Fits one model for each corpus and each group of speakers left out."""
    # One BLAS thread: sums in one order give one model.
    with threadpool_limits(1):
        heads, tests = [], []
        for train, test in track(corpora_left_out(spoken), "leaving one corpus out"):
            heads.append(fit(train, recipe.affects, SEED, recipe.inverse_regularisation))
            tests.append([clip for clip in test if recipe.affects[clip.emotion] in heads[-1].affects])
        warmth = _temperature(recipe, heads, tests)
        corpora = {
            test[0].corpus: four_and_all(calibrated(head, warmth, recipe.odds), test, recipe.affects)
            for head, test in zip(heads, tests, strict=True)
        }
        return LeftOut(warmth, corpora, _speakers(recipe, spoken, warmth))


def corpora_left_out(spoken: Sequence[Spoken]) -> list[Fold]:
    """(All clips of the other corpora, this corpus' whole clips as recorded), for each corpus."""
    return [
        ([c for c in spoken if c.corpus != corpus], [c for c in spoken if c.corpus == corpus and _as_recorded(c)])
        for corpus in sorted({clip.corpus for clip in spoken})
    ]


def speakers_left_out(spoken: Sequence[Spoken], groups: int = GROUPS) -> list[Fold]:
    """(All clips of the other people, these people's whole clips as recorded), for each group of people."""
    people = sorted({person(clip) for clip in spoken})
    group = {name: number % groups for number, name in enumerate(people)}
    return [
        (
            [c for c in spoken if group[person(c)] != number],
            [c for c in spoken if group[person(c)] == number and _as_recorded(c)],
        )
        for number in range(groups)
    ]


def _as_recorded(clip: Spoken) -> bool:
    return clip.speaker.endswith(" whole clean")


def _temperature(recipe: Recipe, heads: Sequence[ToneHead], tests: Sequence[list[Spoken]]) -> float:
    """Common to all heads. They know different affects: what one does not know has no chance."""
    everything = sorted({affect for head in heads for affect in head.affects})
    logits, right = [], []
    for head, test in zip(heads, tests, strict=True):
        scores, columns = window_logits(head, test, recipe.affects, SEED)
        places = np.array([everything.index(affect) for affect in head.affects])
        wide = np.full((len(scores), len(everything)), -1e3)
        wide[:, places] = scores
        logits.append(wide)
        right.append(places[columns])
    return temperature(np.concatenate(logits), np.concatenate(right))


def _speakers(recipe: Recipe, spoken: Sequence[Spoken], warmth: float) -> dict[str, dict[str, Answers]]:
    parts: dict[str, dict[str, list[Answers]]] = {}
    for train, test in track(speakers_left_out(spoken), "leaving a fifth of the speakers out"):
        head = calibrated(fit(train, recipe.affects, SEED, recipe.inverse_regularisation), warmth, recipe.odds)
        among = {"four": FOUR, "six": SIX, "all": tuple(recipe.affects)}
        for name, emotions in among.items():
            allowed = {recipe.affects[emotion] for emotion in emotions}
            for corpus in recipe.corpora:
                clips = [clip for clip in test if clip.corpus == corpus]
                parts.setdefault(name, {}).setdefault(corpus, []).append(answers(head, clips, recipe.affects, allowed))
    return {name: {corpus: joined(given) for corpus, given in rows.items()} for name, rows in parts.items()}
