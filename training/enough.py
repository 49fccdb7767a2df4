"""Whether labels suffice to leave people out, train on the others and measure: asked before anything is computed."""

from collections.abc import Iterable, Sequence

import numpy as np

from shared.tone_event import Affect
from training.corpus import Clip
from training.features import Spoken
from training.leave_out import Fold, corpora_left_out, speakers_left_out
from training.recipe import Recipe

_SILENCE = np.zeros((0, 0), np.float32)


def check(recipe: Recipe, clips: Sequence[Clip]) -> None:
    """Raises ValueError, in words, when a model of the clips could not be fitted or not be measured: what to add."""
    labels = [
        Spoken(clip.corpus, clip.speaker, excerpt, "clean", clip.emotion, _SILENCE, ())
        for clip in clips
        if clip.emotion in recipe.affects
        for excerpt in ("whole", "opening")
    ]
    corpora, speakers = corpora_left_out(labels), speakers_left_out(labels, recipe)
    for train, test in corpora:
        _check_corpus(recipe, train, test)
    for train, test in speakers:
        if len(_affects(recipe, train)) < 2:
            who = ", ".join(sorted({clip.person for clip in test}))
            raise ValueError(
                f"Without {who} only {_emotions(train)} is left to train on, but speakers are left out in turn to "
                "measure the model. Add clips of other emotions by other speakers."
            )
    _check_measured(recipe, speakers)


def _check_corpus(recipe: Recipe, train: Sequence[Spoken], test: Sequence[Spoken]) -> None:
    corpus = test[0].corpus
    instead = "or leave the column corpus empty: then all is one corpus, and speakers are left out instead."
    known = _affects(recipe, train)
    if len(known) < 2:
        raise ValueError(
            f"Without the corpus {corpus!r} only {_emotions(train)} is left to train on, but each corpus is left out "
            f"in turn to measure the model. Add other emotions to the other corpora, {instead}"
        )
    if not known & _affects(recipe, test):
        raise ValueError(
            f"The corpus {corpus!r} has {_emotions(test)}, the others {_emotions(train)}: nothing in common, so that "
            f"neither tells how good a model of the other is. Add emotions to one that the other has, {instead}"
        )


def _check_measured(recipe: Recipe, speakers: Sequence[Fold]) -> None:
    """Of speakers left out only emotions can be measured that somebody else speaks too."""
    measured = [
        clip for train, test in speakers for clip in test if recipe.affects[clip.emotion] in _affects(recipe, train)
    ]
    if len(_affects(recipe, measured)) < 2:
        raise ValueError(
            "At least two emotions are needed that are each spoken by several speakers, since a model is measured on "
            "people whom it was not trained on. Add clips of the same emotions by other speakers."
        )
    unmeasured = sorted(set(recipe.corpora) - {clip.corpus for clip in measured})
    if unmeasured:
        raise ValueError(
            f"No emotion of the corpus {unmeasured[0]!r} is spoken by anybody else, so that nothing can be measured on "
            "its speakers. Add clips of the same emotions by other speakers."
        )


def _affects(recipe: Recipe, clips: Iterable[Spoken]) -> set[Affect]:
    return {recipe.affects[clip.emotion] for clip in clips}


def _emotions(clips: Iterable[Spoken]) -> str:
    return ", ".join(repr(emotion) for emotion in sorted({clip.emotion for clip in clips}))
