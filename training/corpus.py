"""Labelled clips, as labels.csv of the speech folder lists them."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from shared.audio import PIPELINE_RATE

SPEECH: Final = Path(__file__).resolve().parents[2] / "shared" / "speech"
"""Where the data lies by default: beside the project, never in it."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One acted sentence."""

    path: Path
    corpus: str
    speaker: str
    """Unique over all corpora."""
    emotion: str

    def audio(self) -> NDArray[np.float32]:
        """float32[N], 16 kHz mono, −1…1. Raises ValueError when the file is at another rate."""
        samples, rate = soundfile.read(self.path, dtype="float32")
        if rate != PIPELINE_RATE:
            raise ValueError(f"{self.path} is at {rate} Hz; the speech data must be 16 kHz mono.")
        return np.asarray(samples, np.float32)


def read_clips(speech: Path, corpus: str) -> list[Clip]:
    """The labelled clips of one corpus, in the order of labels.csv.

    Raises FileNotFoundError when the folder or the corpus is not there.
    """
    labels = speech / "labels.csv"
    if not labels.is_file():
        raise FileNotFoundError(f"{labels} is missing. Say with --speech where the speech data lies.")
    with labels.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["corpus"] == corpus and row["emotion"]]
    if not rows:
        raise FileNotFoundError(f"{labels} lists no labelled clip of {corpus}.")
    return [Clip(speech / row["file"], corpus, row["speaker"], row["emotion"]) for row in rows]
