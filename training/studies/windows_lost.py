"""Measure how much real speech the gate rejects: `./manage.sh python -m training.studies.windows_lost`.

Clips of five corpora as recorded, over a telephone, with pink noise and with music 10 dB below the clip, and whispered.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray
from rich.progress import track
from rich.table import Table

from classifier_worker.speech.models.sound_kind import SoundKinds
from classifier_worker.speech.models.voice_activity import VoiceActivity
from classifier_worker.speech.windows.speech_gate import speech_in
from training.data.clips import without_edges
from training.data.conditions import CONDITIONS
from training.data.corpus import SPEECH, read_clips
from training.data.live_windows import live_windows
from training.data.recipe import SEED
from training.data.sounds.music import MUSIC
from training.data.sounds.noise import NOISES, Sound
from training.data.whispering import whispered
from training.figures.screen import screen

Audio = NDArray[np.float32]


def _over(sound: Sound, audio: Audio, rng: np.random.Generator) -> Audio:
    """Add a sound 10 dB below the clip."""
    other = sound(rng, len(audio))
    level = np.sqrt(np.mean(audio**2) / np.mean(other**2)) * 10 ** (-10 / 20)
    return np.asarray(audio + other * level, np.float32)


LABELLED: Final = ("emodb", "ravdess", "nemo")
UNLABELLED: Final = ("librispeech", "ami")
WAYS: Final[dict[str, Callable[[Audio, np.random.Generator], Audio]]] = {
    "as recorded": CONDITIONS["clean"],
    "telephone": CONDITIONS["telephone"],
    "noise": lambda audio, rng: _over(NOISES["pink"], audio, rng),
    "music": lambda audio, rng: _over(MUSIC["band"], audio, rng),
    "whispered": whispered,
}
_AIR: Final = np.zeros(12_000, np.float32)


def recordings(speech: Path, corpus: str, most: int) -> list[Audio]:
    """Choose at most this many clips of a corpus at random, but always the same ones."""
    if corpus in LABELLED:
        paths = [clip.path for clip in read_clips(speech, corpus)]
    else:
        paths = sorted((speech / corpus).glob("*.flac"))
    order = np.random.default_rng(SEED).permutation(len(paths))[:most]
    return [without_edges(soundfile.read(paths[place], dtype="float32")[0]) for place in order]


def main() -> None:
    parser = argparse.ArgumentParser(prog="./manage.sh python -m training.studies.windows_lost", description=__doc__)
    parser.add_argument("--speech", type=Path, default=SPEECH, help="folder with labels.csv (default: %(default)s)")
    parser.add_argument("--clips", type=int, default=300, help="of each corpus at most (default: %(default)s)")
    options = parser.parse_args()
    voice_activity, kinds = VoiceActivity(), SoundKinds()
    shown = Table("corpus", *WAYS, title="Windows lost (of how many)")
    for corpus in (*LABELLED, *UNLABELLED):
        cells = []
        for way, changed in WAYS.items():
            heard, lost = 0, 0
            for number, audio in enumerate(track(recordings(options.speech, corpus, options.clips), f"{corpus} {way}")):
                rng = np.random.default_rng((SEED, number))
                padded = np.concatenate([_AIR, changed(audio, rng), _AIR])
                for window in live_windows(padded, voice_activity):
                    heard += 1
                    lost += speech_in(window.audio, window.voice, kinds.of) is None
            cells.append(f"{lost / max(1, heard):.1%} ({heard})")
        shown.add_row(corpus, *cells)
    screen().print(shown)


if __name__ == "__main__":
    main()
