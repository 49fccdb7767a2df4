"""Train the detector of synthetic voices: `./manage.sh python -m training.networks.synthetic_voice`.

It needs espeak-ng. Synthetic voices: espeak-ng's in 35 languages and 46 variants. People: EmoDB (CC0), LibriSpeech and
AMI (CC BY 4.0). Both are used as recorded and with simulated telephone lines and rooms. Measured on unseen voices and
people: five other languages and other variants (training/data/sounds/synthetic_speech.py), RAVDESS and nEMO.
"""

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray
from rich.progress import track
from rich.table import Table
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from classifier_worker.speech.models.build.sound_kind import TEXTURE
from classifier_worker.speech.models.sound_kind import SoundKinds
from classifier_worker.speech.models.synthetic_voice import SyntheticEvidence, SyntheticHead
from classifier_worker.speech.models.voice_activity import VoiceActivity
from classifier_worker.speech.windows.speech_gate import TAIL, speech_in
from training.data.clips import without_edges
from training.data.conditions import CONDITIONS
from training.data.corpus import SPEECH, read_clips
from training.data.live_windows import live_windows
from training.data.recipe import SEED
from training.data.sounds import synthetic_speech
from training.data.sounds.synthetic_speech import TEXTS, VOICES, espeak, spoken
from training.data.whispering import whispered
from training.figures.screen import screen

Audio = NDArray[np.float32]

LANGUAGES: Final = (
    "it", "sv", "nl", "cs", "pt", "fi", "hu", "tr", "ro", "da", "el", "ru", "af", "ca", "eo", "et", "hr", "id",
    "is", "la", "lt", "lv", "mk", "ms", "nb", "sk", "sl", "sq", "sw", "cy", "ga", "eu", "bg", "fa", "hi",
)  # fmt: skip
VARIANTS: Final = (
    "f1", "f5", "m1", "m2", "m4", "m5", "m6", "m7", "m8", "klatt", "klatt2", "klatt3", "klatt4", "Annie", "Mario",
    "whisperf", "Alex", "Andy", "Denis", "Gene", "Michael", "Nguyen", "adam", "anika", "belinda", "boris", "caleb",
    "david", "edward", "grandma", "grandpa", "john", "linda", "max", "michel", "pablo", "quincy", "rob", "robert",
    "sandro", "shelby", "steph", "travis", "victor", "zac", "marcelo",
)  # fmt: skip
UTTERANCES: Final = 400
_CHARACTERS: Final = 160
_INVERSE_REGULARISATION: Final = 0.003
_LEAST_LEVEL: Final = 0.03
_PLAIN: Final = 0.1
_WHISPERED: Final = 0.3
"""Share of the utterances in a language's plain voice, and share of the clips that are also whispered."""
_AIR: Final = np.zeros(12_000, np.float32)


