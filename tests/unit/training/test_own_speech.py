"""Your own labelled folder: what can be used for training, and the error sentences for the rest."""

import csv
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile

from shared.contract.tone_event import AFFECTS
from training import train
from training.data.corpus import FEWEST_CLIPS, FEWEST_SPEAKERS, OWN, fingerprint, own_corpora, read_clips
from training.data.recipe import OPEN, RESEARCH, own

Row = Mapping[str, str]


def write(folder: Path, rows: Sequence[Row], rate: int = 16_000) -> None:
    """labels.csv, and for each row a fifth of a second of a tone."""
    with (folder / "labels.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    for number, row in enumerate(rows):
        time = np.arange(rate // 5) / rate
        soundfile.write(folder / row["file"], 0.1 * np.sin(2 * np.pi * (200 + number) * time), rate)


def rows(
    speakers: Sequence[str] = ("ann", "bob", "cy"), emotions: Sequence[str] = ("calm", "anger"), each: int = 3
) -> list[dict[str, str]]:
    return [
        {"file": f"{speaker}-{emotion}-{number}.wav".replace("/", "_"), "speaker": speaker, "emotion": emotion}
        for speaker in speakers
        for emotion in emotions
        for number in range(each)
    ]


def test_a_folder_that_names_no_corpus_is_one_corpus(tmp_path: Path) -> None:
    write(tmp_path, rows())
    assert own_corpora(tmp_path) == {OWN: Counter(calm=9, anger=9)}
    clips = read_clips(tmp_path, OWN)
    assert len(clips) == 18
    assert {clip.speaker for clip in clips} == {"own/ann", "own/bob", "own/cy"}
    assert all(clip.path.is_file() for clip in clips)


def test_a_folder_may_name_corpora_and_hold_what_is_not_labelled(tmp_path: Path) -> None:
    labelled = [{**row, "corpus": "home" if row["speaker"] == "ann" else ""} for row in rows()]
    write(tmp_path, [*labelled, {"file": "x.wav", "speaker": "dee", "emotion": "", "corpus": "hall"}])
    assert own_corpora(tmp_path) == {"home": Counter(calm=3, anger=3), OWN: Counter(calm=6, anger=6)}
    with pytest.raises(FileNotFoundError, match="no labelled clips of hall"):
        read_clips(tmp_path, "hall")


@pytest.mark.parametrize("corpus", ["home", "My home", "my/home"])
def test_a_speaker_is_one_person_of_one_corpus_whatever_both_are_called(tmp_path: Path, corpus: str) -> None:
    """A name may begin with its corpus, as those of the shared speech folder do."""
    write(tmp_path, [{**row, "corpus": corpus} for row in rows(["Ann Lee", "hall/ann", f"{corpus}/bob"])])
    clips = read_clips(tmp_path, corpus)
    assert {clip.corpus for clip in clips} == {corpus}
    assert {clip.speaker for clip in clips} == {f"{corpus}/{name}" for name in ("Ann Lee", "hall/ann", "bob")}


def test_a_folder_without_labels_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"labels\.csv is missing"):
        own_corpora(tmp_path)


@pytest.mark.parametrize("lacking", ["file", "speaker", "emotion"])
def test_a_missing_column_is_named(tmp_path: Path, lacking: str) -> None:
    columns = [name for name in ("file", "speaker", "emotion") if name != lacking]
    (tmp_path / "labels.csv").write_text(f"{','.join(columns)}\na.wav,b\n")
    with pytest.raises(ValueError, match=f"lacks the column {lacking}; it needs file, speaker, emotion"):
        own_corpora(tmp_path)


def test_a_table_as_excel_saves_it_is_read(tmp_path: Path) -> None:
    """ "CSV UTF-8" begins with a byte order mark, lines end with \\r\\n, and cells may have spaces around them."""
    write(tmp_path, rows(["Ännchen", "bob", "cy"]))
    text = (tmp_path / "labels.csv").read_text(encoding="utf-8").replace(",calm", ", calm ")
    (tmp_path / "labels.csv").write_text(text, encoding="utf-8-sig", newline="\r\n")
    assert own_corpora(tmp_path) == {OWN: Counter(calm=9, anger=9)}
    assert {clip.speaker for clip in read_clips(tmp_path, OWN)} == {"own/Ännchen", "own/bob", "own/cy"}


def test_a_table_in_another_encoding_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_bytes("file,speaker,emotion\na.wav,Ännchen,calm\n".encode("cp1252"))
    with pytest.raises(ValueError, match=r"labels\.csv is not UTF-8.*Save it as"):
        own_corpora(tmp_path)


def test_a_row_without_a_speaker_is_named(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,emotion,speaker\na.wav,calm,ann\nb.wav,calm\n")
    with pytest.raises(ValueError, match=r"labels\.csv gives no speaker for b\.wav"):
        own_corpora(tmp_path)


def test_an_empty_file_lacks_every_column(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("")
    with pytest.raises(ValueError, match="lacks the column emotion, file, speaker"):
        own_corpora(tmp_path)


def test_a_missing_clip_is_named(tmp_path: Path) -> None:
    write(tmp_path, rows())
    (tmp_path / "bob-anger-1.wav").unlink()
    with pytest.raises(FileNotFoundError, match=r"lists bob-anger-1\.wav, which is not in"):
        own_corpora(tmp_path)


def test_too_few_speakers_are_refused_in_words(tmp_path: Path) -> None:
    write(tmp_path, rows(["ann", "bob"], each=9))
    with pytest.raises(ValueError, match=f"has 2 speakers; at least {FEWEST_SPEAKERS}"):
        own_corpora(tmp_path)


def test_a_clip_is_heard_at_the_pipelines_rate_and_on_one_channel(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,speaker,emotion\na.wav,ann,calm\n")
    time = np.arange(44_100) / 44_100
    tone = 0.2 * np.sin(2 * np.pi * 440 * time)
    soundfile.write(tmp_path / "a.wav", np.stack([tone, np.zeros_like(tone)], axis=1), 44_100)
    (clip,) = read_clips(tmp_path, OWN)
    audio = clip.audio()
    assert audio.dtype == np.float32
    assert abs(len(audio) - 16_000) <= 320
    spectrum = np.abs(np.fft.rfft(audio))
    assert spectrum.argmax() * 16_000 / len(audio) == pytest.approx(440, abs=2)
    assert np.abs(audio[1_000:-1_000]).max() == pytest.approx(0.1, rel=0.05)


def test_a_clip_that_is_no_audio_is_named(tmp_path: Path) -> None:
    write(tmp_path, rows())
    (tmp_path / "ann-calm-0.wav").write_bytes(b"not audio")
    with pytest.raises(ValueError, match=r"ann-calm-0\.wav cannot be read: .*Convert it to WAV or FLAC"):
        read_clips(tmp_path, OWN)[0].audio()


def test_a_fingerprint_changes_with_labels_and_with_audio(tmp_path: Path) -> None:
    write(tmp_path, rows())
    before = fingerprint(read_clips(tmp_path, OWN))
    assert fingerprint(read_clips(tmp_path, OWN)) == before
    labels = (tmp_path / "labels.csv").read_text()
    (tmp_path / "labels.csv").write_text(labels.replace("ann,calm", "ann,anger", 1))
    relabelled = fingerprint(read_clips(tmp_path, OWN))
    (tmp_path / "labels.csv").write_text(labels)
    soundfile.write(tmp_path / "ann-calm-0.wav", np.zeros(3_200), 16_000)
    assert len({before, relabelled, fingerprint(read_clips(tmp_path, OWN))}) == 3


def test_a_recipe_of_ones_own_says_what_it_was_made_from() -> None:
    recipe = own("at-home", "private", {"home": {"anger": 20, "urgent": 8}, "hall": {"calm": 9, "anger": 3}})
    assert (recipe.name, recipe.licence, recipe.acted) == ("at-home", "private", ("home", "hall"))
    assert recipe.affects == {"anger": "frustrated", "urgent": "urgent", "calm": "calm"}
    assert "home (28 clips), hall (12 clips)" in recipe.data
    assert recipe.says == ("calm", "frustrated", "urgent")
    assert recipe.unseen == ()
    assert recipe.limits


def test_an_emotion_may_have_its_corpus_name_or_its_affects() -> None:
    every = own("mine", "private", {"own": dict.fromkeys([*RESEARCH.affects, *AFFECTS], FEWEST_CLIPS)}).affects
    assert all(every[emotion] == affect for emotion, affect in RESEARCH.affects.items())
    assert all(every[affect] == affect for affect in AFFECTS)


def test_an_unknown_emotion_is_named_and_the_known_ones_too() -> None:
    with pytest.raises(ValueError, match=r"Unknown emotion 'glee' in labels\.csv") as refused:
        own("mine", "private", {"own": {"glee": 30, "anger": 30}})
    assert all(word in str(refused.value) for word in (*OPEN.affects, *AFFECTS))


def test_too_few_clips_of_an_emotion_are_refused_in_words() -> None:
    with pytest.raises(ValueError, match=f"'sadness' has {FEWEST_CLIPS - 1} clips; at least {FEWEST_CLIPS}"):
        own("mine", "private", {"own": {"anger": 50, "sadness": FEWEST_CLIPS - 1}})
    # Counted over all corpora.
    assert own("mine", "private", {"a": {"anger": 50, "sadness": 4}, "b": {"sadness": 4}}).affects["sadness"] == "sad"


@pytest.mark.parametrize("counts", [{}, {"anger": 40}, {"anger": 40, "frustrated": 40}, {"boredom": 9, "disgust": 9}])
def test_one_affect_alone_is_refused_in_words(counts: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="At least two different emotions"):
        own("mine", "private", {"own": counts})


@pytest.mark.parametrize("name", ["open", "research", "", "My Model", "../open", "-x", "a/b", "open\n"])
def test_a_name_that_is_taken_or_no_file_name_is_refused_in_words(name: str) -> None:
    with pytest.raises(ValueError, match="not a valid model name"):
        own(name, "private", {"own": {"anger": 20, "calm": 20}})


A_SPEAKER_AN_EMOTION = "file,speaker,emotion\n" + 8 * "a.wav,ann,calm\na.wav,bob,anger\na.wav,cy,sadness\n"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "labels.csv is missing"),
        ("file,speaker\n", "lacks the column emotion"),
        ("file,speaker,emotion\nb.wav,ann,calm\n", "lists b.wav, which is not in"),
        (A_SPEAKER_AN_EMOTION, "At least two emotions must be spoken by several speakers"),
    ],
)
def test_the_command_says_what_is_wrong_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None, expected: str
) -> None:
    (tmp_path / "a.wav").touch()
    if content is not None:
        (tmp_path / "labels.csv").write_text(content)
    monkeypatch.setattr(train, "DATA", tmp_path / "data")
    monkeypatch.setattr(sys, "argv", ["train", "--own", str(tmp_path)])
    with pytest.raises(SystemExit, match=expected):
        train.main()
    assert not (tmp_path / "data").exists()
