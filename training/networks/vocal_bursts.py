"""Train the detector of laughter: `./manage.sh python -m training.networks.vocal_bursts`.

Laughter: EmoGator's bursts of amusement (Apache-2.0) with rhythmic calls, selected automatically. This needs a clone:
`git clone https://github.com/fredbuhl/EmoGator data/emogator`. Other sounds: its bursts of sadness, relief,
disappointment, distress and no emotion, EmoDB, everyday speech, and synthesised coughs. Measured on unseen people and
corpora; `--labelled FOLDER` also measures on a folder whose subfolders name their sounds.
"""

import argparse
import hashlib
import warnings
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import scipy.signal
from numpy.typing import NDArray
from rich.progress import track
from rich.table import Table
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from classifier_worker.speech.models.build import sound_kind as sound_kind_build
from classifier_worker.speech.models.build.sound_kind import weights_path
from classifier_worker.speech.models.sound_kind import SoundKinds
from classifier_worker.speech.models.vocal_bursts import SIZE, SPAN, STEP, BurstHead, descriptions, level
from classifier_worker.speech.signal import kaldi_filterbank as filterbank
from training.data import conditions, sound_file
from training.data.conditions import CONDITIONS
from training.data.corpus import SPEECH
from training.data.recipe import SEED
from training.data.sounds import sound
from training.data.sounds.throat import THROAT
from training.figures.screen import screen

Rows = NDArray[np.float64]

ROOT: Final = Path(__file__).resolve().parents[2]
EMOGATOR: Final = ROOT / "data" / "emogator"
CACHE: Final = ROOT / "data" / "training-cache"

AMUSEMENT: Final = "02"
SADNESS: Final = "24"
OTHER_BURSTS: Final = {"09": "disappointment", "11": "distress", "18": "neutral", "22": "relief", SADNESS: "sadness"}
"""EmoGator's numbers of emotions that hardly contain laughter; elation, joy and the like contain some."""
EVERYDAY: Final = ("librispeech_251", "ohf_voices", "picovoice_sti", "speechocean762")
TRAINED_SPEECH: Final = ("emodb", *(f"everyday/{name}" for name in EVERYDAY))
UNSEEN_SPEECH: Final = ("ravdess", "nemo", "emotiontts", "librispeech", "ami", "everyday/fixtures")
"""The first three are acted, with all emotions. None is used for training."""
ELSEWHERE: Final = ("telephone", "noisy", "room", "microphone")
"""Lines and rooms: each training clip is used once unchanged and once in one of these."""

CALLS: Final = 3
"""Consecutive peaks of level, 0.12 to 0.36 s apart, that make a burst of amusement count as a laugh."""
LEFT_OUT: Final = (("emodb",), ("everyday/speechocean762", "everyday/ohf_voices"))
"""Corpora left out in turn: the second of their speech most like laughter sets the threshold …"""
MARGIN: Final = 0.5
"""… plus this margin, in log-odds, because other microphones and actors differ more."""

_TESTED: Final = 4
"""Every fourth of EmoGator's people is used only for measuring."""
_LOUD_DB: Final = 25.0
_LOUD_SHARE: Final = 0.3
_HIDDEN: Final = 64
_DECAY: Final = 3.0
_PASSES: Final = 12
_NETWORKS: Final = 4


class Frames(NamedTuple):
    """One clip."""

    name: str
    texture: NDArray[np.floating[Any]]
    """[T, 128]"""
    level: NDArray[np.floating[Any]]
    """[T], dB"""


def heard(kinds: SoundKinds, paths: Sequence[Path], condition: str = "clean") -> list[Frames]:
    """The frames of sound files, kept in CACHE. condition: one of CONDITIONS, or "elsewhere" for one of ELSEWHERE."""
    kept = CACHE / f"bursts-{_key(paths, condition)}.npz"
    if not kept.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        shown = f"{paths[0].parent.name} {condition}"
        clips = [_frames(kinds, path, condition) for path in track(paths, shown)]
        with kept.open("wb") as file:
            np.savez(
                file,
                allow_pickle=False,
                texture=np.concatenate([clip.texture for clip in clips]),
                level=np.concatenate([clip.level for clip in clips]),
                length=[len(clip.level) for clip in clips],
            )
    with np.load(kept, allow_pickle=False) as stored:
        cuts = np.cumsum(stored["length"])[:-1]
        parts = zip(np.split(stored["texture"], cuts), np.split(stored["level"], cuts), strict=True)
    return [Frames(path.stem, texture, level_db) for path, (texture, level_db) in zip(paths, parts, strict=True)]


def _key(paths: Sequence[Path], condition: str) -> str:
    digest = hashlib.sha256(f"{condition} {SEED}".encode())
    made_by = (filterbank, sound_kind_build, sound_file, conditions)
    for source in (*(Path(str(module.__file__)) for module in made_by), weights_path()):
        digest.update(hashlib.sha256(source.read_bytes()).digest())
    for path in paths:
        digest.update(f"{path.name}\0{path.stat().st_size}\0".encode())
    return digest.hexdigest()[:16]


