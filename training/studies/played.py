"""What the worker says when clips are played to it: `./manage.sh python -m training.studies.played --model open`.

The whole pipeline (voice activity, speech gate, speakers, smoothing, floor) hears each speaker as one session: the
clips in random order, a second of silence between them. What training.report
computes from features, this checks on audio.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

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
from training.figures.metrics import Answers
from training.figures.outcome import LONG
from training.figures.screen import screen

SILENCE: Final = PIPELINE_RATE
LATE: Final = PIPELINE_RATE // 2
"""An event belongs to the clip that ended at most so many samples before the window did."""


def session(clips: Sequence[Clip]) -> tuple[NDArray[np.int16], list[tuple[int, int]]]:
    """int16[N] at 16 kHz, and where each clip lies in it."""
    pieces, spans, at = [np.zeros(SILENCE, np.int16)], [], SILENCE
    for clip in clips:
        audio = (np.clip(without_edges(clip.audio()), -1, 1) * 32_767).astype(np.int16)
        spans.append((at, at + len(audio)))
        pieces += [audio, np.zeros(SILENCE, np.int16)]
        at += len(audio) + SILENCE
    return np.concatenate(pieces), spans


def events(backend: SpeechBackend, samples: NDArray[np.int16]) -> list[tuple[int, ToneEvent]]:
    """(Sample at the window's end, event) of a whole session."""
    state = backend.open("played", elcor=False)
    given: list[tuple[int, ToneEvent]] = []
    for start in range(0, len(samples), PIPELINE_RATE):
        part = samples[start : start + PIPELINE_RATE]
        (heard,) = backend.classify([Feed(state, start, part, final=start + len(part) == len(samples))])
        given += heard.events
    return given


def play(backend: SpeechBackend, clips: Sequence[Clip], speakers: int) -> tuple[Answers, float, float, dict[str, int]]:
    """Answers (one an event), share of the long clips with an event, share of events of the first speaker id, and
    how often each affect was said; of the first `speakers` people."""
    meaning = RESEARCH.affects
    truth, answer, confidence, seconds, ids = [], [], [], [], []
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
                seconds.append((end - begin) / PIPELINE_RATE)
                ids.append(event.speaker_id)
    answers = Answers(np.array(truth), np.array(answer), np.array(confidence), np.array(seconds))
    said = {str(name): int(np.sum(answers.answer == name)) for name in np.unique(answers.answer)}
    return answers, covered / max(1, long), float(np.mean(np.array(ids) == "speaker_a")), said


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
        answers, coverage, first, said = play(backend, clips, options.speakers)
        table.add_row(
            corpus,
            str(len(answers.truth)),
            f"{np.mean(answers.truth == answers.answer):.1%}",
            f"{answers.confidence.mean():.1%}",
            f"{coverage:.1%}",
            f"{first:.1%}",
            ", ".join(f"{name} {count}" for name, count in said.items()),
        )
    console.print(table)


if __name__ == "__main__":
    main()
