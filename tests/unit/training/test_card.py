"""The model card: what GET /model serves is JSON, what people read says the same, and no figure is made up."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifier_worker.speech.models.embedding import FEATURES
from classifier_worker.speech.tone.baseline import Everybody
from classifier_worker.speech.tone.tone_head import LinearReader, ToneHead
from training.data.recipe import OPEN, own
from training.figures.bars import bar_values
from training.figures.card import LIMITS, card, write_card
from training.fit.mixture_fit import START
from training.report import Measured, bars_table

RECIPE = own("at-home", "private", {"home": {"neutral": 20, "sadness": 20, "anger": 20}})
READER = LinearReader(np.zeros((3, 2)), np.zeros(3))
EVERYBODY = Everybody(np.zeros(2, np.float32), np.ones(2, np.float32))
HEAD = ToneHead(("neutral", "sad", "frustrated"), READER, READER, START, (0.9, 0.0, 0.7), EVERYBODY)


def everyday(claims: float, even: float) -> dict[str, Any]:
    return {
        "minutes": 14.4,
        "claims_per_minute": claims,
        "sure_claims_per_minute": 0.0,
        "even_share": even,
        "claimed": {"sad": 1},
    }


def acted(right: float) -> dict[str, Any]:
    shares = dict.fromkeys(("said", "marked_recognised", "marked_called_even", "forced_uar", "calibration_error"), 0.25)
    return {"clips": 40, "right": right, "even_recognised": 0.5, **shares, "recognised": {"sad": 0.5}}


FIGURES: dict[str, Any] = {
    "floor": 0.6,
    "everyday": {"read": everyday(0.25, 0.6), "calls": everyday(0.75, 0.4)},
    "stream": {"right": 0.95, "claims_right": 0.8, "calibration_error": 0.02, "claims_calibration_error": 0.05},
    "acted": {kind: {"ravdess": acted(0.75), "nemo": acted(float("nan"))} for kind in ("mixed", "one", "mostly even")},
    "affects": {"sad": {"said": 12, "right": 0.75, "right_of_every_emotion": 0.5}},
    "change": {"agrees": 0.9, "told": 10, "actors_changes": 40, "ordinary_per_minute": {"read": 0.1, "calls": 0.3}},
    "blind": ["emotiontts", "devices"],
}


def measured() -> Measured:
    affect = np.array(["neutral", "sad"] * 20)
    return Measured(FIGURES, affect, np.linspace(0.6, 1.0, 40), affect == "neutral")


def written(folder: Path, content: dict[str, Any], of: Measured | None) -> tuple[dict[str, Any], str]:
    """What stands in the .json and the .md."""
    write_card(folder, content, of)
    served = json.loads((folder / f"{content['name']}.json").read_text(), parse_constant=pytest.fail)
    return served, (folder / f"{content['name']}.md").read_text()


@pytest.fixture(scope="module")
def of_open(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str, Path]:
    folder = tmp_path_factory.mktemp("models")
    head = replace(HEAD, affects=("neutral", "sad", "frustrated"))
    return *written(folder, card(OPEN, head, "abc123", FIGURES), measured()), folder


def test_it_says_what_the_model_is_and_is_made_from(of_open: tuple[dict[str, Any], str, Path]) -> None:
    served, text, _ = of_open
    assert served["name"] == "open"
    assert served["affects"] == ["neutral", "sad", "frustrated"]
    assert served["never_said"] == ["anxious", "dismissive", "warm"]
    assert served["floors"] == {"neutral": 0.9, "sad": 0.6, "frustrated": 0.7}
    for said in (OPEN.licence, "abc123", OPEN.data, FEATURES, "neutral, sad, frustrated", OPEN.trust):
        assert said in text
    assert served["limits"] == [*LIMITS, *OPEN.limits]
    assert all(f"- {limit}" in text for limit in served["limits"])


def test_its_first_table_is_of_ordinary_talk(of_open: tuple[dict[str, Any], str, Path]) -> None:
    _, text, _ = of_open
    first = next(part for part in text.split("\n\n") if part.startswith("|"))
    assert "| read | 14.4 | 0.25 | 0 | 60.0 % |" in first.splitlines()
    assert text.index("## In ordinary talk") < text.index("**Data.**")
    assert "95.0 % of what is said is right and 80.0 % of the claims" in text


def test_a_figure_that_nothing_tells_is_a_dash_and_no_number(of_open: tuple[dict[str, Any], str, Path]) -> None:
    served, text, _ = of_open
    assert served["figures"]["acted"]["one"]["nemo"]["right"] is None
    assert "| nemo | 25.0 % | – | 25.0 % | 25.0 % | 25.0 % | 25.0 % |" in text.splitlines()
    assert "| mean | 25.0 % | 75.0 % |" in text, "the mean of those that tell it"


def test_every_table_has_as_many_cells_in_each_row(of_open: tuple[dict[str, Any], str, Path]) -> None:
    tables = [part.splitlines() for part in of_open[1].split("\n\n") if part.startswith("|")]
    assert len(tables) == 5
    for lines in tables:
        assert len({line.count("|") for line in lines}) == 1


def test_its_pictures_are_there(of_open: tuple[dict[str, Any], str, Path]) -> None:
    _, text, folder = of_open
    for affect in ("sad",):
        assert f"(reliability/open-{affect}.png)" in text
        assert (folder / "reliability" / f"open-{affect}.png").stat().st_size > 1_000


def test_a_model_of_ones_own_has_figures_of_speakers_left_out_alone(tmp_path: Path) -> None:
    content = card(RECIPE, HEAD, "abc123", {"speakers_left_out": acted(0.75)})
    served, text = written(tmp_path, content, None)
    assert set(served["figures"]) == {"speakers_left_out"}
    assert "| speakers left out | 25.0 % | 75.0 % | 25.0 % | 25.0 % | 25.0 % | 25.0 % |" in text.splitlines()
    assert "Not measured on ordinary talk." in text
    assert not list(tmp_path.glob("*.png"))


def test_bars_are_held_against_the_worst_set_and_the_means() -> None:
    values = bar_values(FIGURES)
    assert values["everyday"] == [0.75, 0.0, 0.5, 0.4]
    assert values["mixed"] == [0.25, 0.75, 0.25, 0.25, 0.25]
    assert values["change"] == [0.9, 0.3]
    table = bars_table(FIGURES, research=False)
    met = dict(zip(table.columns[1].cells, table.columns[4].cells, strict=False))
    assert "missed" in str(met["claims a minute, worst set"])
    assert met["windows called even, mean"] == "met"