def _frames(kinds: SoundKinds, path: Path, condition: str) -> Frames:
    audio, rng = sound_file.read(path), np.random.default_rng((SEED, zlib.crc32(path.stem.encode())))
    if condition == "elsewhere":
        condition = str(rng.choice(ELSEWHERE))
    audio = np.asarray(CONDITIONS[condition](audio, rng), np.float32)
    audio = np.pad(audio, (0, max(0, 1_600 - len(audio))))
    return Frames(path.stem, kinds.texture(audio).astype(np.float16), level(audio).astype(np.float16))


def calls(level_db: NDArray[np.floating[Any]]) -> int:
    """Count the peaks of level that follow each other like the calls of a laugh.

    Of 25 clips labelled as laughter (Deeply Nonverbal Vocalization) 96 % have CALLS or more, of its sighs 16 %.
    """
    smooth = np.convolve(level_db.astype(np.float64), np.full(5, 0.2), "same")
    peaks, _ = scipy.signal.find_peaks(smooth, height=np.percentile(smooth, 98) - 20, prominence=4, distance=10)
    longest = run = min(1, len(peaks))
    for gap in np.diff(peaks):
        run = run + 1 if 12 <= gap <= 36 else 1
        longest = max(longest, run)
    return longest


def seconds(clips: Sequence[Frames], *, loud: bool) -> Rows:
    """[n, SIZE]: one-second windows, one every STEP frames. loud: keep only windows with enough sound."""
    return np.concatenate([np.zeros((0, SIZE)), *(_of_clip(clip, loud=loud) for clip in clips)])


def _of_clip(clip: Frames, *, loud: bool) -> Rows:
    rows = descriptions(clip.texture, clip.level)
    if not loud:
        return rows
    sounding = clip.level > np.percentile(clip.level, 98) - _LOUD_DB
    ends = [len(sounding) - STEP * number for number in range(len(rows))]
    shares = [float(sounding[max(0, end - SPAN) : end].sum()) / SPAN for end in ends]
    return rows[np.array(shares) >= _LOUD_SHARE]


def bursts(folder: Path, number: str, *, tested: bool) -> list[Path]:
    """Return EmoGator's files of one emotion, from the people used for training or from the others."""
    paths = sorted((folder / "data" / "mp3").glob(f"*-{number}-*.mp3"))
    return [path for path in paths if (int(path.name[:6]) % _TESTED == 0) == tested]


def speech(folder: Path, corpus: str) -> list[Path]:
    return sorted((folder / corpus).glob("*.flac"))


def coughs(kinds: SoundKinds) -> Rows:
    """Synthesise coughs and other throat sounds."""
    made = (np.asarray(sound("coughs and the like", name, 30.0, -20.0, SEED) / 32768, np.float32) for name in THROAT)
    return seconds([Frames("", kinds.texture(audio), level(audio)) for audio in made], loud=False)


class Example(NamedTuple):
    """A part of the training data."""

    rows: Rows
    laughter: bool
    corpus: str


def examples(kinds: SoundKinds, emogator: Path, spoken: Path) -> Iterator[Example]:
    """Return all training data."""
    clean = heard(kinds, bursts(emogator, AMUSEMENT, tested=False))
    laughs = {clip.name for clip in clean if calls(clip.level) >= CALLS}
    for condition in ("clean", "elsewhere"):
        amused = heard(kinds, bursts(emogator, AMUSEMENT, tested=False), condition)
        yield Example(seconds([clip for clip in amused if clip.name in laughs], loud=True), True, "emogator")
        for number in OTHER_BURSTS if condition == "clean" else (SADNESS,):
            others = heard(kinds, bursts(emogator, number, tested=False), condition)
            yield Example(seconds(others, loud=False)[::2], False, "emogator")
        for corpus in TRAINED_SPEECH:
            yield Example(seconds(heard(kinds, speech(spoken, corpus), condition), loud=False), False, corpus)
    yield Example(coughs(kinds), False, "made")


def fit(parts: Sequence[Example]) -> BurstHead:
    """Fit a head without a threshold, the mean of _NETWORKS. Laughter counts twice because it is rare."""
    weighed = [part for part in parts for _ in range(2 if part.laughter else 1)]
    rows = np.concatenate([part.rows for part in weighed])
    truth = np.concatenate([np.full(len(part.rows), part.laughter) for part in weighed])
    mean, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    inputs = np.clip((rows - mean) / spread, -5, 5)
    networks = [_network(inputs, truth, SEED + number) for number in range(_NETWORKS)]
    hidden, out = (np.concatenate([network.coefs_[layer].T for network in networks], axis=layer) for layer in (0, 1))
    hidden_bias = np.concatenate([network.intercepts_[0] for network in networks])
    out_bias = float(np.mean([network.intercepts_[1][0] for network in networks]))
    return BurstHead(mean, spread, hidden, hidden_bias, out[0] / _NETWORKS, out_bias, 0.0)


