"""What the worker says of clips that come one after another: windows smoothed as live, each with its confidence."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.smoothing import Smoother, smooth
from classifier_worker.speech.tone_head import ToneHead
from classifier_worker.speech.variety import Variety
from shared.tone_event import Affect
from training.features import Spoken
from training.listening import by_speaker, listen
from training.metrics import Answers
from training.recipe import SEED
from training.sessions import Kind, sessions

PAUSE: Final = 1.0
"""Seconds of silence between clips: another person's short turn."""


@dataclass(frozen=True, slots=True, eq=False)
class Said(Answers):
    """One entry a window, in the order of the windows; confidence is the smoothed one that an event carries."""

    clip: NDArray[np.intp]
    """Number of the clip that the window belongs to."""

    def coverage(self, floor: float) -> float:
        """Share 0…1 of the clips of which anything is said."""
        clips = np.unique(self.clip)
        return len(np.unique(self.clip[self.confidence >= floor])) / len(clips) if len(clips) else float("nan")

    def where(self, chosen: NDArray[np.bool_]) -> "Said":
        return Said(
            self.truth[chosen], self.answer[chosen], self.confidence[chosen], self.seconds[chosen], self.clip[chosen]
        )


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """A clip's windows as the head scored them."""

    truth: str
    logits: NDArray[np.float64]
    """Against the speaker, float64[W, C]."""
    everybody: NDArray[np.float64]
    """Logits against everybody, float64[W, C]."""
    seconds: float
    """Of speech."""
    strangeness: float
    """Of the baseline that it was heard against, 0…1."""
    variety: Variety
    """Of the speaker's tones before it."""
    number: int
    """Clips of the speaker heard before it."""


def hear(
    head: ToneHead, spoken: Sequence[Spoken], meaning: dict[str, Affect], orders: int, kind: Kind = "mixed"
) -> list[list[Heard]]:
    """Sessions of each speaker's clips of affects that the head knows, `orders` times, each from a cold start."""
    known = [clip for clip in spoken if meaning.get(clip.emotion) in head.affects]
    return [
        _heard(head, session, meaning)
        for order in range(orders)
        for number, clips in enumerate(by_speaker(known).values())
        for session in sessions(kind, clips, meaning, (SEED, order, number))
    ]


def _heard(head: ToneHead, session: Sequence[Spoken], meaning: dict[str, Affect]) -> list[Heard]:
    heard, variety = [], Variety()
    for clip in listen(session, head.everybody):
        against_speaker, against_everybody = head.logits(clip.windows), head.logits(clip.standard)
        strangeness, truth = clip.baseline.strangeness, meaning[clip.emotion]
        heard.append(Heard(truth, against_speaker, against_everybody, clip.seconds, strangeness, variety, clip.heard))
        for tone, seconds in zip(head.tones(clip.standard, clip.baseline).tolist(), clip.fresh, strict=True):
            variety = variety.updated(tone, seconds)
    return heard


def probabilities(head: ToneHead, session: Sequence[Heard]) -> list[NDArray[np.float64]]:
    """Of each clip at the head's calibration, float64[W, C]."""
    if not session:
        return []
    windows = [len(clip.logits) for clip in session]
    strangeness, doubt = (
        np.repeat(values, windows)[:, None]
        for values in (
            [clip.strangeness for clip in session],
            [clip.variety.doubt(head.variety) for clip in session],
        )
    )
    logits, everybody = (
        np.concatenate(rows) for rows in zip(*((clip.logits, clip.everybody) for clip in session), strict=True)
    )
    return np.split(head.calibrate(logits, everybody, strangeness, doubt), np.cumsum(windows)[:-1])


def smoothed(head: ToneHead, heard: Sequence[Sequence[Heard]]) -> Iterator[tuple[int, Heard, tuple[float, ...], int]]:
    """Every window in order: number of its clip, the clip, smoothed probabilities, column of the affect given out."""
    count = 0
    for speaker in heard:
        state = Smoother()
        for clip, of_clip in zip(speaker, probabilities(head, speaker), strict=True):
            for window, chances in enumerate(of_clip):
                state, scores, place = smooth(state, chances.tolist(), 0.0 if window else PAUSE)
                yield count, clip, scores, place
            count += 1


def said(head: ToneHead, heard: Sequence[Sequence[Heard]]) -> Said:
    """What is said of all that was heard, at the head's temperatures."""
    rows = [
        (clip.truth, head.affects[place], scores[place], clip.seconds, number)
        for number, clip, scores, place in smoothed(head, heard)
    ]
    truth, answer, confidence, seconds, clips = zip(*rows, strict=True) if rows else ((),) * 5
    return Said(
        np.array(truth, np.str_),
        np.array(answer, np.str_),
        np.array(confidence, np.float64),
        np.array(seconds, np.float64),
        np.array(clips, np.intp),
    )


def joined_said(parts: Sequence[Said]) -> Said:
    """All together; clips keep apart."""
    starts = np.cumsum([0, *(int(part.clip.max(initial=-1)) + 1 for part in parts)])
    moved = [replace(part, clip=part.clip + start) for part, start in zip(parts, starts[:-1], strict=True)]
    return Said(
        np.concatenate([part.truth for part in moved]),
        np.concatenate([part.answer for part in moved]),
        np.concatenate([part.confidence for part in moved]),
        np.concatenate([part.seconds for part in moved]),
        np.concatenate([part.clip for part in moved]),
    )
