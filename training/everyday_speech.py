"""What is said of speech that nobody labelled, read and in meetings: `./manage.sh python -m training.everyday_speech`.

Each reader of LibriSpeech, and each excerpt of AMI, is a session of the worker's own backend.
"""

import argparse
from collections import Counter, defaultdict
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray
from rich.progress import track
from rich.table import Table

from classifier_worker.backends import Feed
from classifier_worker.backends.speech import SpeechBackend
from shared.audio import PIPELINE_RATE
from shared.settings import Settings
from shared.tone_event import ToneEvent
from training.corpus import SPEECH
from training.recipe import RECIPES
from training.screen import screen

FLOOR: Final = Settings.model_fields["reliability_floor"].default
_BETWEEN: Final = np.zeros(PIPELINE_RATE, np.int16)


def sessions(speech: Path, corpus: str) -> list[NDArray[np.int16]]:
    """int16[N] each: a reader's utterances with a second between them, or a meeting's excerpt."""
    by_session: dict[str, list[NDArray[np.int16]]] = defaultdict(list)
    for path in sorted((speech / corpus).glob("*.flac")):
        name = path.stem.partition("-")[0] if corpus == "librispeech" else path.stem
        by_session[name] += [soundfile.read(path, dtype="int16")[0], _BETWEEN]
    return [np.concatenate(parts) for parts in by_session.values()]


def events(backend: SpeechBackend, audio: NDArray[np.int16]) -> list[ToneEvent]:
    """Everything that is said of one session, fed in seconds."""
    state, found = backend.open("everyday", elcor=False), []
    for at in range(0, len(audio), PIPELINE_RATE):
        feed = Feed(state, at, audio[at : at + PIPELINE_RATE], at + PIPELINE_RATE >= len(audio))
        found += [event for _, event in backend.hear([feed])[0].events]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="./manage.sh python -m training.everyday_speech", description=__doc__)
    parser.add_argument("--speech", type=Path, default=SPEECH, help="folder with the corpora (default: %(default)s)")
    options = parser.parse_args()
    shown = Table("corpus", "model", "minutes", "windows a minute", "said a minute", "said of windows", "said are")
    for corpus in ("librispeech", "ami"):
        heard = sessions(options.speech, corpus)
        minutes = sum(len(audio) for audio in heard) / PIPELINE_RATE / 60
        for model in sorted(RECIPES):
            # Without a floor every window has its event; those that reach the floor are the ones that would be said.
            backend = SpeechBackend(Settings(tone_model=model, reliability_floor=0.0))
            everything = [event for audio in track(heard, f"{corpus} {model}") for event in events(backend, audio)]
            said = Counter(event.affect for event in everything if event.confidence >= FLOOR)
            affects = ", ".join(f"{affect} {count / said.total():.0%}" for affect, count in said.most_common())
            shown.add_row(
                corpus,
                model,
                f"{minutes:.1f}",
                f"{len(everything) / minutes:.1f}",
                f"{said.total() / minutes:.1f}",
                f"{said.total() / max(1, len(everything)):.0%}",
                affects,
            )
    screen().print(shown)


if __name__ == "__main__":
    main()
