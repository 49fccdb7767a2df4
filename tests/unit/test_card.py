"""The model card: what GET /model serves is JSON, what people read says the same, and no figure is made up."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifier_worker.speech.baseline import Everybody
from classifier_worker.speech.embedding import FEATURES
from classifier_worker.speech.tone_head import ToneHead
from tests.unit.measured import measured, views
from training.card import LIMITS, card, write_card
from training.recipe import own

RECIPE = own("at-home", "private", {"home": {"neutral": 20, "sadness": 20, "anger": 20}})
HEAD = ToneHead(
    ("neutral", "sad", "frustrated"),
    np.zeros((3, 2)),
    np.zeros(3),
    0.9,
    0.45,
    Everybody(np.zeros(2, np.float32), np.ones(2, np.float32)),
    9.5,
)
GIVEN = measured(["neutral", "sad", "sad", "frustrated"], ["neutral", "sad", "neutral", "sad"], [0.9, 0.8, 0.7, 0.4])
SILENT = measured(["neutral", "sad"], ["neutral", "neutral"], [0.5, 0.4])


def written(folder: Path, content: dict[str, Any], *views: Any) -> tuple[dict[str, Any], str]:
    """What stands in at-home.json and at-home.md."""
    write_card(folder, content, *views)
    served = json.loads((folder / "at-home.json").read_text(), parse_constant=pytest.fail)
    return served, (folder / "at-home.md").read_text()


@pytest.fixture(scope="module")
def one_corpus(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str]:
    speakers = {"all": {"home": GIVEN}}
    return written(tmp_path_factory.mktemp("models"), card(RECIPE, HEAD, "abc123", speakers, {}), {}, speakers)


def test_it_says_what_the_model_is_and_is_made_from(one_corpus: tuple[dict[str, Any], str]) -> None:
    served, text = one_corpus
    assert served["name"] == "at-home"
    assert served["affects"] == ["neutral", "sad", "frustrated"]
    for said in ("private", "abc123", RECIPE.data, FEATURES, "neutral, sad, frustrated", RECIPE.trust):
        assert said in text
    assert (
        "Temperature 0.9, for a stranger 0.45 more; a baseline is believed by half where tones lie 9.5 apart."
        in served["calibration"]
    )
    assert served["limits"] == [*LIMITS, *RECIPE.limits]
    assert all(f"- {limit}" in text for limit in served["limits"])


def test_of_one_corpus_there_are_figures_of_speakers_left_out_alone(one_corpus: tuple[dict[str, Any], str]) -> None:
    served, text = one_corpus
    assert set(served["figures"]) == {"floor", "speakers_left_out_mean_uar", "speakers_left_out"}
    assert served["figures"]["speakers_left_out_mean_uar"] == {"all": 0.5}
    assert served["figures"]["speakers_left_out"]["all"]["home"]["recall"] == {
        "frustrated": 0.0,
        "neutral": 1.0,
        "sad": 0.5,
    }
    assert "never trained on" not in text
    assert "Choosing among neutral, warm, sad and frustrated" not in text
    assert "all affects 50.0 %" in text
    lines = text.splitlines()
    assert "| home, speakers left out | 50.0 % | 75.0 % | 66.7 % | 35.0 % | 33.3 % |" in lines
    assert "| home, speakers left out | 100 % | 50 % | 0 % |" in lines


def test_every_table_has_as_many_cells_in_each_row(one_corpus: tuple[dict[str, Any], str]) -> None:
    tables = [part.splitlines() for part in one_corpus[1].split("\n\n") if part.startswith("|")]
    assert len(tables) == 2
    for lines in tables:
        assert len({line.count("|") for line in lines}) == 1


def test_its_pictures_are_named_after_it(one_corpus: tuple[dict[str, Any], str]) -> None:
    for what in ("confusion", "reliability"):
        assert f"(at-home-{what}.png)" in one_corpus[1]


def test_corpora_left_out_come_with_their_means(tmp_path: Path) -> None:
    recipe = own("at-home", "private", {name: {"neutral": 20, "sadness": 20} for name in ("home", "hall")})
    speakers = {"all": {"home": GIVEN, "hall": GIVEN}}
    corpora = {"home": views(GIVEN, SILENT, SILENT), "hall": views(SILENT, GIVEN, SILENT)}
    served, text = written(tmp_path, card(recipe, HEAD, "abc123", speakers, corpora), corpora, speakers)
    figures = served["figures"]
    assert figures["unseen_mean_uar_four_affects"] == 0.5
    assert figures["unseen_four_affects_means"] == {
        "coverage_at_floor": pytest.approx(0.375),
        "calibration_error_over_floor": pytest.approx(1 / 3, abs=1e-3),
    }
    assert figures["unseen_all_affects_together"]["coverage_at_floor"] == 0.5
    assert figures["unseen_sessions"]["four"]["mixed"]["uar"] == 0.5
    assert figures["unseen_sessions"]["all"]["one"] == {
        "uar": 0.5,
        "coverage_at_floor": 0.0,
        "accuracy_over_floor": None,
        "calibration_error_over_floor": None,
    }
    assert "| one, all | 50.0 % | 0.0 % | – | – |" in text.splitlines()
    assert "**50.0 %** (home 50.0 %, hall 50.0 %; chance is 25 %)" in text
    assert "| home, never trained on | 50.0 % | 0.0 % | – | 45.0 % | – |" in text.splitlines()
    assert "| home, never trained on | 50 % | 0 % | – |" not in text, "recall of what nobody meant is no figure"
    assert "| home, never trained on | 100 % | 0 % | – |" in text.splitlines()
    assert any(line.startswith("| all corpora never trained on | 44.4 % | 50.0 %") for line in text.splitlines())


def test_a_card_that_no_worker_could_read_is_not_written(tmp_path: Path) -> None:
    content = {**card(RECIPE, HEAD, "abc123", {"all": {"home": GIVEN}}, {}), "figures": {"floor": float("nan")}}
    with pytest.raises(ValueError, match="JSON"):
        write_card(tmp_path, content, {}, {"all": {"home": GIVEN}})
    assert not list(tmp_path.iterdir())


def test_without_the_four_affects_the_headline_is_of_all(tmp_path: Path) -> None:
    recipe = own("at-home", "private", {name: {"neutral": 20, "sadness": 20} for name in ("home", "hall")})
    corpora = {"home": {"all": GIVEN}, "hall": {"all": SILENT}}
    served, text = written(
        tmp_path, card(recipe, HEAD, "abc123", {"all": {"home": GIVEN}}, corpora), corpora, {"all": {"home": GIVEN}}
    )
    assert "unseen_mean_uar_four_affects" not in served["figures"]
    assert "**50.0 %** (home 50.0 %, hall 50.0 %)" in text
    assert "chance is 25 %" not in text


def test_a_model_that_is_never_sure_has_a_card_that_can_be_read() -> None:
    """Nothing said of any corpus left out: the worker reads the card when it starts."""
    corpora = {name: views(SILENT, SILENT, SILENT) for name in ("home", "hall")}
    json.dumps(card(RECIPE, HEAD, "abc123", {"all": {"home": GIVEN}}, corpora), allow_nan=False)
