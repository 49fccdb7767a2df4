"""Measure the worker's events for clips: `./manage.sh python -m training.studies.played --model open`.

The whole pipeline (voice activity, speech gate, speakers, smoothing, floor) gets each speaker as one session: the clips
in random order, with a second of silence between them. This checks on audio what training.report computes from
features.
"""

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.progress import track
from rich.table import Table

from classifier_worker.speech.backend import Feed
from classifier_worker.speech.speech_backend import SpeechBackend
from shared.audio import PIPELINE_RATE
from shared.contract.tone_event import ToneEvent
from shared.settings import Settings
from training.data.clips import without_edges
from training.data.corpus import SPEECH, Clip, read_clips
from training.data.recipe import RECIPES, RESEARCH, SEED
from training.figures.outcome import LONG
from training.figures.screen import screen

SILENCE: Final = PIPELINE_RATE
LATE: Final = PIPELINE_RATE // 2
"""An event belongs to the clip that ended at most this many samples before the window did."""


def session(clips: Sequence[Clip]) -> tuple[NDArray[np.int16], list[tuple[int, int]]]:
    """Return int16[N] at 16 kHz, and the position of each clip in it."""
    pieces, spans, at = [np.zeros(SILENCE, np.int16)], [], SILENCE
    for clip in clips:
        audio = (np.clip(without_edges(clip.audio()), -1, 1) * 32_767).astype(np.int16)
        spans.append((at, at + len(audio)))
        pieces += [audio, np.zeros(SILENCE, np.int16)]
        at += len(audio) + SILENCE
    return np.concatenate(pieces), spans


def events(backend: SpeechBackend, samples: NDArray[np.int16]) -> list[tuple[int, ToneEvent]]:
    """Return (sample at the window's end, event) for a whole session."""
    state = backend.open("played", elcor=False)
    given: list[tuple[int, ToneEvent]] = []
    for start in range(0, len(samples), PIPELINE_RATE):
        part = samples[start : start + PIPELINE_RATE]
        (heard,) = backend.classify([Feed(state, start, part, final=start + len(part) == len(samples))])
        given += heard.events
    return given


class Played(NamedTuple):
    """The events for the clips of a corpus."""

    events: int
    right: float
    """Share of the events, 0…1."""
    confidence: float
    """Mean, 0…1."""
    coverage: float
    """Share of the clips of at least LONG seconds that have an event."""
    first_speaker: float
    """Share of the events that carry the first speaker id."""
    said: dict[str, int]


def play(backend: SpeechBackend, clips: Sequence[Clip], speakers: int) -> Played:
    """Play the clips of the first `speakers` people, each as one session."""
    meaning = RESEARCH.affects
    truth, answer, confidence, ids = [], [], [], []
    covered, long = 0, 0
    for person in track(sorted({clip.speaker for clip in clips})[:speakers], "playing"):
        mine = [clip for clip in clips if clip.speaker == person and clip.emotion in meaning]
        mine = [mine[place] for place in np.random.default_rng(SEED).permutation(len(mine))]
        samples, spans = session(mine)
        given = events(backend, samples)
        for clip, (begin, end) in zip(mine, spans, strict=True):
            inside = [event for sample, event in given if begin < sample <= end + SILENCE - LATE]
            if end - begin >= LONG * PIPELINE_RATE:
                long += 1
                covered += bool(inside)
            for event in inside:
                truth.append(meaning[clip.emotion])
                answer.append(event.affect)
                confidence.append(event.confidence)
                ids.append(event.speaker_id)
    return Played(
        len(truth),
        float(np.mean(np.array(truth) == np.array(answer))),
        float(np.mean(confidence)),
        covered / max(1, long),
        float(np.mean(np.array(ids) == "speaker_a")),
        dict(Counter(answer)),
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="./manage.sh python -m training.studies.played", description="Plays clips to the whole pipeline."
    )
    parser.add_argument("--model", choices=sorted(RECIPES), default="open")
    parser.add_argument("--corpora", nargs="+", default=["ravdess", "nemo"])
    parser.add_argument("--speakers", type=int, default=4, help="people of each corpus (default: %(default)s)")
    parser.add_argument("--speech", type=Path, default=SPEECH, help="folder with labels.csv (default: %(default)s)")
    options = parser.parse_args()
    backend = SpeechBackend(Settings(tone_model=options.model))
    known = set(RECIPES[options.model].affects.values())
    console = screen()
    table = Table("", "events", "right", "confidence", "of clips ≥ 2 s have one", "first speaker's id", "said")
    for corpus in options.corpora:
        clips = [clip for clip in read_clips(options.speech, corpus) if RESEARCH.affects.get(clip.emotion) in known]
        played = play(backend, clips, options.speakers)
        table.add_row(
            corpus,
            str(played.events),
            f"{played.right:.1%}",
            f"{played.confidence:.1%}",
            f"{played.coverage:.1%}",
            f"{played.first_speaker:.1%}",
            ", ".join(f"{name} {count}" for name, count in played.said.items()),
        )
    console.print(table)


if __name__ == "__main__":
    main()
