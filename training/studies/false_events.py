"""Measure the events of sounds other than speech, and of synthetic speech.

    ./manage.sh python -m training.studies.false_events

Each sound runs through the worker's own backend for two minutes, as a separate session.
"""

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import scipy.signal
import soundfile
from numpy.typing import NDArray
from rich.progress import track
from rich.table import Table

from classifier_worker.speech.backend import Feed
from classifier_worker.speech.speech_backend import SpeechBackend
from shared.audio import PIPELINE_RATE
from shared.contract.tone_event import ToneEvent
from shared.settings import Settings
from training.data.recipe import RECIPES, SEED
from training.data.sounds import SOUNDS, levelled, sound, synthetic_speech
from training.figures.screen import screen

ALLOWED: Final = frozenset({"neutral", "calm"})
"""Affects allowed for synthetic speech; other sounds may get no events."""
ALLOWED_LABELS: Final = frozenset({"Even and neutral", "Calm and even", "Flatly spoken"})
"""Words allowed in its label."""

SYNTHETIC: Final = "text to speech"
_LOUD_DB: Final = -20.0
_TOGETHER: Final = 8
_FORMATS: Final = (".wav", ".flac", ".ogg", ".oga", ".mp3")


@dataclass(slots=True)
class Said:
    """The results of one sound."""

    kind: str
    name: str
    seconds: float
    affects: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    wrong: int = 0
    """Number of events that are wrong because of their affect or label."""
    talking: int = 0
    """Number of seconds at the end of which the status was not "silence"."""

    def take(self, event: ToneEvent) -> None:
        self.affects[event.affect] += 1
        self.labels[event.label] += 1
        right = self.kind == SYNTHETIC and event.affect in ALLOWED and event.label in ALLOWED_LABELS
        self.wrong += not right


def synthetic(seconds: float, level_db: float, seed: int) -> Iterator[tuple[str, str, NDArray[np.int16]]]:
    """Yield (kind, name, int16 samples) of every synthesised sound; text-to-speech only if espeak-ng is installed."""
    for kind, names in SOUNDS.items():
        for name in names:
            yield kind, name, sound(kind, name, seconds, level_db, seed)
    if synthetic_speech.available():
        for voice, speed in synthetic_speech.VOICES:
            once = np.concatenate([synthetic_speech.spoken(voice, speed), np.zeros(PIPELINE_RATE)])
            yield SYNTHETIC, f"{voice}, {speed} a minute", levelled(np.resize(once, round(seconds * 16_000)), level_db)


def recorded(folder: Path, seconds: float, level_db: float) -> Iterator[tuple[str, str, NDArray[np.int16]]]:
    """Yield the same for sound files: each folder with files is a kind. Uses the first `seconds` of each file."""
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in _FORMATS:
            with soundfile.SoundFile(path) as file:
                audio = file.read(round(seconds * file.samplerate), always_2d=True).mean(axis=1)
                rate = file.samplerate
            yield (
                path.parent.name,
                path.name,
                levelled(scipy.signal.resample_poly(audio, PIPELINE_RATE, rate), level_db),
            )


def listen(backend: SpeechBackend, sounds: Iterable[tuple[str, str, NDArray[np.int16]]]) -> list[Said]:
    """Run the sounds, a few sessions at a time, in blocks of one second."""
    everything = list(sounds)
    results = []
    for first in track(range(0, len(everything), _TOGETHER), "listening"):
        some = everything[first : first + _TOGETHER]
        states = [backend.open(name, elcor=False) for _, name, _ in some]
        said = [Said(kind, name, len(audio) / PIPELINE_RATE) for kind, name, audio in some]
        longest = max(len(audio) for _, _, audio in some)
        for at in range(0, longest, PIPELINE_RATE):
            rows = [row for row, (_, _, audio) in enumerate(some) if at < len(audio)]
            feeds = [
                Feed(states[row], at, some[row][2][at : at + PIPELINE_RATE], at + PIPELINE_RATE >= len(some[row][2]))
                for row in rows
            ]
            for row, heard in zip(rows, backend.classify(feeds), strict=True):
                for _, event in heard.events:
                    said[row].take(event)
                said[row].talking += heard.activity != "silence"
        results += said
    return results


def table(title: str, said: list[Said]) -> Table:
    shown = Table("kind", "sound", "not silence", "events a minute", "of them wrong", "affects", "labels", title=title)
    for one in said:
        minutes = one.seconds / 60
        shown.add_row(
            one.kind,
            one.name,
            f"{one.talking / one.seconds:.0%}",
            f"{one.affects.total() / minutes:.1f}",
            f"{one.wrong / minutes:.1f}",
            ", ".join(f"{affect} {count}" for affect, count in one.affects.most_common()),
            ", ".join(f"{label} {count}" for label, count in one.labels.most_common()),
        )
    for kind in dict.fromkeys(one.kind for one in said):
        some = [one for one in said if one.kind == kind]
        minutes = sum(one.seconds for one in some) / 60
        events = sum(one.affects.total() for one in some)
        wrong = sum(one.wrong for one in some)
        shown.add_row(
            f"[bold]{kind}", f"all {len(some)}", "", f"{events / minutes:.2f}", f"{wrong / minutes:.2f}", "", ""
        )
    return shown


def main() -> None:
    parser = argparse.ArgumentParser(prog="./manage.sh python -m training.studies.false_events", description=__doc__)
    parser.add_argument("--model", choices=sorted(RECIPES), action="append", help="default: both")
    parser.add_argument("--seconds", type=float, default=120.0, help="of each sound (default: %(default)s)")
    parser.add_argument("--level", type=float, default=_LOUD_DB, help="dB re full scale (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--folder", type=Path, help="sound files to use instead of the synthesised ones")
    options = parser.parse_args()
    for model in options.model or sorted(RECIPES):
        backend = SpeechBackend(Settings(tone_model=model))
        sounds = (
            recorded(options.folder, options.seconds, options.level)
            if options.folder
            else synthetic(options.seconds, options.level, options.seed)
        )
        screen().print(table(f"{model}, {options.seconds:.0f} s of each", listen(backend, sounds)))


if __name__ == "__main__":
    main()
