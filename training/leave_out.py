"""What a recipe gives on speakers, and on whole corpora, that it was not trained on: models are fitted without them.

A recipe that uses every labelled corpus has none left to be measured on, so each is left out in turn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.progress import track
from threadpoolctl import threadpool_limits

from classifier_worker.speech.tone_head import ToneHead
from training.answering import Measured, among, four_and_all, measure, together
from training.calibration import Test, fitted
from training.calibration_bounds import bounded
from training.clips import Excerpt
from training.conditions import CONDITIONS
from training.corpus import read_clips
from training.features import Extractor, Spoken
from training.fit import calibrated, fit
from training.recipe import FOUR, SEED, SIX, Calibration, Recipe
from training.saying import hear
from training.sessions import KINDS

GROUPS: Final = 5
"""Speakers are left out in this many groups, each spread over all corpora."""

AS_TRAINED: Final = Calibration(temperature=1.0, caution=0.0, variety=1.0)
"""Uncalibrated; hardly any baseline is doubted."""

Fold = tuple[list[Spoken], list[Spoken]]
Tested = list[tuple[ToneHead, list[Spoken]]]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What came of it, corpus by corpus."""

    calibration: Calibration
    """The recipe's, or the likeliest within bounds."""
    likeliest: Calibration
    """Under which what is said of corpora (where there is only one, speakers) left out is likeliest."""
    corpora: dict[str, dict[str, Measured]]
    """Corpus left out → "four" (where every model knows all four), "all" → what came of it. Empty for a recipe with
    one corpus."""
    speakers: dict[str, dict[str, Measured]]
    """"four", "six" (where the model knows them), "all" → corpus of the speakers left out → what came of it."""


def heard(recipe: Recipe, extractor: Extractor, speech: Path) -> list[Spoken]:
    """Every clip whole; where the corpus is trained on in every room, its first 2 s in each of them too."""
    spoken: list[Spoken] = []
    for corpus in recipe.corpora:
        clips, everywhere = read_clips(speech, corpus), corpus in recipe.in_every_room
        spoken += extractor.features(clips, "whole", "clean", exact_air=not everywhere)
        for condition in CONDITIONS if everywhere else ():
            spoken += extractor.features(clips, "opening", condition, exact_air=False)
    return [clip for clip in spoken if clip.emotion in recipe.affects]


def left_out(recipe: Recipe, spoken: Sequence[Spoken]) -> LeftOut:
    """Fits one model for each corpus and each group of speakers left out."""
    # One BLAS thread: sums in one order give one model.
    with threadpool_limits(1):
        corpora = tested_on(recipe, corpora_left_out(spoken), "leaving one corpus out")
        speakers = tested_on(recipe, speakers_left_out(spoken, recipe), "leaving a fifth of the speakers out")
        tests = _tests(recipe, corpora or speakers)
        likeliest = fitted(tests)
        calibration = recipe.calibration or bounded(likeliest, tests)
        return LeftOut(
            calibration,
            likeliest,
            _corpora(recipe, corpora, calibration),
            _speakers(recipe, speakers, calibration),
        )


def tested_on(recipe: Recipe, folds: Sequence[Fold], what: str) -> Tested:
    """(A head with the recipe's odds, uncalibrated, and the clips to test it on), for each fold."""
    return [
        (
            calibrated(
                fit(train, recipe.affects, SEED, recipe.inverse_regularisation, recipe.tolerated),
                AS_TRAINED,
                recipe.odds,
            ),
            test,
        )
        for train, test in track(folds, what)
    ]


def _tests(recipe: Recipe, tested: Tested) -> list[Test]:
    """Each head twice, when everything may be said and when only the affects that all corpora share, in each kind of
    session."""
    heads = [(view, test) for head, test in tested for view in (head, among(head, FOUR)) if view.affects]
    return [(head, hear(head, test, recipe.affects, 2, kind)) for head, test in heads for kind in KINDS]


def corpora_left_out(spoken: Sequence[Spoken]) -> list[Fold]:
    """(All clips of the other corpora, this corpus' whole clips as recorded), for each of several corpora."""
    names = sorted({clip.corpus for clip in spoken})
    return [
        (
            [clip for clip in spoken if clip.corpus != corpus],
            [clip for clip in spoken if clip.corpus == corpus and _is(clip, "whole")],
        )
        for corpus in names
        if len(names) > 1
    ]


def speakers_left_out(spoken: Sequence[Spoken], recipe: Recipe, groups: int = GROUPS) -> list[Fold]:
    """(All clips of the other people, these people's clips as recorded), for each group of people.

    Of a corpus that is trained on in every room only the openings: some of EmoDB's emotions exist only so.
    """
    people = sorted({clip.person for clip in spoken})
    group = {name: number % groups for number, name in enumerate(people)}
    return [
        (
            [clip for clip in spoken if group[clip.person] != number],
            [clip for clip in spoken if group[clip.person] == number and _as_recorded(clip, recipe)],
        )
        for number in range(min(groups, len(people)))
    ]


def _as_recorded(clip: Spoken, recipe: Recipe) -> bool:
    return _is(clip, "opening" if clip.corpus in recipe.in_every_room else "whole")


def _is(clip: Spoken, excerpt: Excerpt) -> bool:
    """Of that length, and in no other room than its own."""
    return clip.excerpt == excerpt and clip.condition == "clean"


def _corpora(recipe: Recipe, tested: Tested, calibration: Calibration) -> dict[str, dict[str, Measured]]:
    four = all(
        set(FOUR) <= set(head.affects) and len({recipe.affects[clip.emotion] for clip in test} & set(FOUR)) > 1
        for head, test in tested
    )
    kept = ("four", "all") if four else ("all",)
    measured = {
        test[0].corpus: four_and_all(calibrated(head, calibration, {}), test, recipe.affects) for head, test in tested
    }
    return {
        corpus: {view: found for view, found in of_it.items() if view.partition(",")[0] in kept}
        for corpus, of_it in measured.items()
    }


def _speakers(recipe: Recipe, tested: Tested, calibration: Calibration) -> dict[str, dict[str, Measured]]:
    known = set(recipe.affects.values())
    views = {"four": FOUR, "six": SIX, "all": tuple(sorted(known))}
    measured = {
        name: {
            corpus: together(
                [
                    measure(
                        calibrated(head, calibration, {}),
                        [clip for clip in test if clip.corpus == corpus],
                        recipe.affects,
                        affects,
                    )
                    for head, test in tested
                ]
            )
            for corpus in recipe.corpora
        }
        for name, affects in views.items()
        if set(affects) <= known
    }
    # A corpus may have none of the four, or of the six.
    for rows in measured.values():
        for corpus in [corpus for corpus, of_it in rows.items() if not len(of_it.answers.truth)]:
            del rows[corpus]
    return {name: rows for name, rows in measured.items() if rows}
