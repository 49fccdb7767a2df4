"""Measure how often each prosody flag occurs on real voices: `./manage.sh python -m training.studies.voice_flags`.

A speaker's profile is made from ten neutral clips (RAVDESS: neutral and calm) and then kept; the speaker's other clips
are compared with it. For LibriSpeech the profile is updated clip by clip. The last rows of a corpus are neutral clips
that were altered.
"""

import argparse
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray
from rich.progress import track
from rich.table import Table

from classifier_worker.speech.models.pitch import PitchTracker
from classifier_worker.speech.models.voice_activity import VoiceActivity
from classifier_worker.speech.prosody.flags import FLAGS, SPREADS, ProsodyMeasures, VoiceProfile, flags, measure
from training.data.clips import without_edges
from training.data.corpus import SPEECH, read_clips
from training.data.live_windows import live_windows
from training.data.recipe import SEED
from training.data.sounds.noise import NOISES
from training.data.whispering import whispered, with_breath
from training.figures.screen import screen

Audio = NDArray[np.float32]

PROFILE_CLIPS: Final = 10
SELDOM: Final = ("breathy", "whispered", "raised_voice", "lowered_voice")
EVEN: Final = frozenset({"neutral", "calm"})
_AIR: Final = np.zeros(12_000, np.float32)


def _with_air(audio: Audio) -> Audio:
    return np.concatenate([_AIR, without_edges(audio), _AIR])


def _in_noise(audio: Audio, rng: np.random.Generator, ratio_db: float) -> Audio:
    """Add noise throughout, including the silence around the clip, which does not count towards its level."""
    noise = NOISES["pink"](rng, len(audio))
    level = np.sqrt(np.mean(audio[audio != 0.0] ** 2) / np.mean(noise**2)) * 10 ** (-ratio_db / 20)
    return np.asarray(audio + level * noise, np.float32)


CHANGES: Final[dict[str, Callable[[Audio, np.random.Generator], Audio]]] = {
    "whispered": whispered,
    "breath at 0 dB": lambda audio, rng: with_breath(audio, rng, 0.0),
    "breath at −6 dB": lambda audio, rng: with_breath(audio, rng, -6.0),
    "breath at −12 dB": lambda audio, rng: with_breath(audio, rng, -12.0),
    "noise from 20 dB on": lambda audio, rng: _in_noise(audio, rng, 20.0),
    "noise from 10 dB on": lambda audio, rng: _in_noise(audio, rng, 10.0),
}
"""Alterations of neutral clips, which are compared with the unaltered voice's profile."""


class Ears:
    """Return the measures of the clips' windows."""

    def __init__(self) -> None:
        self._voice_activity = VoiceActivity()
        self._pitch = PitchTracker()

    def measures(self, audio: Audio) -> Iterator[ProsodyMeasures]:
        for window in live_windows(audio, self._voice_activity):
            pitch = self._pitch.track(window.audio[None])
            frames = pitch.pitch_hz[0], pitch.confidence[0], pitch.loudness_db[0]
            yield measure(*frames, window.voice, window.audio)


class Counts:
    """The flags of windows of one kind."""

    def __init__(self) -> None:
        self.windows = 0
        self.silent = 0
        self.flags: Counter[str] = Counter()

    def count(self, found: list[str]) -> None:
        self.windows += 1
        self.silent += not found
        self.flags.update(found)

    def row(self) -> list[str]:
        most = [f"{flag} {count / self.windows:.0%}" for flag, count in self.flags.most_common(4)]
        newest = [f"{self.flags[flag] / self.windows:.1%}" for flag in SELDOM]
        return [str(self.windows), f"{self.silent / self.windows:.0%}", ", ".join(most), *newest]


def labelled(speech: Path, corpus: str, ears: Ears) -> tuple[dict[str, Counts], dict[str, list[float]]]:
    """Emotion (or change) → counts; measure → its spread in each speaker's neutral windows."""
    counts: dict[str, Counts] = defaultdict(Counts)
    spreads: dict[str, list[float]] = defaultdict(list)
    by_speaker: dict[str, list[tuple[str, Audio]]] = defaultdict(list)
    for clip in read_clips(speech, corpus):
        by_speaker[clip.speaker].append((clip.emotion, _with_air(clip.audio())))
    rng = np.random.default_rng(SEED)
    for clips in track(list(by_speaker.values()), corpus):
        even = [place for place, (emotion, _) in enumerate(clips) if emotion in EVEN]
        known = set(rng.permutation(even)[: min(PROFILE_CLIPS, len(even) // 2)].tolist())
        windows = [window for place in sorted(known) for window in ears.measures(clips[place][1])]
        for name, spread in _spreads(windows):
            spreads[name].append(spread)
        profile = VoiceProfile()
        for window in windows:
            profile = profile.with_window(window)
        for emotion, audio in (clip for place, clip in enumerate(clips) if place not in known):
            for name, heard in _versions(emotion, audio, rng):
                for window in ears.measures(heard):
                    counts[name].count(flags(window, profile))
    return counts, spreads


def _versions(emotion: str, audio: Audio, rng: np.random.Generator) -> Iterator[tuple[str, Audio]]:
    yield emotion, audio
    if emotion == "neutral":
        for change, made in CHANGES.items():
            yield f"neutral, {change}", made(audio, rng)


def _spreads(windows: list[ProsodyMeasures]) -> Iterator[tuple[str, float]]:
    for name in SPREADS:
        values = [value for window in windows if (value := getattr(window, name)) is not None]
        if len(values) > 1:
            yield name, float(np.std(values, ddof=1))


def read_aloud(speech: Path, ears: Ears) -> Counts:
    """Measure LibriSpeech, with a running profile for each reader."""
    counts = Counts()
    profiles: dict[str, VoiceProfile] = defaultdict(VoiceProfile)
    for path in track(sorted((speech / "librispeech").glob("*.flac")), "librispeech"):
        reader = path.name.partition("-")[0]
        for window in ears.measures(_with_air(soundfile.read(path, dtype="float32")[0])):
            counts.count(flags(window, profiles[reader]))
            profiles[reader] = profiles[reader].with_window(window)
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(prog="./manage.sh python -m training.studies.voice_flags", description=__doc__)
    parser.add_argument("--speech", type=Path, default=SPEECH, help="folder with labels.csv (default: %(default)s)")
    options = parser.parse_args()
    ears = Ears()
    shown = Table("corpus", "emotion", "windows", "no flag", "most frequent flags", *SELDOM)
    varying = Table("corpus", *SPREADS, title="Spread between the neutral windows of one speaker")
    for corpus in ("emodb", "ravdess", "nemo"):
        counts, spreads = labelled(options.speech, corpus, ears)
        for emotion in sorted(counts, key=lambda name: ("," in name, name)):
            shown.add_row(corpus, emotion, *counts[emotion].row())
        varying.add_row(corpus, *(f"{np.median(spreads[name]):.2f}" for name in SPREADS))
    shown.add_row("librispeech", "read", *read_aloud(options.speech, ears).row())
    console = screen()
    console.print(shown, varying, f"Flags: {', '.join(FLAGS)}.")


if __name__ == "__main__":
    main()
