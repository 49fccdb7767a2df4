"""The callers' audio: real speech with pauses, or noise of varying loudness for the mock."""

import csv
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import resample_poly

from shared.audio import PIPELINE_RATE

ROOT: Final = Path(__file__).resolve().parents[3]
SPEECH: Final = ROOT.parent / "shared" / "speech"
SAMPLE: Final = ROOT / "frontend" / "public" / "sample.flac"
_CORPORA: Final = ("emodb", "librispeech")
_PEOPLE: Final = 3
"""Most people of one call."""
_CLIPS: Final = 12
"""Clips of one call, again and again until it is over: few enough that a run's audio is read in seconds."""
_PAUSE: Final = (0.1, 2.0)
"""Seconds between clips: within one utterance, or long enough to end it."""
_MOST_DOWN: Final = 640
"""Beyond this factor of a ratio of rates audio is resampled by straight lines: a filter would take minutes."""
_TILE: Final = 7
"""Seconds of noise that are repeated."""
_LOUDNESS: Final = (0.0, 0.06, 0.28)
"""Of a second of noise, re full scale."""

Samples = NDArray[np.int16]


def noise(seed: int, seconds: float, rate: int) -> Samples:
    """int16[seconds × rate]; a third of its seconds are silent."""
    draw = np.random.default_rng(seed)
    tile = (draw.standard_normal((_TILE, rate)) * 32767).astype(np.float32)
    found = np.empty((int(np.ceil(seconds)), rate), np.int16)
    for second, loudness in enumerate(draw.choice(_LOUDNESS, len(found))):
        found[second] = (tile[second % _TILE] * loudness).clip(-32768, 32767)
    return found.reshape(-1)[: round(seconds * rate)]


def speech(seed: int, seconds: float, rate: int) -> Samples:
    """int16[seconds × rate] of one to three people, or of the bundled sample where there is no other speech."""
    draw = np.random.default_rng(seed)
    clips = _clips(draw)
    parts: list[Samples] = []
    length = round(seconds * PIPELINE_RATE)
    while sum(map(len, parts)) < length:
        parts += [clips[int(draw.integers(len(clips)))], _pause(draw)]
    audio = np.concatenate(parts)[:length]
    if rate == PIPELINE_RATE:
        return audio
    divisor = int(np.gcd(rate, PIPELINE_RATE))
    if PIPELINE_RATE // divisor > _MOST_DOWN:
        places = np.arange(round(seconds * rate)) * (PIPELINE_RATE / rate)
        return np.asarray(np.rint(np.interp(places, np.arange(len(audio)), audio)), np.int16)
    other = resample_poly(audio.astype(np.float32), rate // divisor, PIPELINE_RATE // divisor)
    return np.asarray(np.clip(np.rint(other), -32768, 32767), np.int16)[: round(seconds * rate)]


def has_speech() -> bool:
    return (SPEECH / "labels.csv").is_file()


def _pause(draw: np.random.Generator) -> Samples:
    return np.zeros(round(draw.uniform(*_PAUSE) * PIPELINE_RATE), np.int16)


def _clips(draw: np.random.Generator) -> list[Samples]:
    if not has_speech():
        sample = _read(SAMPLE)
        return [np.roll(sample, -int(draw.integers(len(sample))))]
    people = _files_by_speaker()
    chosen = draw.choice(sorted(people), int(draw.integers(1, _PEOPLE + 1)), replace=False)
    files = sorted(file for person in chosen for file in people[person])
    return [_read(SPEECH / file) for file in draw.choice(files, min(_CLIPS, len(files)), replace=False)]


@lru_cache(maxsize=1)
def _files_by_speaker() -> dict[str, list[str]]:
    people: dict[str, list[str]] = {}
    with (SPEECH / "labels.csv").open(newline="") as table:
        for row in csv.DictReader(table):
            if row["corpus"] in _CORPORA and not row["cropped"]:
                people.setdefault(row["speaker"], []).append(row["file"])
    return people


@lru_cache(maxsize=256)
def _read(path: Path) -> Samples:
    samples, rate = soundfile.read(path, dtype="int16")
    if rate != PIPELINE_RATE or samples.ndim != 1:
        raise ValueError(f"{path} must be mono with {PIPELINE_RATE} Hz")
    return np.asarray(samples, np.int16)
