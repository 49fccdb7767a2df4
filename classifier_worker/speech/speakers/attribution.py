"""Attribute a slice of speech to one voice, or to one voice up to a cut and another after it.

Every interpretation of the slice is scored by the similarity of its parts to the known voices, and the best one wins. A
voiceprint of n seconds has a similarity to its own speaker of about 0.68 · (n / 1.5)^0.28 (read speech, 0.25–1.5 s), so
a part counts n^0.72 times its similarity, and cutting one person's speech in two gains nothing. "An unknown voice" is
an interpretation, too, with the similarity at which a known and an unknown speaker are equally likely.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.speakers.slices import CELL, Slice

STRANGE: Final = 0.33
"""Similarity of 1.5 s below which the voice counts as unknown. For 99 % of the tuning readers' slices, the similarity
to the same speaker is at least 0.49, and to another speaker at most 0.29."""
CUT: Final = 0.03
"""The gain in score that a cut must bring."""
STAY: Final = 0.05
"""Bonus for beginning with the voice that spoke last."""
LEAST_SIDE: Final = 0.25
"""Seconds of speech on either side of a cut."""

_GROWTH = 0.72
_FULL_SECONDS = 1.5
_DECIMALS = 4


class Part(NamedTuple):
    """Speech of one voice."""

    begin: int
    """Position of its first sample."""
    seconds: float
    """Amount of speech."""
    fresh: float
    """The share of it that no earlier window attributed to a speaker."""
    voiceprint: NDArray[np.float32]
    """float32[192]"""
    voice: int | None
    """Index of the voice; None if it is unknown."""
    likeness: float
    """Similarity to that voice, −1…1."""


def attribute(slice_: Slice, centres: Sequence[NDArray[np.float64]], last: int | None) -> list[Part]:
    """Return one part or two.

    centres: those of the known voices, float64[192] each, of length 1. last: index of the voice that spoke last, if
    any.
    """
    seconds = np.array(slice_.seconds)
    nobody = len(centres)
    stay = np.zeros(nobody + 1)
    if last is not None:
        stay[last] = STAY
    whole = _scores(slice_.whole[None], seconds.sum()[None], centres)[0] + stay
    best, reading = float(whole.max()), [int(whole.argmax())]
    cut = 0
    if centres:
        left = np.cumsum(seconds)[:-1]
        right = seconds.sum() - left
        before = _scores(slice_.before, left, centres) + stay
        after = _scores(slice_.after, right, centres)
        pairs = before[:, :, None] + after[:, None, :] - CUT
        pairs[:, range(nobody + 1), range(nobody + 1)] = -np.inf
        pairs[np.round(np.minimum(left, right), 2) < LEAST_SIDE] = -np.inf
        if pairs.size and float(pairs.max()) > best:
            place, one, other = np.unravel_index(int(pairs.argmax()), pairs.shape)
            reading, cut = [int(one), int(other)], int(place) + 1
    if len(reading) == 1:
        sides = [(slice(0, len(seconds)), slice_.whole)]
    else:
        sides = [(slice(0, cut), slice_.before[cut - 1]), (slice(cut, len(seconds)), slice_.after[cut - 1])]
    return [
        _part(slice_, cells, voiceprint, None if voice == nobody else voice, centres)
        for (cells, voiceprint), voice in zip(sides, reading, strict=True)
    ]


def _scores(
    prints: NDArray[np.float32], seconds: NDArray[np.float64], centres: Sequence[NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Score each voiceprint against each voice, the unknown voice last: float64[S, K + 1], 4 decimals."""
    alike = np.empty((len(prints), len(centres) + 1))
    for place, centre in enumerate(centres):
        alike[:, place] = np.sum(prints * centre, axis=1)
    weight = np.maximum(seconds, 0.1) ** _GROWTH
    alike[:, -1] = STRANGE * (np.maximum(seconds, 0.1) / _FULL_SECONDS) ** (1.0 - _GROWTH)
    return np.round(alike * weight[:, None], _DECIMALS)


def _part(
    slice_: Slice,
    cells: slice,
    voiceprint: NDArray[np.float32],
    voice: int | None,
    centres: Sequence[NDArray[np.float64]],
) -> Part:
    seconds = np.array(slice_.seconds)
    ends = slice_.begin + CELL * np.arange(1, len(seconds) + 1)
    fresh = seconds * (ends > slice_.fresh_from + CELL // 2)
    spoken, new = (round(float(values[cells].sum()), 2) for values in (seconds, fresh))
    likeness = 0.0 if voice is None else round(float(np.sum(voiceprint * centres[voice])), _DECIMALS)
    return Part(slice_.begin + CELL * cells.start, spoken, new, voiceprint, voice, likeness)
