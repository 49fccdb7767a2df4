"""From somebody's own labels to a model and a card that the worker starts with; the encoders are stood in for."""

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from classifier_worker.speech.tone_head import ToneHead
from classifier_worker.tone_model import model_card
from tests.unit.clips import clip
from training import train
from training.clips import Excerpt
from training.corpus import Clip
from training.features import Spoken
from training.recipe import OPEN


class Ears:
    """Features that tell emotions apart perfectly, instead of those of sounds."""

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
def test_few_people_make_a_model_that_loads_and_says_that_it_was_held_back(
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
    monkeypatch.setattr(sys, "argv", ["train", "--own", str(tmp_path), "--name", "mine"])
    train.main()
    path = tmp_path / "data" / "models" / "mine.npz"
    card, head, printed = model_card(str(path)), ToneHead.load(path), " ".join(capsys.readouterr().out.split())
    assert OPEN.calibration is not None
    assert (head.temperature, head.caution) == (OPEN.calibration.temperature, OPEN.calibration.caution)
    held = f"they are held at {head.temperature} and {head.caution}"
    assert held in card["calibration"]
    assert held in path.with_suffix(".md").read_text()
    assert held in printed
    assert set(card["figures"]["speakers_left_out"]["all"]) == set(corpora)
    assert card["figures"]["speakers_left_out_mean_uar"]["all"] > 0.9
    assert set(card["figures"].get("unseen_all_affects", {})) == (set(corpora) if len(corpora) > 1 else set())
