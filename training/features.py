"""Clips → features, kept under data/training-cache so that only the first run pays for the encoder."""

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from classifier_worker.speech import embedding, encoder_build, filterbank, log_mel, voiceprint
from classifier_worker.speech.embedding import embed
from classifier_worker.speech.encoder import Encoder
from classifier_worker.speech.encoder_build import ensure_encoder
from classifier_worker.speech.voice_activity import VoiceActivity
from classifier_worker.speech.voiceprint import Voiceprints
from training import clips, conditions
from training.clips import HOP, PADDING, WINDOW, cut_windows, find_speech, with_air, without_edges
from training.conditions import CONDITIONS
from training.corpus import Clip
from training.recipe import SEED

DATA: Final = Path(__file__).resolve().parents[1] / "data"

Excerpt = Literal["whole", "opening"]
"""The whole clip, or its first 2 s: a third of EmoDB exists only so, and length must not give emotions away."""

_OPENING = 32_000


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
    """Of speech not heard before, for each window."""

    @property
    def speaker(self) -> str:
        """Who counts as one voice: the same person in another room counts as another speaker."""
        return f"{self.person} {self.excerpt} {self.condition}"


class Extractor:
    """Computes features, or reads them from the cache."""

    def __init__(self, threads: int = 1) -> None:
        self._encoder = Encoder(ensure_encoder(DATA / "models" / "encoder.onnx"), "cpu", threads)
        self._voiceprints = Voiceprints(threads)
        self._voice_activity = VoiceActivity(threads)

    def features(self, corpus: Sequence[Clip], excerpt: Excerpt, condition: str, *, exact_air: bool) -> list[Spoken]:
        """Every clip in one condition. `exact_air`: 0.3 s around the speech as live, else 0…0.3 s at random."""
        path = DATA / "training-cache" / f"{_key(corpus, excerpt, condition, exact_air)}.npz"
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

    def in_windows(self, clip: Clip, window: int) -> Spoken:
        """One clip as recorded, in windows of so many samples. Not cached."""
        audio = without_edges(clip.audio())
        speech = find_speech(audio, self._voice_activity)
        rng = np.random.default_rng((SEED, zlib.crc32(clip.path.name.encode())))
        pieces = cut_windows(with_air(audio, speech, (PADDING, PADDING), rng), window)
        windows = self._embedded(pieces)
        return Spoken(clip.corpus, clip.speaker, "whole", "clean", clip.emotion, windows, _seconds(speech, len(pieces)))

    def pieces(
        self, clip: Clip, excerpt: Excerpt, condition: str, *, exact_air: bool
    ) -> tuple[list[NDArray[np.float32]], tuple[float, ...]]:
        """The windows that `features` hears of a clip, and the seconds of speech that each adds."""
        audio = without_edges(clip.audio())
        if excerpt == "opening":
            audio = audio[:_OPENING]
        air_rng = np.random.default_rng((SEED, zlib.crc32(clip.path.name.encode())))
        start, end = find_speech(audio, self._voice_activity)
        before, after = (PADDING, PADDING) if exact_air else air_rng.integers(0, PADDING, 2)
        piece = with_air(audio, (start, end), (int(before), int(after)), air_rng)
        speaker_rng = np.random.default_rng((SEED, zlib.crc32(f"{clip.speaker} {condition}".encode())))
        pieces = cut_windows(CONDITIONS[condition](piece, speaker_rng))
        return pieces, _seconds((start, end), len(pieces))

    def _embedded(self, pieces: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        return np.concatenate([embed(self._encoder, self._voiceprints, piece[None]) for piece in pieces])

    def _compute(self, corpus: Sequence[Clip], excerpt: Excerpt, condition: str, exact_air: bool, path: Path) -> None:
        windows: list[NDArray[np.float32]] = []
        counts: list[int] = []
        seconds: list[float] = []
        for clip in track(corpus, f"{corpus[0].corpus} {excerpt} {condition}"):
            pieces, added = self.pieces(clip, excerpt, condition, exact_air=exact_air)
            windows.append(self._embedded(pieces))
            counts.append(len(pieces))
            seconds += added
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".part")
        with temporary.open("wb") as file:
            np.savez(file, windows=np.concatenate(windows), counts=np.array(counts), seconds=np.array(seconds))
        temporary.replace(path)


def _seconds(speech: tuple[int, int], windows: int) -> tuple[float, ...]:
    """Of speech that each window adds."""
    start, end = speech
    return (min(end - start, WINDOW) / 16_000, *[HOP / 16_000] * (windows - 1))


def _key(corpus: Sequence[Clip], excerpt: Excerpt, condition: str, exact_air: bool) -> str:
    """Changes with the clips, with what is asked, and with the code that computes it."""
    digest = hashlib.sha256(f"{excerpt} {condition} {exact_air} {SEED}".encode())
    modules = (encoder_build, log_mel, filterbank, voiceprint, embedding, clips, conditions)
    for source in (*(Path(str(module.__file__)) for module in modules), voiceprint.MODEL):
        digest.update(source.read_bytes())
    for clip in corpus:
        digest.update(f"{clip.path.name} {clip.path.stat().st_size}\n".encode())
    return f"{corpus[0].corpus}-{excerpt}-{condition}-{digest.hexdigest()[:16]}"
