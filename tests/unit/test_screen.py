"""Figures that go into a file or a pipe are not cut."""

import pytest

from tests.unit.measured import measured
from training.answering import Measured
from training.figures import report
from training.screen import WIDE, screen

RIGHT = measured(["dismissive", "apologetic"], ["dismissive", "warm"], [0.9, 0.7])


def reported(capsys: pytest.CaptureFixture[str]) -> str:
    corpora: dict[str, dict[str, Measured]] = {name: {"all": RIGHT} for name in ("emodb", "a-corpus-of-ones-own")}
    report(corpora, {}, screen())
    return capsys.readouterr().out


def test_a_pipe_gets_whole_words_and_each_figure_on_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    text = reported(capsys)
    for words in ("dismissive 100%", "a-corpus-of-ones-own", "said at floor 0.6, of clips with ≥ 2 s of speech %"):
        assert words in text
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= WIDE


def test_columns_are_obeyed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "70")
    assert max(map(len, reported(capsys).splitlines())) <= 70
