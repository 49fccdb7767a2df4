"""From a made-up GoEmotions to a text tone model, its floors and its card."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from classifier_worker.speech.words.text_tone import NEVER, OUTCOMES, PATH, POLARITIES, TextTone
from shared.contract.transcript_event import WordsTone
from training import train_text_tone
from training.data.comments import EMOTIONS, OUTCOME_OF, Comment, read_comments
from training.figures.text_card import as_spoken, figures
from training.figures.text_outcome import SUMS, probabilities
from training.fit.text_fit import calibrated, learned, with_floors
from training.studies.text_tone import may_part, said_of

SAID = {
    "gratitude": "thanks for the lovely {}",
    "anger": "damn this stupid {}",
    "neutral": "the {} is on the table",
    "surprise": "wow what a {}",
}
THINGS = ("book", "lamp", "cup", "coat", "spoon", "chair", "plate", "clock", "scarf", "map")
LABELS = ("gratitude", "anger", "neutral", "surprise", "approval")
AGAIN = 4


def lines() -> list[str]:
    made = [
        f"{text.format(thing)}\t{LABELS.index(emotion)}"
        for _ in range(AGAIN)
        for emotion, text in SAID.items()
        for thing in THINGS
    ]
    return [*made, "Thanks, [NAME], you stupid idiot\t0,1", "Nice book, thanks!\t0,4"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("goemotions")
    (folder / "labels.txt").write_text("\n".join(LABELS) + "\n")
    for split in ("train", "dev", "test"):
        (folder / f"{split}.tsv").write_text("\n".join(lines()) + "\n")
    return folder


@pytest.fixture(scope="module")
def model(folder: Path) -> TextTone:
    return train_text_tone.trained(folder)


def test_all_of_goemotions_has_a_place() -> None:
    assert len(OUTCOME_OF) == 28
    assert set(EMOTIONS) == {outcome.name for outcome in OUTCOMES}


@pytest.mark.parametrize(
    ("emotions", "polarity", "outcomes", "ambiguous"),
    [
        ({"joy"}, "positive", ["warm"], False),
        ({"joy", "neutral"}, "positive", ["warm"], False),
        ({"joy", "surprise", "approval"}, "positive", ["other positive", "warm"], False),
        ({"fear", "curiosity"}, "negative", ["anxious"], False),
        ({"joy", "fear"}, None, ["anxious", "warm"], False),
        ({"neutral"}, "neutral", ["neutral"], False),
        ({"neutral", "surprise"}, "neutral", ["neutral", "surprised"], False),
        ({"confusion"}, "neutral", ["confused"], True),
    ],
)
def test_what_labels_mean(emotions: set[str], polarity: str | None, outcomes: list[str], ambiguous: bool) -> None:
    comment = Comment("", frozenset(emotions))
    assert (comment.polarity, comment.outcomes, comment.ambiguous) == (polarity, outcomes, ambiguous)


def test_masks_are_not_read_as_words(folder: Path) -> None:
    mixed = read_comments(folder, "train")[-2]
    assert mixed == Comment("Thanks,  , you stupid idiot", frozenset({"gratitude", "anger"}))


@pytest.mark.parametrize("line", ["no label", "text\t", "text\t99", "text\tjoy"])
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "labels.txt").write_text("joy\n")
    (tmp_path / "train.tsv").write_text(f"fine\t0\n{line}\n")
    with pytest.raises(ValueError, match=r"train\.tsv, line 2: expected the comment, a tab, and the numbers"):
        read_comments(tmp_path, "train")


def test_labels_of_something_else_are_refused(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("joy\nhunger\n")
    (tmp_path / "train.tsv").write_text("")
    with pytest.raises(ValueError, match="names emotions that are not GoEmotions': hunger"):
        read_comments(tmp_path, "train")


def test_a_missing_folder_gets_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["train_text_tone", "--goemotions", str(tmp_path / "none")])
    assert train_text_tone.main() == 1
    assert "name the folder that holds GoEmotions' labels.txt" in capsys.readouterr().err


def test_it_learns_which_words_tell(model: TextTone) -> None:
    thanks, damn, table = (
        model.of(text) for text in ("Thanks for the lamp!", "Damn this stupid clock.", "The cup is on the table")
    )
    assert thanks is not None
    assert damn is not None
    assert table is not None
    assert (thanks.polarity, thanks.affect) == ("positive", "warm")
    assert (damn.polarity, damn.affect) == ("negative", "frustrated")
    assert table.polarity == "neutral"
    assert model.of("Zxqv wkfjq") is None


def test_training_again_gives_the_same_bytes(folder: Path, model: TextTone, tmp_path: Path) -> None:
    model.save(tmp_path / "first.npz")
    train_text_tone.trained(folder).save(tmp_path / "second.npz")
    assert (tmp_path / "first.npz").read_bytes() == (tmp_path / "second.npz").read_bytes()


def test_an_affect_that_was_hardly_said_is_never_given(model: TextTone) -> None:
    floors = dict(zip((outcome.name for outcome in OUTCOMES), model.floors, strict=True))
    assert floors["warm"] < 1.0
    assert floors["sad"] == NEVER
    assert floors["other positive"] == NEVER


def test_confidence_follows_how_often_it_is_right(folder: Path) -> None:
    """On comments of which a third contradict what was learned, the calibrated model is less sure."""
    train = read_comments(folder, "train")
    opposite = {"gratitude": "anger", "anger": "gratitude"}
    doubtful = [
        comment._replace(emotions=frozenset(opposite.get(each, each) for each in comment.emotions))
        if at % 3 == 0
        else comment
        for at, comment in enumerate(train)
    ]
    sure, unsure = (calibrated(learned(train), comments) for comments in (train, doubtful))
    of_thanks = [probabilities(model, train[:1]) @ SUMS for model in (sure, unsure)]
    assert of_thanks[0].max() > of_thanks[1].max()
    assert with_floors(sure, train).sure < with_floors(unsure, doubtful).sure


def test_figures_leave_out_what_is_both_and_count_the_rest(folder: Path, model: TextTone) -> None:
    measured = figures(model, read_comments(folder, "test"))
    assert measured["comments"] == AGAIN * len(SAID) * len(THINGS) + 1
    assert measured["mixed_left_out"] == 1
    assert measured["as_spoken"] == measured["as_written"]
    assert measured["as_spoken"]["macro_f1"] == 1.0
    assert measured["given"] == {"share": 1.0, "right": 1.0}


def test_spoken_text_has_no_marks() -> None:
    assert as_spoken("Well, THAT's 2 good 😀 #great!") == "well that's good great"


def test_the_command_writes_the_model_and_its_card(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "text_tone.npz"
    monkeypatch.setattr(sys, "argv", ["train_text_tone", "--goemotions", str(folder), "--out", str(out)])
    assert train_text_tone.main() == 0
    assert "Polarity, test split" in capsys.readouterr().out
    served = json.loads(out.with_suffix(".json").read_text(), parse_constant=pytest.fail)
    assert served["licence"] == "CC-BY-4.0"
    assert "GoEmotions" in served["data"]
    assert served["sure"] == TextTone.load(out).sure
    text = out.with_suffix(".md").read_text()
    for limit in served["limits"]:
        assert f"- {limit}" in text
    for part in text.split("\n\n"):
        if part.startswith("|"):
            assert len({line.count("|") for line in part.splitlines()}) == 1


def test_the_bundled_card_belongs_to_the_bundled_model() -> None:
    served = json.loads(PATH.with_suffix(".json").read_text())
    model = TextTone.load()
    assert served["sure"] == model.sure
    assert served["figures"]["as_spoken"]["macro_f1"] >= 0.66
    assert served["figures"]["as_spoken"]["calibration_error"] <= 0.05
    assert set(served["figures"]["as_spoken"]["f1"]) == set(POLARITIES)
    assert np.all(np.diff(model.keys.astype(np.int64)) > 0)


def test_only_words_that_are_surely_friendly_or_harsh_may_part_from_a_voice(model: TextTone) -> None:
    said = said_of(model, ["Thanks for the lovely lamp", "the cup is on the table", "Zxqv"], 30.0)
    assert (said.utterances, said.minutes, said.given, said.polar) == (3, 0.5, 2, 1)
    assert said.may_part <= said.sure <= said.polar
    assert may_part(WordsTone(polarity="positive", confidence=0.99, affect="warm"))
    assert not may_part(WordsTone(polarity="neutral", confidence=0.99, affect="neutral"))
    assert not may_part(None)
