import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from classifier_worker.speech import annotate
from classifier_worker.speech.recording import Recording, Samples
from shared.contract.facts_event import FactsEvent
from shared.contract.tone_event import ToneEvent
from tests.inferred import INFERRED


@pytest.fixture(autouse=True)
def mock_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CF_VOICE_MOCK", "1")
    monkeypatch.setenv("COLUMNS", "200")


def recording(path: Path, seconds: float = 5.5, rate: int = 16_000, amplitude: float = 0.1) -> str:
    noise = amplitude * np.random.default_rng(len(path.stem)).standard_normal(round(seconds * rate))
    soundfile.write(path, noise, rate)
    return str(path)


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_without_a_terminal_each_event_is_a_json_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = recording(tmp_path / "talk.flac")
    assert annotate.main([path]) == 0
    found = lines(capsys.readouterr().out)
    assert [line["timestamp"] for line in found] == [3.0, 4.0, 5.0]
    assert [line["seq"] for line in found] == [1, 2, 3]
    assert {line["file"] for line in found} == {path}
    assert {line["session_id"] for line in found} == {"talk"}
    assert all(ToneEvent.model_validate(line) for line in found)


def test_facts_only_has_no_tone_in_lines_or_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = recording(tmp_path / "talk.wav", seconds=8.0)
    assert annotate.main([path, "--facts"]) == 0
    found = lines(capsys.readouterr().out)
    assert [line["seq"] for line in found] == list(range(1, len(found) + 1))
    assert [FactsEvent.model_validate(line).text for line in found] == [None, "As usual for this voice"]
    assert not any(INFERRED & set(line) for line in found)
    assert annotate.main([path, "--facts", "--format", "table"]) == 0
    out = capsys.readouterr().out
    assert "As usual for this voice" in out and "Tone" not in out


def test_a_short_recording_has_its_tone_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert annotate.main([recording(tmp_path / "no.wav", seconds=1.3)]) == 0
    assert [line["timestamp"] for line in lines(capsys.readouterr().out)] == [1.3]


def test_many_files_of_any_rate_keep_their_own_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [recording(tmp_path / f"{'x' * i}.wav", 2.0 + i % 5, 8_000 + 4_000 * (i % 4)) for i in range(1, 21)]
    assert annotate.main(paths) == 0
    together = lines(capsys.readouterr().out)
    for path in paths:
        assert annotate.main([path]) == 0
        assert lines(capsys.readouterr().out) == [line for line in together if line["file"] == path]


def test_bad_files_get_a_sentence_each_and_the_others_go_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "broken.mp3").write_bytes(b"\x00\x01nonsense" * 50)
    (tmp_path / "empty.wav").touch()
    good = recording(tmp_path / "good.wav")
    bad = [str(tmp_path / name) for name in ("broken.mp3", "empty.wav", "absent.ogg")]
    assert annotate.main([bad[0], good, *bad[1:]]) == 1
    out, err = capsys.readouterr()
    assert {line["file"] for line in lines(out)} == {good}
    assert f"{good}: 5.5 s were read, to the end of the file." in err.splitlines()
    complaints = [line for line in err.splitlines() if str(tmp_path) in line and good not in line]
    assert [complaint.startswith(path) for complaint, path in zip(complaints, bad, strict=True)] == [True] * 3
    assert all(complaint.endswith(".") for complaint in complaints)
    assert "Traceback" not in err


def test_the_floor_leaves_out_what_is_less_sure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert annotate.main([recording(tmp_path / "a.wav", 20.0), "--floor", "0.9"]) == 0
    assert all(line["confidence"] >= 0.9 for line in lines(capsys.readouterr().out))  # type: ignore[operator]


@pytest.mark.parametrize("floor", ["1.5", "-0.1", "much", "nan"])
def test_a_floor_that_is_no_probability_is_refused(floor: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        annotate.main(["a.wav", f"--floor={floor}"])
    assert caught.value.code == 2
    assert "not a number from 0 to 1" in capsys.readouterr().err


def test_elcor_style(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert annotate.main([recording(tmp_path / "a.wav"), "--elcor"]) == 0
    assert all(str(line["subtext"]).startswith("[") for line in lines(capsys.readouterr().out))


def test_a_table_for_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    talk = recording(tmp_path / "talk.wav", seconds=3.2)
    silent = recording(tmp_path / "silent.wav", amplitude=0.0)
    assert annotate.main([talk, silent, "--format", "table", "--elcor"]) == 0
    out = capsys.readouterr().out
    assert "talk.wav" in out
    assert "0:03.0" in out
    assert "ith " in out
    assert "No speech, or no tone that is certain enough." in out


def test_the_mock_is_named_as_such(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    annotate.main([recording(tmp_path / "a.wav")])
    out, err = capsys.readouterr()
    assert "mean nothing" in err
    assert "mean nothing" not in out


def test_a_missing_model_is_said_in_words(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def missing(settings: object) -> None:
        raise FileNotFoundError("The model is not there: run the installation.")

    monkeypatch.setattr(annotate, "load_backend", missing)
    assert annotate.main(["a.wav"]) == 1
    assert capsys.readouterr().err == "The model is not there: run the installation.\n"


def test_a_name_that_is_not_utf_8_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = recording(tmp_path / "good.wav")
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.wav")
    shutil.copy(good, odd)
    assert annotate.main([odd, good]) == 0
    found = lines(capsys.readouterr().out)
    assert [line["timestamp"] for line in found if line["file"] == good] == [3.0, 4.0, 5.0]
    assert {line["file"] for line in found} == {good, f"{tmp_path}/caf\\xe9.wav"}


def test_an_error_that_was_not_foreseen_costs_one_file_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = recording(tmp_path / "good.wav"), recording(tmp_path / "bad.wav")
    read = Recording.blocks

    def broken(self: Recording, seconds: float = 1.0) -> Iterator[Samples]:
        if self.path.name == "bad.wav":
            raise ZeroDivisionError("division by zero")
        yield from read(self, seconds)

    monkeypatch.setattr(Recording, "blocks", broken)
    assert annotate.main([bad, good]) == 1
    out, err = capsys.readouterr()
    assert {line["file"] for line in lines(out)} == {good}
    assert f"{bad} could not be read to the end (ZeroDivisionError: division by zero)." in err.splitlines()


@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
def test_what_is_piped_in(tmp_path: Path, name: str) -> None:
    sound = Path(recording(tmp_path / "talk.flac")).read_bytes()
    command = [sys.executable, "-m", "classifier_worker", "annotate", name, "--format", "jsonl"]
    answer = subprocess.run(command, input=sound, capture_output=True, check=True)
    found = lines(answer.stdout.decode())
    assert [line["timestamp"] for line in found] == [3.0, 4.0, 5.0]
    assert {line["file"] for line in found} == {name}
    assert f"{name}: 5.5 s were read, to the end of the file." in answer.stderr.decode()
