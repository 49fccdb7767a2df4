"""Figures that are compared and printed: what they are of, and nothing where there was nothing."""

import json

import pytest
from rich.console import Console

from tests.unit.measured import measured, views
from training.answering import Measured
from training.figures import FLOOR, LONG, figures, mean_figure, mean_uar, report, table, view

NOTHING = measured([], [], [])
HALF = measured(["sad", "sad", "warm", "warm"], ["sad", "warm", "warm", "sad"], [0.9, 0.7, 0.5, 0.4])


def test_figures_are_shares() -> None:
    assert figures(HALF) == {
        "uar": 0.5,
        "recall": {"sad": 0.5, "warm": 0.5},
        "calibration_error": pytest.approx((0.1 + 0.7 + 0.5 + 0.4) / 4),
        "calibration_error_over_floor": pytest.approx((0.1 + 0.7) / 2),
        "coverage_at_floor": 0.5,
        "accuracy_over_floor": 0.5,
    }


@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:invalid value encountered")
def test_where_there_was_nothing_there_is_no_figure() -> None:
    empty = figures(NOTHING)
    assert empty.pop("recall") == {}
    assert set(empty.values()) == {None}
    json.dumps(empty, allow_nan=False)


def test_where_nothing_is_said_there_is_no_figure_of_what_is_said() -> None:
    silent = figures(measured(["sad", "warm"], ["sad", "sad"], [0.5, 0.3]))
    assert silent["coverage_at_floor"] == 0.0
    assert silent["accuracy_over_floor"] is None
    assert silent["calibration_error_over_floor"] is None
    assert silent["uar"] == 0.5


def test_short_clips_count_for_everything_but_coverage() -> None:
    short = figures(measured(["sad", "warm"], ["sad", "warm"], [0.9, 0.9], seconds=LONG - 0.1))
    assert short["coverage_at_floor"] is None
    assert short["uar"] == short["accuracy_over_floor"] == 1.0
    assert figures(measured(["sad"], ["sad"], [FLOOR], seconds=LONG))["coverage_at_floor"] == 1.0


def test_means_are_over_the_corpora_that_have_the_figure() -> None:
    silent, right = measured(["sad"], ["warm"], [0.2]), measured(["sad"], ["sad"], [0.9])
    assert mean_figure({"a": silent, "b": right}, "accuracy_over_floor") == 1.0
    assert mean_figure({"a": HALF, "b": right}, "coverage_at_floor") == 0.75
    assert mean_figure({"a": silent}, "accuracy_over_floor") is None
    assert mean_uar({"a": HALF, "b": right}) == 0.75


def test_a_view_is_of_every_corpus() -> None:
    corpora = {"a": views(HALF, NOTHING, NOTHING), "b": views(NOTHING, HALF, NOTHING)}
    assert view(corpora, "four") == {"a": HALF, "b": NOTHING}


def rows(corpora: dict[str, Measured]) -> dict[str, list[str]]:
    """The first cell of a table's line → its other cells."""
    console = Console(width=250)
    with console.capture() as capture:
        console.print(table("Title", corpora))
    lines = [[cell.strip() for cell in line.split("│")[1:-1]] for line in capture.get().splitlines()]
    return {cells[0]: cells[1:] for cells in lines if cells}


def test_a_table_has_a_line_a_corpus_and_one_for_all() -> None:
    silent = measured(["sad", "warm"], ["sad", "sad"], [0.5, 0.3])
    text = rows({"a": HALF, "b": silent})
    assert text["a"][:5] == ["50.0", "50.0", "50.0", "42.5", "40.0"]
    assert text["b"][:5] == ["50.0", "0.0", "–", "40.0", "–"]
    assert text["mean"][:5] == ["50.0", "25.0", "50.0", "41.2", "40.0"]
    assert text["together"][1] == "33.3"
    alone = rows({"a": HALF})
    assert "together" not in alone
    assert "mean" not in alone


def reported(corpora: dict[str, dict[str, Measured]], speakers: dict[str, dict[str, Measured]]) -> str:
    console = Console(width=250)
    with console.capture() as capture:
        report(corpora, speakers, console)
    return capture.get()


def test_a_report_on_one_corpus_speaks_of_speakers_alone() -> None:
    text = reported({}, {"all": {"own": HALF}})
    assert "Speakers never trained on: all affects" in text
    assert "Corpora never trained on" not in text


def test_a_report_names_the_corpora_and_their_mean() -> None:
    right = measured(["sad"], ["sad"], [0.9])
    text = reported({"a": views(HALF, HALF, HALF), "b": views(right, right, right)}, {})
    assert "Mean UAR over a + b, four affects: 75.0 %" in text
    assert "any affect of the model" in text