def seconds_of(audio: Audio, rng: np.random.Generator, most: int = 30) -> list[Audio]:
    """Yield its seconds from a random position on, without the nearly silent ones."""
    peak = float(np.abs(audio).max())
    starts = range(int(rng.integers(0, TAIL // 2)), len(audio) - TAIL, TAIL)
    seconds = [audio[at : at + TAIL] for at in starts]
    return [second for second in seconds if np.sqrt(np.mean(second**2)) > _LEAST_LEVEL * peak][:most]


def machines(rng: np.random.Generator) -> Iterator[Audio]:
    """Seconds of synthetic voices: any language's voice reads any of the texts."""
    for _ in track(range(UTTERANCES), "espeak-ng"):
        voice = str(rng.choice(LANGUAGES))
        if rng.random() > _PLAIN:
            voice += f"+{rng.choice(VARIANTS)}"
        text = str(rng.choice(list(TEXTS.values())))[:_CHARACTERS]
        audio = espeak(voice, int(rng.integers(110, 300)), text, int(rng.integers(20, 80)))
        yield from seconds_of(_elsewhere(audio / np.abs(audio).max(), rng), rng)


def people(speech: Path, rng: np.random.Generator) -> Iterator[Audio]:
    """Seconds of the corpora's clips, each in two to four conditions."""
    for corpus, times in (("emodb", 2), ("librispeech", 4), ("ami", 4)):
        for path in track(sorted((speech / corpus).glob("*.flac")), corpus):
            audio = without_edges(soundfile.read(path, dtype="float32")[0])
            for _ in range(times):
                yield from seconds_of(_elsewhere(audio, rng), rng)
            if rng.random() < _WHISPERED:
                yield from seconds_of(whispered(audio, rng), rng)


def _elsewhere(audio: NDArray[np.floating], rng: np.random.Generator) -> Audio:
    condition = str(rng.choice(sorted(CONDITIONS)))
    level = 10 ** (rng.uniform(-30, 0) / 20)
    return np.asarray(CONDITIONS[condition](np.asarray(audio, np.float32), rng) * level, np.float32)


def fit(kinds: SoundKinds, machine: Iterable[Audio], person: Iterable[Audio], maker: str) -> SyntheticHead:
    """Fit the head; both classes weigh the same."""
    rows = [[kinds.description(second) for second in side] for side in (person, machine)]
    features = np.concatenate([np.stack(side) for side in rows])
    truth = np.repeat([0, 1], [len(side) for side in rows])
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-6
    with threadpool_limits(1):  # sums in one order give one model
        regression = LogisticRegression(C=_INVERSE_REGULARISATION, class_weight="balanced", max_iter=3000)
        regression.fit((features - mean) / spread, truth)
    weights = regression.coef_[0] / spread
    return SyntheticHead(weights, float(regression.intercept_[0] - weights @ mean), maker)


def called_synthetic(recordings: Iterable[Audio], kinds: SoundKinds, voice_activity: VoiceActivity) -> tuple[int, int]:
    """Return (windows called synthetic, windows) for recordings of one voice."""
    evidence, synthetic, heard = SyntheticEvidence(), 0, 0
    for audio in recordings:
        for window in live_windows(np.concatenate([_AIR, audio, _AIR]), voice_activity):
            kind = speech_in(window.audio, window.voice, kinds.of)
            if kind is not None:
                evidence = evidence.with_window(kind.synthetic)
                synthetic, heard = synthetic + evidence.synthetic, heard + 1
    return synthetic, heard


def measured(head: SyntheticHead, speech: Path) -> Table:
    """Show which share of unseen voices is called synthetic, in three conditions."""
    kinds, voice_activity = SoundKinds(head=head), VoiceActivity()
    conditions = ("clean", "telephone", "noisy")
    shown = Table("voices", *conditions, title="Windows called synthetic (of how many)")

    def row(name: str, voices: list[list[Audio]]) -> None:
        cells = []
        for condition in conditions:
            rng = np.random.default_rng(SEED)
            found = [
                called_synthetic([CONDITIONS[condition](audio, rng) for audio in voice], kinds, voice_activity)
                for voice in track(voices, f"{name} {condition}")
            ]
            synthetic, heard = (sum(counts) for counts in zip(*found, strict=True))
            cells.append(f"{synthetic / heard:.1%} ({heard})")
        shown.add_row(name, *cells)

    row("espeak-ng", [[np.asarray(spoken(*voice), np.float32)] for voice in VOICES])
    for corpus in ("emodb", "ravdess", "nemo"):
        by_speaker: dict[str, list[Audio]] = {}
        for clip in read_clips(speech, corpus):
            by_speaker.setdefault(clip.speaker, []).append(without_edges(clip.audio()))
        row(corpus, [clips[::3] for clips in by_speaker.values()])
    return shown


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="./manage.sh python -m training.networks.synthetic_voice", description=__doc__
    )
    parser.add_argument("--speech", type=Path, default=SPEECH, help="folder with the corpora (default: %(default)s)")
    parser.add_argument("--measure", action="store_true", help="only measure the head that is there")
    options = parser.parse_args()
    if not synthetic_speech.available():
        parser.error("espeak-ng is not installed (Debian: apt-get install espeak-ng).")
    if not options.measure:
        untrained = SoundKinds(head=SyntheticHead(np.zeros(2 * TEXTURE), 0.0, ""))
        rng = np.random.default_rng(SEED)
        head = fit(untrained, machines(rng), people(options.speech, rng), synthetic_speech.version())
        head.save()
    screen().print(measured(SyntheticHead.load(), options.speech))


if __name__ == "__main__":
    main()
