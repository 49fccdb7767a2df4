"""Labelled clips, listed in labels.csv of the speech folder."""

import csv
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.data import sound_file

SPEECH: Final = Path(__file__).resolve().parents[3] / "shared" / "speech"
"""Default folder of the data: beside the project, never in it."""

LABELS: Final = "labels.csv"
SHELVES: Final = ("", "everyday", "expressive")
"""Subfolders of the speech folder that hold corpora with their own labels.csv."""

OWN: Final = "own"
"""Corpus name for clips whose labels.csv gives none."""

FEWEST_SPEAKERS: Final = 3
FEWEST_SHARED: Final = 2
"""Fewest emotions that several speakers share."""
FEWEST_CLIPS: Final = 8
"""Fewest clips per emotion. With fewer, none could be left out for measuring."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One utterance."""

    path: Path
    corpus: str
    speaker: str
    """Unique over all corpora: "corpus/name"."""
    emotion: str

    def audio(self) -> NDArray[np.float32]:
        """Read the clip: float32[N], 16 kHz mono, −1…1. Raises ValueError if the file cannot be read."""
        return sound_file.read(self.path)


def read_clips(speech: Path, corpus: str, *, labelled: bool = True) -> list[Clip]:
    """Return one corpus' clips in the order of the labels.csv that lists them: the speech folder's, or that of the
    corpus' own folder, which may be in one of SHELVES.

    labelled: only clips with an emotion; otherwise also files that no table lists, each as a separate speaker.
    Raises FileNotFoundError if the folder or the corpus does not exist.
    """
    for shelf in SHELVES:
        folder = speech / shelf / corpus
        if (folder / LABELS).is_file():
            rows = _rows(folder, corpus)
            break
    else:
        folder = speech
        rows = [row for row in _rows(speech) if row["corpus"] == corpus]
    clips = [
        Clip(folder / row["file"], corpus, row["speaker"], row["emotion"])
        for row in rows
        if row["emotion"] or not labelled
    ]
    if not clips and not labelled:
        files = sorted((speech / corpus).glob("*.flac"))
        clips = [Clip(file, corpus, f"{corpus}/{file.stem}", "") for file in files]
    if not clips:
        raise FileNotFoundError(f"{speech / LABELS} lists no labelled clips of {corpus}.")
    return clips


def own_corpora(folder: Path) -> dict[str, Counter[str]]:
    """Count the clips of each emotion in your own folder, by corpus.

    Raises FileNotFoundError or ValueError, with a message to show, if it cannot be used for training.
    """
    rows = [row for row in _rows(folder) if row["emotion"]]
    missing = [row["file"] for row in rows if not (folder / row["file"]).is_file()]
    if missing:
        raise FileNotFoundError(f"{folder / 'labels.csv'} lists {missing[0]}, which is not in {folder}.")
    speakers = {row["speaker"] for row in rows}
    if len(speakers) < FEWEST_SPEAKERS:
        raise ValueError(f"{folder} has {len(speakers)} speakers; at least {FEWEST_SPEAKERS} are needed.")
    several = [
        e for e in {row["emotion"] for row in rows} if len({r["speaker"] for r in rows if r["emotion"] == e}) > 1
    ]
    if len(several) < FEWEST_SHARED:
        raise ValueError(
            "At least two emotions must be spoken by several speakers, because a model is measured on people it was "
            "not trained on. Add clips of the same emotions by other speakers."
        )
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        counts.setdefault(row["corpus"], Counter())[row["emotion"]] += 1
    return counts


def fingerprint(clips: Sequence[Clip]) -> str:
    """Return the SHA-256 of the training data: labels and files, in order."""
    digest = hashlib.sha256()
    for clip in clips:
        digest.update(f"{clip.corpus} {clip.speaker} {clip.emotion} {clip.path.name}\n".encode())
        digest.update(hashlib.sha256(clip.path.read_bytes()).digest())
    return digest.hexdigest()


def _rows(folder: Path, corpus: str = "") -> list[dict[str, str]]:
    """Read labels.csv: each row's corpus (the given one if there is no such column), speaker, emotion and file."""
    labels = folder / LABELS
    if not labels.is_file():
        raise FileNotFoundError(f"{labels} is missing: give the folder of the speech data with --speech or --own.")
    rows = _table(labels)
    for row in rows:
        if row["emotion"] and not row["speaker"]:
            raise ValueError(f"{labels} gives no speaker for {row['file']}: fill in that column.")
        row["corpus"] = row.get("corpus") or corpus or OWN
        row["speaker"] = f"{row['corpus']}/{row['speaker'].removeprefix(row['corpus'] + '/')}"
    return rows


def _table(labels: Path) -> list[dict[str, str]]:
    """Yield each row as column → cell, without surrounding spaces or the byte order mark that Excel writes."""
    try:
        with labels.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restval="")
            lacking = {"file", "speaker", "emotion"} - set(reader.fieldnames or ())
            if lacking:
                raise ValueError(
                    f"{labels} lacks the column {', '.join(sorted(lacking))}; it needs file, speaker, emotion, "
                    "with commas between them."
                )
            return [{name: cell.strip() for name, cell in row.items() if isinstance(name, str)} for row in reader]
    except UnicodeDecodeError as error:
        raise ValueError(f"{labels} is not UTF-8: {error}. Save it as CSV in UTF-8.") from error
