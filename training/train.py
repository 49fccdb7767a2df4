"""Make a model file and its card from labelled speech: `./manage.sh python -m training.train --model open`.

`./manage.sh python -m training.train --own FOLDER` uses your own labelled speech: training/README.md.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from rich.console import Console

from classifier_worker.speech.models.model_files import MODELS
from classifier_worker.speech.tone.tone_head import ToneHead
from training.data.corpus import SPEECH, fingerprint, own_corpora, read_clips
from training.data.recipe import EVERYDAY, OPEN, RECIPES, Recipe, own
from training.features import everyday
from training.features.extract import DATA, Extractor, Spoken
from training.features.replay import replay
from training.features.rooms import heard
from training.figures.card import card, write_card
from training.figures.screen import screen
from training.fit.leave_out import (
    LEFT_OUT,
    Material,
    calibrated_as,
    clips_of,
    fitted_on,
    hears,
    in_every_kind,
    kept,
    material,
    ordinary_speech,
    speakers_left_out,
    without,
)
from training.fit.mixture_fit import fitted
from training.fit.mixture_search import Decided, searched
from training.report import measured, tables

DECIDED_ON: Final = ("emodb", "ravdess", "nemo")
"""Acted corpora for choosing mixtures. emotiontts stays unseen until everything is chosen."""


def train(recipe: Recipe, speech: Path, folder: Path, threads: int, console: Console) -> Path:
    """Write one of RECIPES and its card into `folder`. Returns the path of the model."""
    extractor = Extractor(threads)
    ordinary = ordinary_speech(speech, extractor)
    acted = {corpus: heard(extractor, read_clips(speech, corpus)) for corpus in _needed(recipe)}
    rows = material(acted, ordinary, recipe)
    likeliest = fitted([hears(head, _as_recorded(acted[test]), recipe, speech) for head, test in _pairs(recipe, rows)])
    head = fitted_on(rows, recipe.acted, recipe)
    left_out = () if recipe.unseen else recipe.acted
    lacking = {corpus: without(recipe, rows, corpus) for corpus in left_out}
    head = searched(head, likeliest, _decided_on(head, lacking, acted, recipe, speech))
    console.print(f"Mixture: {head.mixture}; floors: {head.floors}")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{recipe.name}.npz"
    head.save(path)
    for corpus, lacks in lacking.items():
        LEFT_OUT.mkdir(parents=True, exist_ok=True)
        calibrated_as(head, lacks).save(kept(LEFT_OUT, path, corpus))
    trained_on = [clip for corpus in (*recipe.acted, *EVERYDAY) for clip in clips_of(speech, corpus, extractor)]
    figures = measured(recipe, path, speech, extractor)
    write_card(folder, card(recipe, ToneHead.load(path), fingerprint(trained_on), figures.figures), figures)
    tables(figures.figures, console, research=not recipe.unseen)
    console.print(f"Wrote {path} ({path.stat().st_size / 1000:.0f} kB) and its card.")
    return path


def train_own(recipe: Recipe, speech: Path, folder: Path, threads: int, console: Console) -> Path:
    """Write a model of your own speech, with the mixture and the floors of `open`."""
    extractor = Extractor(threads)
    clips = {corpus: read_clips(folder, corpus) for corpus in recipe.acted}
    acted = {corpus: heard(extractor, of_corpus) for corpus, of_corpus in clips.items()}
    rows = material(acted, ordinary_speech(speech, extractor), recipe)
    head = calibrated_as(ToneHead.load(MODELS / f"{OPEN.name}.npz"), fitted_on(rows, recipe.acted, recipe))
    path = DATA / "models" / f"{recipe.name}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    head.save(path)
    everything = [clip for of_corpus in clips.values() for clip in of_corpus]
    acted_by_strangers = speakers_left_out(acted, rows, head, recipe)
    write_card(
        path.parent, card(recipe, head, fingerprint(everything), {"speakers_left_out": acted_by_strangers}), None
    )
    console.print(f"Speakers left out: {acted_by_strangers}")
    console.print(f"Wrote {path} ({path.stat().st_size / 1000:.0f} kB) and its card.")
    return path


def _needed(recipe: Recipe) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*recipe.acted, *DECIDED_ON)))


def _pairs(recipe: Recipe, rows: Material) -> list[tuple[ToneHead, str]]:
    """Return heads, each with an acted corpus that it was not trained on.

    A recipe of one corpus has nothing to leave out, so models of one other corpus each take its place.
    """
    if recipe.unseen:
        others = [corpus for corpus in DECIDED_ON if corpus not in recipe.acted]
        return [(fitted_on(rows, [one], recipe), test) for one in others for test in DECIDED_ON if test != one]
    return [
        (fitted_on(rows, [other for other in DECIDED_ON if other != corpus], recipe), corpus) for corpus in DECIDED_ON
    ]


def _as_recorded(spoken: Sequence[Spoken]) -> list[Spoken]:
    return [clip for clip in spoken if clip.excerpt == "whole" and clip.condition == "clean"]


def _decided_on(
    head: ToneHead,
    lacking: Mapping[str, ToneHead],
    acted: Mapping[str, Sequence[Spoken]],
    recipe: Recipe,
    speech: Path,
) -> Decided:
    """Replay the tuning corpora: with the finished model if it was not trained on them, otherwise with heads that each
    leave one corpus out.
    """
    heads = {corpus: lacking.get(corpus, head) for corpus in DECIDED_ON if corpus not in recipe.acted or lacking}
    return Decided(
        {corpus: (its, in_every_kind(its, _as_recorded(acted[corpus]), recipe)) for corpus, its in heads.items()},
        {name: replay(head, everyday.sessions(speech, name)) for name in everyday.DECIDED_ON},
        research=not recipe.unseen,
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="./manage.sh python -m training.train", description=__doc__)
    parser.add_argument("--model", choices=sorted(RECIPES), default="open")
    parser.add_argument("--speech", type=Path, default=SPEECH, help="folder with labels.csv (default: %(default)s)")
    parser.add_argument("--own", type=Path, metavar="FOLDER", help="your own labelled speech, instead of --model")
    parser.add_argument("--name", default="own", help="of your own model (default: %(default)s)")
    parser.add_argument("--licence", default="private", help="of your own model (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of the encoder (default: %(default)s)")
    options = parser.parse_args()
    console = screen()
    if options.own is None:
        train(RECIPES[options.model], options.speech, MODELS, options.threads, console)
        return
    try:
        recipe = own(options.name, options.licence, own_corpora(options.own))
        path = train_own(recipe, options.speech, options.own, options.threads, console)
    except (FileNotFoundError, ValueError) as error:
        raise SystemExit(str(error)) from error
    console.print(f"To use it, start with LINNET_TONE_MODEL={path}")


if __name__ == "__main__":
    main()
