"""One voice of a session, as a cluster of voiceprints."""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.frozen_arrays import freeze_array, thaw_array
from classifier_worker.speech.models.voiceprint import SIZE

Print = NDArray[np.float32]

UNNAMED: Final = -1
"""Number of a voice that has not been heard long enough to count as a new speaker."""

MEMORY_SECONDS: Final = 40.0
"""Most seconds of speech in a cluster's centre, so that it follows a voice that changes."""

RECENT: Final = 24
"""Voiceprints kept, about 24 s of speech, to detect two people in one cluster."""

SPLIT: Final = 0.2
"""A cluster contains two people if the centres of its halves are less similar than this. Any two of the tuning readers
have a similarity of −0.1 to 0.37, the moods of one actor 0.3 or more."""
SPLIT_EACH: Final = 5
SPLIT_WITHIN: Final = 0.5
"""Each half must also have SPLIT_EACH voiceprints with this mean similarity to its centre, as one person's have
(0.55–0.8)."""

_DECIMALS = 4
_SCALE = 256.0
"""Recent voiceprints are stored in 8 bits: ±0.496 in steps of 1/256. Their values have a spread of 0.07."""


@dataclass(frozen=True, slots=True, eq=False)
class Speaker:
    """One voice. Immutable: every change returns a new one. All of the state is rounded, so it freezes exactly."""

    key: int
    """Unique and permanent within the session, even before the voice has an id."""
    number: int
    """0 for "speaker_a", 1 for "speaker_b" …, or UNNAMED."""
    total: Print
    """float32[192]: sum of its voiceprints, weighted by seconds."""
    seconds: float
    """Seconds of speech in `total`."""
    last: int
    """Position up to which the voice was heard."""
    recent: NDArray[np.int8]
    """int8[n ≤ 24, 192]: the latest voiceprints, in steps of 1/256."""
    looks: int = 1
    """Number of slices in which the voice was heard."""

    @classmethod
    def first_heard(cls, key: int, number: int, voiceprint: Print, seconds: float, last: int) -> "Speaker":
        return cls(key, number, _rounded(voiceprint * seconds), round(seconds, 2), last, _stored(voiceprint[None]))

    @property
    def named(self) -> bool:
        return self.number != UNNAMED

    @property
    def centre(self) -> NDArray[np.float64]:
        """Return the unit centre, float64[192]."""
        total = self.total.astype(np.float64)
        return np.asarray(total / np.sqrt(np.sum(total * total)))

    def likeness(self, other: "Speaker") -> float:
        """Return the cosine of the centres, 4 decimals."""
        return round(float(np.sum(self.centre * other.centre)), _DECIMALS)

    def heard(self, voiceprint: Print, seconds: float, last: int, *, keep: bool) -> "Speaker":
        """Add `seconds` of speech with this voiceprint. keep: whether it is long enough to tell people apart."""
        total, known = self.total.astype(np.float64) + voiceprint * seconds, self.seconds + seconds
        fade = min(1.0, MEMORY_SECONDS / known)
        recent = np.concatenate([self.recent, _stored(voiceprint[None])])[-RECENT:] if keep else self.recent
        return replace(
            self,
            total=_rounded(total * fade),
            seconds=round(known * fade, 2),
            last=last,
            recent=recent,
            looks=self.looks + 1,
        )

    def joined(self, other: "Speaker") -> "Speaker":
        """Merge with another voice that turned out to be the same person's; this one's key and number stay."""
        return replace(
            self,
            total=_rounded(self.total.astype(np.float64) + other.total),
            seconds=round(self.seconds + other.seconds, 2),
            last=max(self.last, other.last),
            recent=np.concatenate([self.recent, other.recent])[-RECENT:],
        )

    def divided(self, key: int, number: int) -> "tuple[Speaker, Speaker] | None":
        """Split into this voice and another person's that was mistaken for it. Returns None if there is only one.

        Two-means from the two least similar voiceprints; the larger half keeps the number.
        """
        prints = self.recent / _SCALE
        if len(prints) < 2 * SPLIT_EACH:
            return None
        second = _halves(prints)
        sizes = int(np.sum(~second)), int(np.sum(second))
        if min(sizes) < SPLIT_EACH:
            return None
        centres = [_direction(prints[half].sum(axis=0)) for half in (~second, second)]
        within = [float(np.mean(prints[half] @ c)) for half, c in zip((~second, second), centres, strict=True)]
        if round(float(np.sum(centres[0] * centres[1])), 4) >= SPLIT or round(min(within), 4) < SPLIT_WITHIN:
            return None
        other = second if sizes[1] < sizes[0] or (sizes[0] == sizes[1] and not second[0]) else ~second
        return self._of(~other, self.key, self.number), self._of(other, key, number)

    def _of(self, rows: NDArray[np.bool_], key: int, number: int) -> "Speaker":
        """Build a voice from some of the recent voiceprints, each counting as one second."""
        prints = self.recent[rows]
        return Speaker(key, number, _rounded(prints.sum(axis=0) / _SCALE), float(len(prints)), self.last, prints)

    def freeze(self) -> dict[str, Any]:
        """Return the state in a form msgpack can write, at most 6 kB."""
        return {
            "key": self.key,
            "number": self.number,
            "total": freeze_array(self.total),
            "seconds": self.seconds,
            "last": self.last,
            "recent": freeze_array(self.recent),
            "looks": self.looks,
        }

    @classmethod
    def thaw(cls, frozen: dict[str, Any]) -> "Speaker":
        """Read what `freeze` wrote."""
        return cls(
            frozen["key"],
            frozen["number"],
            thaw_array(frozen["total"], np.float32),
            frozen["seconds"],
            frozen["last"],
            thaw_array(frozen["recent"], np.int8).reshape(-1, SIZE),
            frozen["looks"],
        )


def _halves(prints: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return bool[n]: whether each voiceprint belongs to the second half."""
    alike = np.round(prints @ prints.T, _DECIMALS)
    one, other = np.unravel_index(np.argmin(alike), alike.shape)
    second = alike[:, other] > alike[:, one]
    for _ in range(4):
        if not 0 < np.sum(second) < len(second):
            break
        first_centre, second_centre = _direction(prints[~second].sum(axis=0)), _direction(prints[second].sum(axis=0))
        second = np.round(prints @ second_centre, _DECIMALS) > np.round(prints @ first_centre, _DECIMALS)
    return np.asarray(second)


def _direction(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(vector / np.sqrt(np.sum(vector * vector)))


def _rounded(values: NDArray[Any]) -> Print:
    return np.round(values.astype(np.float64), _DECIMALS).astype(np.float32)


def _stored(prints: Print) -> NDArray[np.int8]:
    return np.clip(np.round(prints * _SCALE), -127, 127).astype(np.int8)
