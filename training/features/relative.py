"""Speakers as in the live pipeline: a cold start, then clip after clip, each relative to the ones before."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.tone.baseline import Everybody, SpeakerBaseline
from training.features.extract import Spoken


@dataclass(frozen=True, slots=True, eq=False)
class Relative:
    """A clip relative to its speaker's baseline."""

    emotion: str
    standard: NDArray[np.float32]
    """float32[W, D], standardised by the average over all speakers."""
    windows: NDArray[np.float32]
    """float32[W, D], normalised by the speaker's baseline."""
    fresh: tuple[float, ...]
    """Seconds of speech that each window adds."""
    baseline: SpeakerBaseline
    """The baseline that it is relative to."""
    heard: int
    """Number of the speaker's clips already in the baseline."""

    @property
    def seconds(self) -> float:
        """Seconds of speech in it."""
        return sum(self.fresh)


def by_speaker(spoken: Sequence[Spoken]) -> dict[str, list[Spoken]]:
    speakers: dict[str, list[Spoken]] = {}
    for clip in spoken:
        speakers.setdefault(clip.speaker, []).append(clip)
    return speakers


def listen(clips: Sequence[Spoken], everybody: Everybody) -> list[Relative]:
    """Yield one speaker's clips in order from a cold start. Each is normalised before it updates the baseline."""
    heard, baseline = [], SpeakerBaseline.cold(len(everybody.mean))
    for number, clip in enumerate(clips):
        windows = everybody.standardise(clip.windows)
        heard.append(Relative(clip.emotion, windows, baseline.normalise(windows), clip.seconds, baseline, number))
        for window, seconds in zip(windows, clip.seconds, strict=True):
            baseline = baseline.updated(window, seconds)
    return heard


def in_random_order(clips: Sequence[Spoken], rng: np.random.Generator) -> list[Spoken]:
    return [clips[index] for index in rng.permutation(len(clips))]


def in_a_mood(
    clips: Sequence[Spoken],
    rng: np.random.Generator,
    count: int = 45,
    *,
    neutral: Collection[str] = (),
    mostly: float | None = None,
) -> list[Spoken]:
    """Draw up to `count` clips whose emotions are mixed unevenly (Dirichlet, α = 0.7), as in life.

    mostly: the share of clips to draw from the emotions in `neutral`, if the speaker has any; fewer clips are drawn if
    those run out.
    """
    emotions, which = np.unique([clip.emotion for clip in clips], return_inverse=True)
    shares = rng.dirichlet(np.full(len(emotions), 0.7))
    even = np.isin(emotions, list(neutral))
    if mostly is not None and even.any():
        shares = np.where(even, mostly / even.sum() + shares * (1.0 - mostly), shares * (1.0 - mostly))
        count = min(count, int(even[which].sum() / mostly) + 2)
    shares = shares + 1e-3
    chances = shares[which] / np.bincount(which)[which]
    chosen = rng.choice(len(clips), min(count, len(clips)), replace=False, p=chances / chances.sum())
    return [clips[index] for index in chosen]
