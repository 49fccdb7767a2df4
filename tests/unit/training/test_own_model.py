"""From your own labels to a model and a card that the worker starts with; the encoders are replaced."""

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from classifier_worker.speech.models.model_files import MODELS, model_card
from classifier_worker.speech.tone.tone_head import ToneHead
from tests.unit.clips import clip
from training import train
from training.data.clips import Excerpt
from training.data.corpus import Clip
from training.features.extract import Spoken

RECIPE_WORDS = "the mixture and the floors are those of the model open"


class Ears:
    """Features that tell emotions apart perfectly, instead of those of sounds."""

    voiceprints = None

    def __init__(self, threads: int) -> None:
        pass

    def features(self, corpus: Sequence[Clip], excerpt: Excerpt, condition: str, *, exact_air: bool) -> list[Spoken]:
        return [
            clip(
                each.speaker,
                each.emotion,
                4.0 if each.emotion == "anger" else -4.0,
                number,
                heard=f"{excerpt} {condition}",
                corpus=each.corpus,
            )
            for number, each in enumerate(corpus)
        ]


@pytest.mark.parametrize("corpora", [("My home",), ("my/home", "hall")])
def test_few_people_make_a_model_that_loads_and_says_where_its_numbers_come_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], corpora: tuple[str, ...]
) -> None:
    rows = [
        f"a.wav,{speaker},{emotion},{corpus}"
        for corpus in corpora
        for speaker in ("team/anna", "Bob B.", "cy")
        for emotion in ("anger", "sadness")
        for _ in range(3)
    ]
    (tmp_path / "labels.csv").write_text("\n".join(["file,speaker,emotion,corpus", *rows]))
    (tmp_path / "a.wav").touch()
    monkeypatch.setattr(train, "DATA", tmp_path / "data")
    monkeypatch.setattr(train, "Extractor", Ears)
    monkeypatch.setattr(
        sys, "argv", ["train", "--own", str(tmp_path), "--name", "mine", "--speech", str(tmp_path / "none")]
    )
    train.main()
    path = tmp_path / "data" / "models" / "mine.npz"
    card, head, printed = model_card(str(path)), ToneHead.load(path), " ".join(capsys.readouterr().out.split())
    model = ToneHead.load(MODELS / "open.npz")
    assert head.affects == ("sad", "frustrated")
    assert head.mixture == model.mixture, "its numbers are those of open"
    assert card["affects"] == ["sad", "frustrated"]
    assert RECIPE_WORDS in card["calibration"]
    left_out = card["figures"]["speakers_left_out"]
    assert left_out["clips"] == len(rows)
    assert "Speakers left out" in printed
    assert "Not measured on ordinary talk." in path.with_suffix(".md").read_text()
