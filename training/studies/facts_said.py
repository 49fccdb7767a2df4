"""Measure the facts events of ordinary speech: `./manage.sh python -m training.studies.facts_said`.

Each reader of LibriSpeech and each excerpt of AMI is one session of the worker's own backend. Then the same with the
microphone moved halfway through: from there on, everything is 10 dB louder or quieter, though no voice has changed.
"""

import argparse
from collections import Counter
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rich.progress import track
from rich.table import Table

from classifier_worker.speech.backend import Feed
from classifier_worker.speech.speech_backend import SpeechBackend
from shared.audio import PIPELINE_RATE
from shared.contract.facts_event import FactsEvent
from shared.settings import Settings
from training.data.corpus import SPEECH
from training.features.everyday import spoken
from training.figures.screen import screen

MOVED_DB: Final = {"as recorded": 0.0, "10 dB louder from the middle on": 10.0, "10 dB quieter": -10.0}
SHOWN: Final = ("louder", "quieter", "raised_voice", "lowered_voice")


def facts(backend: SpeechBackend, audio: NDArray[np.int16]) -> list[FactsEvent]:
    """Return all events of one session, fed second by second."""
    state, found = backend.open("everyday", elcor=False, facts=True), []
    for at in range(0, len(audio), PIPELINE_RATE):
        feed = Feed(state, at, audio[at : at + PIPELINE_RATE], at + PIPELINE_RATE >= len(audio))
        found += [event for _, event in backend.classify([feed])[0].facts]
    return found


def moved(audio: NDArray[np.int16], decibels: float) -> NDArray[np.int16]:
    """Change the level from the middle on by this many dB. To avoid clipping, the first half is lowered instead."""
    gain = np.ones(len(audio))
    gain[len(audio) // 2 :] = 10.0 ** (decibels / 20.0)
    return np.asarray(np.round(audio * (gain / max(1.0, gain.max()))), np.int16)


def begun(events: list[FactsEvent]) -> Counter[str]:
    """Count how often each flag began: it is in an event, but not in the one before."""
    counts: Counter[str] = Counter()
    before: set[str] = set()
    for event in events:
        counts.update(set(event.prosody_flags) - before)
        before = set(event.prosody_flags)
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(prog="./manage.sh python -m training.studies.facts_said", description=__doc__)
    parser.add_argument("--speech", type=Path, default=SPEECH, help="folder with the corpora (default: %(default)s)")
    parser.add_argument("--seconds", type=int, default=60, help="of each session so many (default: %(default)s)")
    options = parser.parse_args()
    backend = SpeechBackend(Settings(classifier="facts"))
    shown = Table("set", "microphone", "minutes", "events a minute", *(f"{flag} a minute" for flag in SHOWN))
    for name in ("read", "meetings"):
        heard = [audio[: options.seconds * PIPELINE_RATE] for audio in spoken(options.speech, name)]
        minutes = sum(len(audio) for audio in heard) / PIPELINE_RATE / 60
        for how, decibels in MOVED_DB.items():
            said = [facts(backend, moved(audio, decibels)) for audio in track(heard, f"{name}, {how}")]
            flags = sum((begun(events) for events in said), Counter[str]())
            rates = (f"{flags[flag] / minutes:.2f}" for flag in SHOWN)
            shown.add_row(name, how, f"{minutes:.1f}", f"{sum(map(len, said)) / minutes:.1f}", *rates)
    screen().print(shown)


if __name__ == "__main__":
    main()
