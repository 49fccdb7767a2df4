"""Which model the setting chooses; every way in which a model of one's own cannot be loaded is said in one sentence."""

from pathlib import Path

import numpy as np
import orjson
import pytest
from numpy.typing import NDArray

from classifier_worker.speech.load import LOAD_ERRORS
from classifier_worker.speech.models.model_files import main, model_card, model_path
from classifier_worker.speech.tone.baseline import Everybody
from classifier_worker.speech.tone.tone_head import LinearReader, ToneHead
from shared.settings import TONE_MODELS, Settings, SettingsError, read_settings
from training.fit.mixture_fit import START

ROOT = Path(__file__).resolve().parents[5]
WIDTH = 40


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A model and its card, as training writes them."""
    path = tmp_path / "own.npz"
    random = np.random.default_rng(3)
    everybody = Everybody(np.zeros(WIDTH, np.float32), np.ones(WIDTH, np.float32))
    relative, absolute = (LinearReader(random.normal(size=(2, WIDTH)), random.normal(size=2)) for _ in range(2))
    ToneHead(("neutral", "sad"), relative, absolute, START, (0.9, 0.0), everybody).save(path)
    path.with_suffix(".json").write_bytes(orjson.dumps({"name": "own", "licence": "private", "limits": []}))
    return path


def chosen(monkeypatch: pytest.MonkeyPatch, value: str) -> Settings:
    monkeypatch.setenv("LINNET_TONE_MODEL", value)
    return read_settings()


def one_sentence(error: BaseException) -> str:
    text = str(error)
    assert "\n" not in text
    assert text.endswith(".")
    return text


@pytest.mark.parametrize("name", TONE_MODELS)
def test_a_name_is_a_model_that_comes_with_linnet(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert chosen(monkeypatch, name).tone_model == name
    assert model_path(name) == ROOT / "classifier_worker" / "models" / f"{name}.npz"
    assert model_card(name)["name"] == name


def test_a_path_is_a_model_of_ones_own(monkeypatch: pytest.MonkeyPatch, own: Path) -> None:
    model = chosen(monkeypatch, str(own)).tone_model
    assert model_path(model) == own
    assert ToneHead.load(model_path(model)).affects == ("neutral", "sad")
    assert model_card(model) == {"name": "own", "licence": "private", "limits": []}


def test_a_relative_path_begins_at_the_projects_root_wherever_a_process_starts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert chosen(monkeypatch, "data/models/own.npz").tone_model == str(ROOT / "data/models/own.npz")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert chosen(monkeypatch, "~/own.npz").tone_model == str(tmp_path / "own.npz")


@pytest.mark.parametrize("value", ["opne", "Open", "data/models", "own.json", "own"])
def test_what_is_neither_is_refused_with_what_is_possible(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        chosen(monkeypatch, value)
    said = str(refused.value)
    assert said.startswith(f"LINNET_TONE_MODEL is {value!r}: ")
    for possible in ("open", "research", ".npz"):
        assert possible in said
    assert "Value error" not in said


def test_not_set_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chosen(monkeypatch, "").tone_model == "open"


def test_a_missing_file_is_named(own: Path) -> None:
    own.unlink()
    for load in (model_path, model_card):
        with pytest.raises(FileNotFoundError) as refused:
            load(str(own))
        said = one_sentence(refused.value)
        assert str(own) in said
        assert "LINNET_TONE_MODEL" in said


def test_where_only_facts_are_said_no_model_has_to_be_there(
    monkeypatch: pytest.MonkeyPatch, own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own.unlink()
    monkeypatch.setenv("LINNET_TONE_MODEL", str(own))
    monkeypatch.setenv("LINNET_CLASSIFIER", "speech")
    assert main() == 1
    assert str(own) in capsys.readouterr().err
    monkeypatch.setenv("LINNET_CLASSIFIER", "facts")
    assert main() == 0
    assert capsys.readouterr().err == ""


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(LOAD_ERRORS) as refused:
        model_path(str(tmp_path / "folder.npz"))
    assert "directory" in one_sentence(refused.value)


def test_a_missing_card_is_named(own: Path) -> None:
    own.with_suffix(".json").unlink()
    with pytest.raises(FileNotFoundError) as refused:
        model_card(str(own))
    assert str(own.with_suffix(".json")) in one_sentence(refused.value)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", ""),
        (b'{"name": "own", "lic', ""),
        (b"\xff\xfe\x00", ""),
        (b'["own"]', "object"),
        (b'{"name": "own"}', "licence"),
        (b'{"name": "own", "licence": ""}', "licence"),
        (b'{"name": 7, "licence": "private"}', "name"),
    ],
)
def test_a_damaged_card_is_refused(own: Path, content: bytes, why: str) -> None:
    own.with_suffix(".json").write_bytes(content)
    with pytest.raises(ValueError, match="is not a tone model's card") as refused:
        model_card(str(own))
    assert why in one_sentence(refused.value)


def test_a_model_damaged_anywhere_loads_or_is_refused_in_words(own: Path) -> None:
    whole = own.read_bytes()
    refused = 0
    for place in range(0, len(whole), 3):
        own.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            ToneHead.load(own)
        except ValueError as error:
            assert str(own) in one_sentence(error)
            refused += 1
    assert refused > len(whole) / 3 / 2
    for size in range(0, len(whole), 7):
        own.write_bytes(whole[:size])
        with pytest.raises(ValueError, match="is not a tone model"):
            ToneHead.load(own)


def test_another_kind_of_file_is_refused(own: Path) -> None:
    for array in (np.zeros(3), np.array("text")):
        with own.open("wb") as file:
            np.save(file, array)
        with pytest.raises(ValueError, match="is not a tone model") as refused:
            ToneHead.load(own)
        one_sentence(refused.value)


@pytest.mark.parametrize(
    "change",
    [
        {"relative_weights": np.zeros((WIDTH, 2))},
        {"absolute_bias": np.zeros(3)},
        {"cold_spread": np.ones(WIDTH - 1)},
        {"absolute_weights": np.full((2, WIDTH), np.nan)},
        {"mixture": np.ones(2)},
    ],
)
def test_arrays_that_do_not_belong_together_are_refused_before_the_first_window(
    own: Path, change: dict[str, NDArray[np.float64]]
) -> None:
    with np.load(own) as stored:
        values = {name: stored[name] for name in stored.files}
    np.savez(own, **{**values, **change})
    with pytest.raises(ValueError, match="is not a tone model"):
        ToneHead.load(own)


def test_a_model_of_other_features_is_refused(own: Path) -> None:
    with np.load(own) as stored:
        values = {name: stored[name] for name in stored.files}
    np.savez(own, **{**values, "features": np.array("wav2vec")})
    with pytest.raises(ValueError, match="trained on 'wav2vec'"):
        ToneHead.load(own)