def _network(inputs: Rows, truth: NDArray[np.bool_], seed: int) -> MLPClassifier:
    network = MLPClassifier((_HIDDEN,), alpha=_DECAY, batch_size=256, max_iter=_PASSES, random_state=seed)
    with threadpool_limits(1), warnings.catch_warnings():  # sums in one order give one model
        warnings.simplefilter("ignore", ConvergenceWarning)  # few passes on purpose: more would overfit to people
        return network.fit(inputs, truth)


def surest(head: BurstHead, clips: Sequence[Frames]) -> NDArray[np.float64]:
    """Return the head's log-odds for each clip's most laughter-like second."""
    return np.array([head.surest(descriptions(clip.texture, clip.level)) for clip in clips])


def minutes(clips: Sequence[Frames]) -> float:
    return sum(len(clip.level) for clip in clips) / 6_000


def threshold(kinds: SoundKinds, parts: Sequence[Example], spoken: Path) -> float:
    """Return the threshold: MARGIN above all log-odds for the speech of LEFT_OUT by heads not trained on it."""
    found = []
    for group in LEFT_OUT:
        head = fit([part for part in parts if part.corpus not in group])
        clips = [clip for corpus in group for clip in heard(kinds, speech(spoken, corpus))]
        found.append(float(surest(head, clips).max()))
    return max(found) + MARGIN


def measured(kinds: SoundKinds, head: BurstHead, emogator: Path, spoken: Path, labelled: Path | None) -> list[Table]:
    """Show false alarms on speech, and which share of each kind of burst is called laughter."""
    alarms = Table("speech", "minutes", "clips", "called laughter", "a minute", title="Speech that is not trained on")
    for corpus in UNSEEN_SPEECH:
        clips = heard(kinds, speech(spoken, corpus))
        called = int((surest(head, clips) >= 0).sum())
        alarms.add_row(corpus, f"{minutes(clips):.1f}", str(len(clips)), str(called), f"{called / minutes(clips):.2f}")
    found = Table("sounds", "clips", "called laughter", title="Bursts of people who are not trained on")
    for name, clips in _tested(kinds, emogator, labelled):
        found.add_row(name, str(len(clips)), f"{(surest(head, clips) >= 0).mean():.0%}")
    return [alarms, found]


def _tested(kinds: SoundKinds, emogator: Path, labelled: Path | None) -> Iterator[tuple[str, list[Frames]]]:
    """Yield (name, clips) of the bursts to measure on."""
    amused = bursts(emogator, AMUSEMENT, tested=True)
    rhythmic = [calls(clip.level) >= CALLS for clip in heard(kinds, amused)]
    for condition in ("clean", "elsewhere"):
        clips = heard(kinds, amused, condition)
        laughs = [clip for clip, laughed in zip(clips, rhythmic, strict=True) if laughed]
        yield f"EmoGator amusement in rhythm, {condition}", laughs
        yield f"EmoGator amusement, {condition}", clips
    for number, name in OTHER_BURSTS.items():
        yield f"EmoGator {name}", heard(kinds, bursts(emogator, number, tested=True))
    for folder in sorted(path for path in labelled.iterdir() if path.is_dir()) if labelled else ():
        yield f"labelled {folder.name}", heard(kinds, sorted(folder.glob("*.wav")))


def untrained() -> BurstHead:
    """Return a placeholder for the sound detector while there is no head."""
    nothing = np.zeros(SIZE)
    return BurstHead(nothing, nothing + 1, nothing[None], np.zeros(1), np.zeros(1), 0.0, np.inf)


def main() -> None:
    parser = argparse.ArgumentParser(prog="./manage.sh python -m training.networks.vocal_bursts", description=__doc__)
    parser.add_argument("--speech", type=Path, default=SPEECH, help="folder with the corpora (default: %(default)s)")
    parser.add_argument("--emogator", type=Path, default=EMOGATOR, help="clone of EmoGator (default: %(default)s)")
    parser.add_argument("--labelled", type=Path, help="folder of sounds to measure on, one subfolder a kind of sound")
    parser.add_argument("--measure", action="store_true", help="only measure the head that is there")
    options = parser.parse_args()
    if not bursts(options.emogator, AMUSEMENT, tested=False):
        parser.error(f"{options.emogator} has no recordings: git clone https://github.com/fredbuhl/EmoGator there.")
    kinds = SoundKinds(bursts=untrained())
    if not options.measure:
        parts = list(examples(kinds, options.emogator, options.speech))
        fit(parts).with_threshold(threshold(kinds, parts, options.speech)).save()
    tables = measured(kinds, BurstHead.load(), options.emogator, options.speech, options.labelled)
    screen().print(*tables)


if __name__ == "__main__":
    main()
