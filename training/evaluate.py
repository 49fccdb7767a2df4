"""How good a model is on people it never heard: `python -m training.evaluate --model open`."""

import argparse
from pathlib import Path
from typing import Final

import numpy as np
from rich.console import Console
from rich.table import Table

from classifier_worker.speech.tone_head import ToneHead
from training.answering import unseen
from training.corpus import SPEECH
from training.features import Extractor
from training.leave_out import heard, left_out
from training.metrics import Answers, joined
from training.recipe import RECIPES

MODELS: Final = Path(__file__).resolve().parents[1] / "classifier_worker" / "models"
FLOOR: Final = 0.6
LONG: Final = 2.0
"""Seconds of speech from which a clip counts for coverage."""


def mean_uar(measured: dict[str, dict[str, Answers]]) -> float:
    """The headline: unweighted average recall 0…1 of the four shared affects, mean over unseen corpora."""
    return float(np.mean([of_corpus["four"].uar() for of_corpus in measured.values()]))


def table(title: str, rows: dict[str, Answers]) -> Table:
    """One line a set of answers."""
    result = Table(title=title)
    columns = (
        "",
        "UAR %",
        f"over {FLOOR}, of clips with ≥ {LONG:.0f} s of speech %",
        "right of those over it %",
        "calibration error %",
        "the same of those over it %",
        "recall per affect",
    )
    for column in columns:
        result.add_column(column)
    for name, given in rows.items():
        recalls = "\n".join(f"{affect} {given.recall(str(affect)):.0%}" for affect in np.unique(given.truth))
        figures = (
            given.uar(),
            given.lasting(LONG).coverage(FLOOR),
            given.accuracy_over(FLOOR),
            given.calibration_error(),
            given.over(FLOOR).calibration_error(),
        )
        result.add_row(name, *(f"{100 * figure:.1f}" for figure in figures), recalls)
    return result


def report(measured: dict[str, dict[str, Answers]], console: Console) -> None:
    """Prints what `unseen` measured."""
    four = {corpus: of_corpus["four"] for corpus, of_corpus in measured.items()}
    free = {corpus: of_corpus["all"] for corpus, of_corpus in measured.items()}
    console.print(table("Never trained on: one of four affects", four))
    console.print(table("Never trained on: any affect of the model", {**free, "together": joined(list(free.values()))}))
    console.print(f"Mean UAR over {' + '.join(measured)}, four affects: [bold]{100 * mean_uar(measured):.1f} %[/bold]")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m training.evaluate", description=__doc__)
    parser.add_argument("--model", choices=sorted(RECIPES), default="open")
    parser.add_argument("--speech", type=Path, default=SPEECH, help="folder with labels.csv (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of the encoder (default: %(default)s)")
    options = parser.parse_args()
    recipe, extractor, console = RECIPES[options.model], Extractor(options.threads), Console()
    if recipe.unseen:
        report(unseen(ToneHead.load(MODELS / f"{recipe.name}.npz"), extractor, options.speech, recipe), console)
        return
    measured = left_out(recipe, heard(recipe, extractor, options.speech))
    report(measured.corpora, console)
    for title, rows in measured.speakers.items():
        console.print(table(f"Speakers left out: {title}", rows))


if __name__ == "__main__":
    main()
