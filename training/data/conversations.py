"""Speech with known speaker times: synthetic conversations, single speakers, meetings."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from shared.audio import PIPELINE_RATE
from training.data.reading import Audio, passages, trimmed

NOBODY: Final = -1
_HISS = 1e-4
"""−80 dBFS, in pauses between clips."""


@dataclass(frozen=True, slots=True, eq=False)
class Conversation:
    """Audio, and the speaker at each time."""

    audio: Audio
    """float32[N], 16 kHz, −1…1."""
    speaker: NDArray[np.int8]
    """int8[N]: index of the person who speaks at each sample; NOBODY in pauses and where several people speak."""


def conversation(
    speech: Path, people: Sequence[str], seconds: float, pause: tuple[float, float], rng: np.random.Generator
) -> Conversation:
    """Make turns of 2–5 s in random order, never the same person twice in a row. Each turn continues where that person
    stopped reading, even in the middle of a word; `pause` gives the seconds between turns (from, to)."""
    readings = []
    for reader in people:
        found = passages(speech, reader)
        readings.append(np.concatenate([found[number] for number in rng.permutation(len(found))]))
    places = [0] * len(people)
    audio: list[Audio] = []
    spoken_by: list[NDArray[np.int8]] = []
    last, length = NOBODY, 0
    while length < seconds * PIPELINE_RATE:
        person = int(rng.choice([number for number in range(len(people)) if number != last]))
        size = round(rng.uniform(2.0, 5.0) * PIPELINE_RATE)
        rest = round(rng.uniform(*pause) * PIPELINE_RATE)
        turn = np.take(readings[person], range(places[person], places[person] + size), mode="wrap")
        places[person] += size
        audio += [turn, _hiss(rest, rng)]
        spoken_by += [np.full(size, person, np.int8), np.full(rest, NOBODY, np.int8)]
        last, length = person, length + size + rest
    return Conversation(np.concatenate(audio), np.concatenate(spoken_by))


def reading(speech: Path, reader: str, seconds: float) -> Conversation:
    """Return one person reading."""
    return _alone(passages(speech, reader), seconds, (0.0, 0.0), np.random.default_rng(0))


def acting(speech: Path, actor: str, seconds: float, rng: np.random.Generator) -> Conversation:
    """Return one person whose mood changes with every sentence: clips in random order with pauses of 0.1–1 s.

    actor: the speaker's name in labels.csv, with the corpus.
    """
    with (speech / "labels.csv").open(newline="") as file:
        paths = [speech / row["file"] for row in csv.DictReader(file) if row["speaker"] == actor]
    if not paths:
        raise FileNotFoundError(f"{speech / 'labels.csv'} does not list the speaker {actor}.")
    clips = (trimmed(np.asarray(soundfile.read(paths[n], dtype="float32")[0])) for n in rng.permutation(len(paths)))
    return _alone(clips, seconds, (0.1, 1.0), rng)


def actors(speech: Path, corpus: str) -> list[str]:
    """Return a corpus' speakers by their names in labels.csv."""
    with (speech / "labels.csv").open(newline="") as file:
        return sorted({row["speaker"] for row in csv.DictReader(file) if row["corpus"] == corpus})


def meetings(speech: Path) -> dict[str, Conversation]:
    """Return the excerpts of AMI by name."""
    found: dict[str, dict[str, list[tuple[int, int]]]] = {}
    for path in sorted((speech / "ami").glob("*.rttm")):
        for line in path.read_text().splitlines():
            _, name, _, begin, length, _, _, person, *_ = line.split()
            start, end = (round(float(t) * PIPELINE_RATE) for t in (float(begin), float(begin) + float(length)))
            found.setdefault(name, {}).setdefault(person, []).append((start, end))
    return {name: _meeting(speech / "ami" / f"{name}.flac", people) for name, people in sorted(found.items())}


def _meeting(path: Path, people: dict[str, list[tuple[int, int]]]) -> Conversation:
    audio = np.asarray(soundfile.read(path, dtype="float32")[0])
    speaking = np.zeros((len(people), len(audio)), np.bool_)
    for number, person in enumerate(sorted(people)):
        for start, end in people[person]:
            speaking[number, start:end] = True
    alone = speaking.sum(axis=0) == 1
    return Conversation(audio, np.where(alone, speaking.argmax(axis=0), NOBODY).astype(np.int8))


def _alone(
    clips: Iterable[Audio], seconds: float, pause: tuple[float, float], rng: np.random.Generator
) -> Conversation:
    audio: list[Audio] = []
    for clip in clips:
        if sum(len(part) for part in audio) >= seconds * PIPELINE_RATE:
            break
        audio += [clip, _hiss(round(rng.uniform(*pause) * PIPELINE_RATE), rng)]
    whole = np.concatenate(audio)
    return Conversation(whole, np.zeros(len(whole), np.int8))


def _hiss(samples: int, rng: np.random.Generator) -> Audio:
    return np.asarray(rng.standard_normal(samples) * _HISS, np.float32)
