"""Report every figure of a model, and the bars it must reach: `./manage.sh python -m training.report --model open`.

Figures are for people, corpora and rooms that the model was never trained on; a model of every acted corpus is measured
on each with a head trained without it. Features are cached, so that changes to everything else are quick to measure.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from classifier_worker.speech.models.model_files import MODELS
from classifier_worker.speech.tone.tone_head import ToneHead
from training.data.corpus import SPEECH, read_clips
from training.data.recipe import RECIPES, Recipe
from training.features import everyday
from training.features.extract import Extractor, Spoken
from training.features.replay import replay
from training.features.session_mixtures import KINDS, Kind, sessions
from training.figures import change
from training.figures.bars import BARS, bar_values, figures_of
from training.figures.card import card, write_card
from training.figures.outcome import Clips, Said, affect_figures, clips, said
from training.figures.screen import screen
from training.fit.leave_out import heads_of, said_of

Floats = NDArray[np.float64]

BLIND: Final = ("emotiontts", "devices")
"""The acted corpus and the everyday set that no decision was based on."""


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """The figures, and the data of the reliability diagrams: one entry per event of the stream."""

    figures: dict[str, Any]
    affect: NDArray[np.str_]
    confidence: Floats
    right: NDArray[np.bool_]


def measured(recipe: Recipe, model: Path, speech: Path, extractor: Extractor) -> Measured:
    """Measure the model. Raises FileNotFoundError if a head trained without one of the recipe's corpora is missing."""
    head = ToneHead.load(model)
    heads = heads_of(recipe, model)
    ordinary = {name: replay(head, everyday.sessions(speech, name)) for name in track(everyday.SETS, "everyday sets")}
    of_sets = {name: said(head, replayed) for name, replayed in ordinary.items()}
    spoken = {corpus: _recorded(extractor, speech, corpus) for corpus in heads}
    four = said_of(recipe)
    acted: dict[Kind, dict[str, Clips]] = {
        kind: {
            corpus: clips(its, replay(its, sessions(kind, spoken[corpus], four)))
            for corpus, its in track(heads.items(), f"acted, {kind}")
        }
        for kind in KINDS
    }
    every = [
        clips(its, replay(its, sessions("mixed", spoken[corpus], recipe.affects))) for corpus, its in heads.items()
    ]
    figures = {
        "floor": 0.6,
        **figures_of(of_sets, {name: replayed.minutes for name, replayed in ordinary.items()}, acted),
        "affects": _of_affects(list(acted["mixed"].values()), every),
        "change": change.figures(heads, head, ordinary, spoken, recipe),
        "blind": list(BLIND),
    }
    return _with_events(figures, list(of_sets.values()), list(acted["mixed"].values()))


def _of_affects(four: Sequence[Clips], every: Sequence[Clips]) -> dict[str, dict[str, float]]:
    """Count, for each affect, how often it was reported and right, both when the actor meant one of the model's affects
    and when they meant any emotion of the corpora."""
    among, of_all = affect_figures(four), affect_figures(every)
    return {
        affect: {**among[affect], "right_of_every_emotion": of_all[affect]["right"]}
        for affect in among
        if affect in of_all
    }


def _with_events(figures: dict[str, Any], ordinary: Sequence[Said], marked: Sequence[Clips]) -> Measured:
    answered = [each.answer != "" for each in marked]
    return Measured(
        figures,
        np.concatenate(
            [
                *(each.affect[each.said] for each in ordinary),
                *(each.answer[told] for each, told in zip(marked, answered, strict=True)),
            ]
        ),
        np.concatenate(
            [
                *(each.confidence[each.said] for each in ordinary),
                *(each.confidence[told] for each, told in zip(marked, answered, strict=True)),
            ]
        ),
        np.concatenate(
            [
                *(each.even[each.said] for each in ordinary),
                *((each.answer == each.truth)[told] for each, told in zip(marked, answered, strict=True)),
            ]
        ),
    )


def _recorded(extractor: Extractor, speech: Path, corpus: str) -> list[Spoken]:
    return extractor.features(read_clips(speech, corpus), "whole", "clean", exact_air=True)


def tables(figures: Mapping[str, Any], console: Console, *, research: bool = False) -> None:
    """Print the bars, then every table of the card."""
    console.print(bars_table(figures, research=research))
    for title, rows in (
        ("Ordinary speech", figures["everyday"]),
        *((f"Acted, {kind}", rows) for kind, rows in figures["acted"].items()),
        ("Affects, mixed sessions", figures["affects"]),
    ):
        console.print(_table(title, rows))
    console.print("Change:", figures["change"])


def bars_table(figures: Mapping[str, Any], *, research: bool) -> Table:
    """Print one line per bar."""
    table = Table("", "what", "bar", "reached", "", title="Bars (means over corpora or sets never trained on)")
    for part, reached in bar_values(figures).items():
        for (what, sense, of_open, of_research), value in zip(BARS[part], reached, strict=True):
            bar = of_research if research else of_open
            met = value <= bar if sense == "at most" else value >= bar
            table.add_row(part, what, f"{sense} {bar:g}", f"{value:.3f}", "met" if met else "[bold]missed[/bold]")
    return table


def _table(title: str, rows: Mapping[str, Mapping[str, Any]]) -> Table:
    names = [name for name, value in next(iter(rows.values())).items() if not isinstance(value, Mapping)]
    nested = [name for name in next(iter(rows.values())) if name not in names]
    table = Table("", *(name.replace("_", " ") for name in (*names, *nested)), title=title)
    for row, values in rows.items():
        cells = [f"{values[name]:.3f}" if isinstance(values[name], float) else str(values[name]) for name in names]
        cells += [" ".join(f"{key} {value:.2g}" for key, value in values[name].items()) for name in nested]
        table.add_row(row, *cells)
    return table


def main() -> None:
    parser = argparse.ArgumentParser(prog="./manage.sh python -m training.report", description=__doc__)
    parser.add_argument("--model", choices=sorted(RECIPES), default="open")
    parser.add_argument("--speech", type=Path, default=SPEECH, help="folder with the corpora (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of the encoder (default: %(default)s)")
    parser.add_argument("--json", type=Path, help="where to write the figures, too")
    parser.add_argument("--card", action="store_true", help="write the figures into the model's card, too")
    options = parser.parse_args()
    recipe, console = RECIPES[options.model], screen()
    try:
        found = measured(recipe, MODELS / f"{recipe.name}.npz", options.speech, Extractor(options.threads))
    except FileNotFoundError as error:
        raise SystemExit(str(error)) from error
    tables(found.figures, console, research=not recipe.unseen)
    if options.card:
        path = MODELS / f"{recipe.name}.json"
        digest = json.loads(path.read_text(encoding="utf-8"))["data_sha256"]
        head = ToneHead.load(path.with_suffix(".npz"))
        write_card(MODELS, card(recipe, head, digest, found.figures), found)
    if options.json:
        options.json.write_text(json.dumps(found.figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
