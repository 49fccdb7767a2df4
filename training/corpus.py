"""Labelled clips, as labels.csv of the speech folder lists them."""

import csv
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training import sound_file

SPEECH: Final = Path(__file__).resolve().parents[2] / "shared" / "speech"
"""Where the data lies by default: beside the project, never in it."""

OWN: Final = "own"
"""The corpus of clips whose labels.csv names none."""

FEWEST_SPEAKERS: Final = 3
FEWEST_CLIPS: Final = 8
"""Of each emotion. With fewer there is nothing to leave out and measure."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One utterance."""

    path: Path
    corpus: str
    speaker: str
    """Unique over all corpora: "corpus/name"."""
    emotion: str

    def audio(self) -> NDArray[np.float32]:
        """float32[N], 16 kHz mono, −1…1. Raises ValueError when the file cannot be read."""
        return sound_file.read(self.path)


def read_clips(speech: Path, corpus: str) -> list[Clip]:
    """The labelled clips of one corpus, in the order of labels.csv.

    Raises FileNotFoundError when the folder or the corpus is not there.
    """
    rows = [row for row in _rows(speech) if row["corpus"] == corpus and row["emotion"]]
    if not rows:
        raise FileNotFoundError(f"{speech / 'labels.csv'} lists no labelled clip of {corpus}.")
    return [Clip(speech / row["file"], corpus, row["speaker"], row["emotion"]) for row in rows]


def own_corpora(folder: Path) -> dict[str, Counter[str]]:
    """The corpora of somebody's own folder → how many clips there are of each emotion.

    Raises FileNotFoundError or ValueError, in words, when it cannot be trained on.
    """
    rows = [row for row in _rows(folder) if row["emotion"]]
    missing = [row["file"] for row in rows if not (folder / row["file"]).is_file()]
    if missing:
        raise FileNotFoundError(f"{folder / 'labels.csv'} names {missing[0]}, which is not in {folder}.")
    speakers = {row["speaker"] for row in rows}
    if len(speakers) < FEWEST_SPEAKERS:
        raise ValueError(f"{folder} has {len(speakers)} speakers; at least {FEWEST_SPEAKERS} are needed.")
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        counts.setdefault(row["corpus"], Counter())[row["emotion"]] += 1
    return counts


def fingerprint(clips: Sequence[Clip]) -> str:
    """SHA-256 of what is trained on: labels and files, in their order."""
    digest = hashlib.sha256()
    for clip in clips:
        digest.update(f"{clip.corpus} {clip.speaker} {clip.emotion} {clip.path.name}\n".encode())
        digest.update(hashlib.sha256(clip.path.read_bytes()).digest())
    return digest.hexdigest()


def _rows(folder: Path) -> list[dict[str, str]]:
    """labels.csv with every row's corpus, speaker, emotion and file."""
    labels = folder / "labels.csv"
    if not labels.is_file():
        raise FileNotFoundError(f"{labels} is missing. Say with --speech, or --own, where the speech data lies.")
    rows = _table(labels)
    for row in rows:
        if row["emotion"] and not row["speaker"]:
            raise ValueError(f"{labels} names no speaker for {row['file']}.")
        row["corpus"] = row.get("corpus") or OWN
        row["speaker"] = f"{row['corpus']}/{row['speaker'].removeprefix(row['corpus'] + '/')}"
    return rows


def _table(labels: Path) -> list[dict[str, str]]:
    """Column → cell without spaces around it, row by row. The byte order mark that Excel writes is no part of it."""
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
