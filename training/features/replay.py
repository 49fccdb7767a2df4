"""Replay sessions of windows with the worker's own state: the readers' scores and the voice's state at each window.

None of it depends on the mixture's numbers, so those can be fitted to it; `outcome.py` determines the events.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.tone.baseline import SpeakerBaseline
from classifier_worker.speech.tone.lasting_tone import LastingTone
from classifier_worker.speech.tone.mixture import Mixture, Voices, is_even
from classifier_worker.speech.tone.tone_head import ToneHead
from classifier_worker.speech.tone.variety import Variety
from shared.contract.tone_event import Affect

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """One conversation, window by window; [W] each."""

    features: NDArray[np.float32]
    """float32[W, D]"""
    seconds: Floats
    """Seconds of speech that each window adds."""
    pause: Floats
    """Seconds of silence before it if an utterance begins, else 0."""
    truth: NDArray[np.str_]
    """The affect that the actor was asked for; "neutral" for ordinary speech."""
    clip: NDArray[np.intp]
    """Number of the clip that the window belongs to."""
    voice: NDArray[np.intp]
    """Number of the speaker within the session."""
    sure: NDArray[np.bool_]
    """Whether it updates the voice's baseline."""
    minutes: float = 0.0
    """Seconds of audio, including silence; 0 if not needed."""


@dataclass(frozen=True, slots=True, eq=False)
class Replayed:
    """Windows of consecutive sessions; [W] each, scores [W, C]."""

    affects: tuple[Affect, ...]
    relative: Floats
    absolute: Floats
    lasting: Floats
    strangeness: Floats
    variety: Floats
    heard: Floats
    """Seconds of the voice's speech before the window."""
    pause: Floats
    seconds: Floats
    truth: NDArray[np.str_]
    clip: NDArray[np.intp]
    """Unique over all sessions."""
    voice: NDArray[np.intp]
    """Unique over all sessions."""
    minutes: float

    def probabilities(self, mixture: Mixture) -> Floats:
        """float64[W, C], before smoothing."""
        return mixture.probabilities(
            self.relative,
            self.absolute,
            Voices(self.lasting, self.strangeness, self.variety, self.heard),
            is_even(self.affects),
        )


def replay(head: ToneHead, sessions: Sequence[Session]) -> Replayed:
    """Judge every window before it updates its voice, as live."""
    rows: list[tuple[Floats, Floats, Floats, float, float, float]] = []
    for session in sessions:
        rows += _of_session(head, session)
    empty = np.zeros((0, len(head.affects)))
    relative, absolute, lasting, strangeness, variety, heard = (
        zip(*rows, strict=True) if rows else (empty, empty, empty, (), (), ())
    )
    return Replayed(
        head.affects,
        np.array(relative).reshape(-1, len(head.affects)),
        np.array(absolute).reshape(-1, len(head.affects)),
        np.array(lasting).reshape(-1, len(head.affects)),
        np.array(strangeness, np.float64),
        np.array(variety, np.float64),
        np.array(heard, np.float64),
        np.concatenate([np.zeros(0), *(session.pause for session in sessions)]),
        np.concatenate([np.zeros(0), *(session.seconds for session in sessions)]),
        np.concatenate([np.zeros(0, np.str_), *(session.truth for session in sessions)]),
        _numbered([session.clip for session in sessions]),
        _numbered([session.voice for session in sessions]),
        sum(session.minutes for session in sessions),
    )


def _of_session(head: ToneHead, session: Session) -> list[tuple[Floats, Floats, Floats, float, float, float]]:
    rows = []
    voices: dict[int, tuple[SpeakerBaseline, Variety, LastingTone]] = {}
    standard = head.everybody.standardise(session.features)
    for place, features in enumerate(standard):
        number = int(session.voice[place])
        baseline, variety, lasting = voices.get(number) or (head.cold_baseline(), Variety(), LastingTone())
        scores = head.read(features, baseline)
        of_voice = np.array(lasting.mean or (0.0,) * len(head.affects))
        rows.append(
            (scores.relative, scores.absolute, of_voice, baseline.strangeness, variety.variance, variety.seconds)
        )
        if session.sure[place]:
            seconds = float(session.seconds[place])
            baseline = baseline.updated(features, seconds)
            variety = variety.updated(scores.tone.tolist(), seconds)
            lasting = lasting.updated(scores.absolute.tolist(), seconds)
        voices[number] = (baseline, variety, lasting)
    return rows


def _numbered(parts: Sequence[NDArray[np.intp]]) -> NDArray[np.intp]:
    """Make the numbers of each part unique over all parts."""
    moved, first = [], 0
    for part in parts:
        moved.append(part + first)
        first += int(part.max(initial=-1)) + 1
    return np.concatenate(moved) if moved else np.zeros(0, np.intp)
