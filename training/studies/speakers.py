"""Measure how well speakers are told apart: `./manage.sh python -m training.studies.speakers`.

Everything goes through the worker's own backend, without a reliability floor. The LibriSpeech readers used here were
never used for tuning; conversations are seeded.
"""

import argparse
import itertools
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from shared.audio import PIPELINE_RATE
from shared.settings import Settings
from training.data.conversations import Conversation, acting, actors, conversation, meetings, reading
from training.data.corpus import SPEECH
from training.data.reading import MEASURING, TUNING
from training.figures.screen import screen
from training.studies.who_spoke import Figures, Watched, play

SEED: Final = 20_260
SECONDS: Final = 90.0
PAUSES: Final = {"no pause": (0.0, 0.0), "0.1–0.9 s": (0.1, 0.9)}
CONVERSATIONS: Final = {2: 10, 3: 10, 4: 5}
"""People → conversations of each kind: every pair, every three, every four of the five readers."""

Recordings = Iterator[tuple[str, Conversation]]


def conversations(speech: Path, readers: tuple[str, ...]) -> Recordings:
    for people, count in CONVERSATIONS.items():
        groups = list(itertools.combinations(readers, people))
        for (name, pause), number in itertools.product(PAUSES.items(), range(count)):
            rng = np.random.default_rng((SEED, people, number, list(PAUSES).index(name)))
            chosen = groups[number % len(groups)]
            yield f"{people} people, {name}", conversation(speech, chosen, SECONDS, pause, rng)


def monologues(speech: Path, readers: tuple[str, ...]) -> Recordings:
    for reader in readers:
        yield "one reader", reading(speech, reader, SECONDS)
    for corpus in ("emodb", "ravdess", "nemo"):
        for number, actor in enumerate(actors(speech, corpus)):
            rng = np.random.default_rng((SEED, number))
            yield f"one actor, {corpus}", acting(speech, actor, SECONDS, rng)


def measured(backend: Watched, recordings: Iterable[tuple[str, Conversation]]) -> dict[str, list[Figures]]:
    found: dict[str, list[Figures]] = {}
    for name, recording in track(list(recordings), "listening", console=Console(stderr=True)):
        figures = play(backend, recording)
        if figures is not None:
            found.setdefault(name, []).append(figures)
    return found


def table(found: dict[str, list[Figures]]) -> Table:
    shown = Table("what", "recordings", "wrong time", "worst", "wrong windows", "purity", "coverage", "heard", "ids")
    for name, figures in found.items():
        wrong = [each.wrong for each in figures]
        means = (
            float(np.mean([getattr(each, measure) for each in figures]))
            for measure in ("wrong_windows", "purity", "coverage", "heard")
        )
        cells = (f"{np.mean(wrong):.1%}", f"{max(wrong):.1%}", *(f"{mean:.1%}" for mean in means))
        shown.add_row(name, str(len(figures)), *cells, f"{np.mean([each.ids for each in figures]):.1f}")
    return shown


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="./manage.sh python -m training.studies.speakers", description="How well speakers are told apart."
    )
    parser.add_argument("--speech", type=Path, default=SPEECH, help="folder with labels.csv (default: %(default)s)")
    parser.add_argument("--tuning", action="store_true", help="use the tuning readers instead")
    parser.add_argument("--only", choices=("conversations", "monologues", "meetings"))
    options = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    readers = TUNING if options.tuning else MEASURING
    backend = Watched(Settings(reliability_floor=0.0))
    kinds: dict[str, Recordings] = {
        "conversations": conversations(options.speech, readers),
        "monologues": monologues(options.speech, readers),
        "meetings": (("AMI, single speakers", excerpt) for excerpt in meetings(options.speech).values()),
    }
    chosen = [recordings for kind, recordings in kinds.items() if options.only in (None, kind)]
    played = list(itertools.chain(*chosen))
    console = screen()
    console.print(table(measured(backend, played)))
    seconds = sum(len(recording.audio) for _, recording in played) / PIPELINE_RATE
    console.print(
        f"Telling speakers apart took {1000 * backend.cpu_seconds / seconds:.1f} ms of CPU per second of audio, "
        f"{1000 * backend.cpu_seconds / backend.speech_seconds:.1f} ms per second of speech."
    )


if __name__ == "__main__":
    main()
