"""Heads trained without one corpus, to measure on it as unseen data: cached, because fitting them is slow."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from threadpoolctl import threadpool_limits

from classifier_worker.speech.tone.mixture import Mixture
from classifier_worker.speech.tone.tone_head import ToneHead
from shared.contract.tone_event import Affect
from training.data.corpus import Clip, read_clips
from training.data.recipe import EVERYDAY, Recipe
from training.features import everyday
from training.features.extract import DATA, Extractor, Spoken
from training.features.replay import Replayed, replay
from training.features.rooms import heard
from training.features.session_mixtures import KINDS, Kind, sessions
from training.features.voices import with_voices
from training.figures.outcome import acted_figures, clips, joined
from training.fit.fit import Readers, Rows, Space, acted_rows, fit, ordinary_rows, space_of
from training.fit.mixture_fit import START, HeadScores

GROUPS: Final = 5
"""Number of groups in which speakers are left out."""

UNNAMED: Final = frozenset({"picovoice_sti"})
"""Corpora without speaker names."""


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """The data that heads are fitted to: the space, and the rows of each corpus in it."""

    space: Space
    acted: Mapping[str, Rows]
    ordinary: Sequence[Rows]


def clips_of(speech: Path, corpus: str, extractor: Extractor) -> list[Clip]:
    """Return a corpus' labelled clips, each with a voice."""
    clips = read_clips(speech, corpus)
    return with_voices(clips, extractor.voiceprints) if corpus in UNNAMED else clips


def ordinary_speech(speech: Path, extractor: Extractor) -> dict[str, list[Spoken]]:
    """Return the clips of each corpus of EVERYDAY in the form used for training. Missing corpora are left out."""
    found = {}
    for corpus in EVERYDAY:
        try:
            found[corpus] = heard(extractor, clips_of(speech, corpus, extractor))
        except FileNotFoundError:
            continue
    return found


def material(
    acted: Mapping[str, Sequence[Spoken]], ordinary: Mapping[str, Sequence[Spoken]], recipe: Recipe
) -> Material:
    """Return the rows of every corpus, in a space found on the recipe's own. Without ordinary speech, acted speech
    serves as the average over all speakers."""
    spoken = [clip for corpus in recipe.acted for clip in acted[corpus]]
    common = [clip for clips in ordinary.values() for clip in clips] or spoken
    with threadpool_limits(1):
        space = space_of(spoken, common)
        return Material(
            space,
            {corpus: acted_rows(space, clips, recipe.affects) for corpus, clips in acted.items()},
            [ordinary_rows(space, clips) for clips in ordinary.values()],
        )


def head_of(
    readers: Readers, space: Space, mixture: Mixture = START, floors: Mapping[str, float] | None = None
) -> ToneHead:
    """floors: affect → floor, 0.0 where it names none."""
    of_affects = tuple((floors or {}).get(affect, 0.0) for affect in readers.affects)
    return ToneHead(readers.affects, readers.relative, readers.absolute, mixture, of_affects, space.everybody)


def fitted_on(rows: Material, corpora: Sequence[str], recipe: Recipe) -> ToneHead:
    """Fit an uncalibrated head to these acted corpora and all ordinary speech."""
    # One BLAS thread sums in a fixed order, so that the model is reproducible.
    with threadpool_limits(1):
        acted = [rows.acted[corpus] for corpus in corpora]
        return head_of(fit(rows.space, acted, rows.ordinary, recipe.says), rows.space)


def without(recipe: Recipe, rows: Material, corpus: str) -> ToneHead:
    """Fit an uncalibrated head to the recipe's other acted corpora."""
    return fitted_on(rows, [other for other in recipe.acted if other != corpus], recipe)


def hears(head: ToneHead, spoken: Sequence[Spoken], recipe: Recipe, speech: Path) -> HeadScores:
    """Return the head's scores for an acted corpus in every kind of session, and for the ordinary tuning speech."""
    return HeadScores(
        in_every_kind(head, spoken, recipe),
        [replay(head, everyday.sessions(speech, name)) for name in everyday.DECIDED_ON],
    )


def in_every_kind(head: ToneHead, spoken: Sequence[Spoken], recipe: Recipe) -> dict[Kind, Replayed]:
    """Return the head's scores for an acted corpus in every kind of session."""
    return {kind: replay(head, sessions(kind, spoken, said_of(recipe))) for kind in KINDS}


def said_of(recipe: Recipe) -> dict[str, Affect]:
    """Map emotions to the affects that the recipe reports."""
    return {emotion: affect for emotion, affect in recipe.affects.items() if affect in recipe.says}


def kept(folder: Path, model: Path, corpus: str) -> Path:
    """Return the path of the head trained without the corpus, for exactly this model file."""
    digest = hashlib.sha256(model.read_bytes()).hexdigest()[:12]
    return folder / f"{model.stem}-{digest}-without-{corpus}.npz"


LEFT_OUT: Final = DATA / "left-out"


def heads_of(recipe: Recipe, model: Path) -> dict[str, ToneHead]:
    """Return a head for each acted corpus that was not trained on it: the model itself, or one without the corpus.

    Raises FileNotFoundError if such a head is missing for one of the recipe's corpora.
    """
    if recipe.unseen:
        return dict.fromkeys(recipe.unseen, ToneHead.load(model))
    return {corpus: _lacking(model, corpus) for corpus in recipe.acted}


def _lacking(model: Path, corpus: str) -> ToneHead:
    path = kept(LEFT_OUT, model, corpus)
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} is missing: make it with ./manage.sh python -m training.train --model {model.stem}."
        )
    return ToneHead.load(path)


def speakers_left_out(
    acted: Mapping[str, Sequence[Spoken]], rows: Material, model: ToneHead, recipe: Recipe
) -> dict[str, float | dict[str, float]]:
    """Return the figures of your own model: each fifth of the speakers is judged by a head trained without them."""
    return acted_figures(
        joined(
            [
                clips(head, replay(head, sessions("mixed", tested, recipe.affects)))
                for head, tested in heads_without_speakers(acted, rows, model, recipe)
            ]
        )
    )


def heads_without_speakers(
    acted: Mapping[str, Sequence[Spoken]], rows: Material, model: ToneHead, recipe: Recipe
) -> Iterator[tuple[ToneHead, list[Spoken]]]:
    """Yield, for each fifth of the speakers, a head trained without them, with the model's mixture and floors, and
    their clips as recorded."""
    spoken = [clip for clips in acted.values() for clip in clips]
    people = sorted({clip.person for clip in spoken})
    for group in range(min(GROUPS, len(people))):
        left = set(people[group::GROUPS])
        known = [clip for clip in spoken if clip.person not in left]
        tested = [
            clip for clip in spoken if clip.person in left and clip.excerpt == "whole" and clip.condition == "clean"
        ]
        yield calibrated_as(model, _fitted_on_people(known, rows, recipe)), tested


def _fitted_on_people(known: Sequence[Spoken], rows: Material, recipe: Recipe) -> ToneHead:
    with threadpool_limits(1):
        return head_of(
            fit(rows.space, [acted_rows(rows.space, known, recipe.affects)], rows.ordinary, recipe.says), rows.space
        )


def calibrated_as(model: ToneHead, head: ToneHead) -> ToneHead:
    """Return the head with the model's mixture and floors."""
    floors = dict(zip(model.affects, model.floors, strict=True))
    return replace(head, mixture=model.mixture, floors=tuple(floors.get(affect, 0.0) for affect in head.affects))
