"""The figures by which models are compared, and how they are printed."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from rich.console import Console
from rich.table import Table

from training.answering import Measured, together
from training.sessions import KINDS, Kind

FLOOR: Final = 0.6
"""Confidence from which something is said."""
LONG: Final = 2.0
"""Seconds of speech from which a clip counts for coverage."""

KIND_FIGURES: Final = ("uar", "coverage_at_floor", "accuracy_over_floor", "calibration_error_over_floor")
"""What is told of sessions of each kind."""

Views = Mapping[str, Mapping[str, Measured]]
"""Outer and inner key: view and corpus, or the other way round."""


def figures(measured: Measured) -> dict[str, Any]:
    """Shares 0…1, None where there was nothing to tell them by.

    UAR and recall are of clips, the others of what is said: calibration and what is right of windows, coverage of
    clips.
    """
    said, answers = measured.said, measured.answers
    return {
        "uar": _share(answers.uar()),
        "recall": {str(name): _share(answers.recall(str(name))) for name in np.unique(answers.truth)},
        "calibration_error": _share(said.calibration_error()),
        "calibration_error_over_floor": _share(said.over(FLOOR).calibration_error()),
        "coverage_at_floor": _share(said.lasting(LONG).coverage(FLOOR)),
        "accuracy_over_floor": _share(said.accuracy_over(FLOOR)),
    }


def _share(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 4)


def mean_uar(measured: Mapping[str, Measured]) -> float:
    """Unweighted average recall 0…1, mean over corpora."""
    return float(np.mean([of_corpus.answers.uar() for of_corpus in measured.values()]))


def mean_figure(measured: Mapping[str, Measured], name: str) -> float | None:
    """One of `figures`, mean over the corpora that have it; None where none has."""
    values = [value for of_corpus in measured.values() if (value := figures(of_corpus)[name]) is not None]
    return round(float(np.mean(values)), 4) if values else None


def view(corpora: Views, name: str) -> dict[str, Measured]:
    """Corpus → what came of it in that view, where there is one."""
    return {corpus: views[name] for corpus, views in corpora.items() if name in views}


def table(title: str, rows: Mapping[str, Measured]) -> Table:
    """One line a corpus, and one for all of them."""
    result = Table(title=title)
    columns = (
        "",
        "UAR %",
        f"said at floor {FLOOR}, of clips with ≥ {LONG:.0f} s of speech %",
        "right of what is said %",
        "calibration error of all windows %",
        "of what is said %",
        "recall per affect",
    )
    for column in columns:
        result.add_column(column)
    shown = {name: figures(measured) for name, measured in rows.items()}
    if len(rows) > 1:
        shown["together"] = figures(together(list(rows.values())))
    for name, row in shown.items():
        keys = ("uar", "coverage_at_floor", "accuracy_over_floor", "calibration_error", "calibration_error_over_floor")
        recalls = "\n".join(f"{affect} {share:.0%}" for affect, share in row["recall"].items())
        result.add_row(name, *("–" if row[key] is None else f"{100 * row[key]:.1f}" for key in keys), recalls)
    if len(rows) > 1:
        means = (mean_figure(rows, key) for key in keys)
        result.add_row("mean", *("–" if mean is None else f"{100 * mean:.1f}" for mean in means), "")
    return result


def by_kind(corpora: Views, among: str) -> dict[Kind, dict[str, float | None]]:
    """Kind of session → some of `figures`, means over corpora. among: "four" or "all"."""
    views = {kind: view(corpora, among if kind == "mixed" else f"{among}, {kind}") for kind in KINDS}
    return {kind: {name: mean_figure(rows, name) for name in KIND_FIGURES} for kind, rows in views.items()}


def kinds_table(corpora: Views, among: str) -> Table:
    """One line a kind of session."""
    result = Table(title=f"Sessions of every kind, {among} affects, means over corpora")
    for column in ("", "UAR %", "said of clips %", "right of what is said %", "calibration error of what is said %"):
        result.add_column(column)
    for kind, row in by_kind(corpora, among).items():
        result.add_row(kind, *("–" if row[key] is None else f"{100 * (row[key] or 0):.1f}" for key in KIND_FIGURES))
    return result


def report(corpora: Views, speakers: Views, console: Console) -> None:
    """Prints what was measured on corpora, and on speakers, never trained on."""
    four = view(corpora, "four")
    if four:
        console.print(table("Corpora never trained on: one of four affects", four))
    if corpora:
        console.print(table("Corpora never trained on: any affect of the model", view(corpora, "all")))
    for among in ("four", "all"):
        if view(corpora, among):
            console.print(kinds_table(corpora, among))
    if four:
        uar = 100 * mean_uar(four)
        console.print(f"Mean UAR over {' + '.join(corpora)}, four affects: [bold]{uar:.1f} %[/bold]")
    for name, rows in speakers.items():
        console.print(table(f"Speakers never trained on: {name} affects", rows))
