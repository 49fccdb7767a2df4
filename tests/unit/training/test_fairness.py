"""A card's section on other manners of voice and other languages, and its sources."""

from pathlib import Path

import numpy as np
import pytest

from training.data.corpus import Clip
from training.figures.card import rewrite_card
from training.studies import fairness
from training.studies.fairness import languages_table, manners_table

MANNERS = {"untouched": {"neutral": 0.7, "sad": 0.01}, "flat": {"neutral": 0.78, "sad": 0.005}}
LANGUAGES = {"de": {"minutes": 0.5, "claims_per_minute": 0.0, "even_share": 0.786}}


def test_each_manner_is_held_against_the_untouched_voice() -> None:
    table = manners_table(MANNERS)
    assert [str(column.header) for column in table.columns] == ["manner", "neutral", "sad"]
    assert [list(column.cells) for column in table.columns][1:] == [
        ["70.0 (+0.0)", "78.0 (+8.0)"],
        ["1.0 (+0.0)", "0.5 (-0.5)"],
    ]
    assert [list(column.cells) for column in languages_table(LANGUAGES).columns] == [["de"], ["0.5"], ["0"], ["0.786"]]


def test_the_card_has_both_tables(tmp_path: Path) -> None:
    content = {
        "name": "mine",
        "licence": "private",
        "encoder": "one",
        "data": "Mine.",
        "data_sha256": "abc",
        "affects": ["neutral", "sad"],
        "never_said": [],
        "calibration": "As open.",
        "limits": [],
        "figures": {
            "everyday": {"read": dict.fromkeys(("minutes", "claims_per_minute", "sure_claims_per_minute"), 0.0)},
            "stream": dict.fromkeys(("right", "claims_right", "calibration_error", "claims_calibration_error"), 0.5),
            "acted": {},
            "affects": {"sad": {"said": 1, "right": 1.0, "right_of_every_emotion": 1.0}},
            "blind": ["devices"],
            "manners": MANNERS,
            "languages": LANGUAGES,
        },
    }
    content["figures"]["everyday"]["read"]["even_share"] = 0.5  # type: ignore[index]
    rewrite_card(tmp_path, content)
    lines = (tmp_path / "mine.md").read_text(encoding="utf-8").splitlines()
    assert "| flat | 78.0 % (+8.0) | 0.5 % (-0.5) |" in lines
    assert "| de | 0.5 | 0 | 78.6 % |" in lines


def test_speakers_keep_a_dozen_neutral_clips(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    moods = ["neutral"] * 20 + ["sadness"] * 5
    clips = [Clip(tmp_path / f"{n}.wav", "own", who, mood) for who in "ab" for n, mood in enumerate(moods)]
    monkeypatch.setattr(fairness, "read_clips", lambda speech, corpus: clips)
    chosen = fairness.neutral_clips(tmp_path, "own")
    assert {clip.emotion for clip in chosen} == {"neutral"}
    assert [sum(clip.speaker == who for clip in chosen) for who in "ab"] == [fairness.CLIPS, fairness.CLIPS]


def test_a_resynthesised_clip_keeps_its_speaker_and_is_made_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = []

    def resynthesise(audio: object, manner: str, rng: np.random.Generator) -> np.ndarray:
        made.append(manner)
        return np.zeros(1_600, np.float32)

    monkeypatch.setattr(fairness, "FOLDER", tmp_path / "made")
    monkeypatch.setattr(fairness, "resynthesised", resynthesise)
    monkeypatch.setattr(Clip, "audio", lambda clip: np.zeros(1_600, np.float32))
    clips = [Clip(tmp_path / "1.wav", "own", "own/ann", "neutral")]
    first, again = fairness.in_manner(clips, "flat"), fairness.in_manner(clips, "flat")
    assert first == again
    assert first[0].path.exists()
    assert (first[0].speaker, first[0].emotion) == ("own/ann", "neutral")
    assert made == ["flat"]
