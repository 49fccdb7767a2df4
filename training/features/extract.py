"""Compute the features of clips, cached in data/training-cache so that the encoder runs only once."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from classifier_worker.speech.models.build.encoder import ensure_encoder
from classifier_worker.speech.models.embedding import embed
from classifier_worker.speech.models.encoder import Encoder
from classifier_worker.speech.models.voice_activity import VoiceActivity
from classifier_worker.speech.models.voiceprint import Voiceprints
from training.data.clips import Excerpt, pieces
from training.data.corpus import Clip
from training.features import feature_cache

DATA: Final = Path(__file__).resolve().parents[2] / "data"


@dataclass(frozen=True, slots=True, eq=False)
class Spoken:
    """One clip's features."""

    corpus: str
    person: str
    """Unique over all corpora: "corpus/name"."""
    excerpt: Excerpt
    condition: str
    emotion: str
    windows: NDArray[np.float32]
    """float32[W, D]"""
    seconds: tuple[float, ...]
    """Seconds of new speech in each window."""

    @property
    def speaker(self) -> str:
        """The identity of the voice: the same person in another room counts as another speaker."""
        return f"{self.person} {self.excerpt} {self.condition}"


class Extractor:
    """Compute features, or read them from the cache."""

    def __init__(self, threads: int = 1) -> None:
        self._encoder = Encoder(ensure_encoder(DATA / "models" / "encoder.onnx"), "cpu", threads)
        self.voiceprints = Voiceprints(threads)
        self._voice_activity = VoiceActivity(threads)

    def features(self, corpus: Sequence[Clip], excerpt: Excerpt, condition: str, *, exact_air: bool) -> list[Spoken]:
        """Return every clip in one condition. `exact_air`: 0.3 s around the speech as live, else 0…0.3 s at random."""
        path = DATA / "training-cache" / f"{feature_cache.name(corpus, excerpt, condition, exact_air)}.npz"
        if not path.exists():
            self._compute(corpus, excerpt, condition, exact_air, path)
        with np.load(path, allow_pickle=False) as cache:
            windows, counts, seconds = cache["windows"], cache["counts"], cache["seconds"]
        ends = np.cumsum(counts)
        return [
            Spoken(
                clip.corpus,
                clip.speaker,
                excerpt,
                condition,
                clip.emotion,
                windows[end - count : end],
                tuple(seconds[end - count : end].tolist()),
            )
            for clip, count, end in zip(corpus, counts, ends, strict=True)
        ]

    def pieces(
        self, clip: Clip, excerpt: Excerpt, condition: str, *, exact_air: bool
    ) -> tuple[list[NDArray[np.float32]], tuple[float, ...]]:
        """Return the windows of a clip that `features` uses, and the seconds of speech that each adds."""
        return pieces(clip, excerpt, condition, self._voice_activity, exact_air=exact_air)

    def _embedded(self, parts: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        return np.concatenate([embed(self._encoder, self.voiceprints, part[None]) for part in parts])

    def _compute(self, corpus: Sequence[Clip], excerpt: Excerpt, condition: str, exact_air: bool, path: Path) -> None:
        windows: list[NDArray[np.float32]] = []
        counts: list[int] = []
        seconds: list[float] = []
        for clip in track(corpus, f"{corpus[0].corpus} {excerpt} {condition}"):
            parts, added = self.pieces(clip, excerpt, condition, exact_air=exact_air)
            windows.append(self._embedded(parts))
            counts.append(len(parts))
            seconds += added
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".part")
        with temporary.open("wb") as file:
            np.savez(file, windows=np.concatenate(windows), counts=np.array(counts), seconds=np.array(seconds))
        temporary.replace(path)
