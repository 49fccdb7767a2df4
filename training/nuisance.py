"""What the same speech differs by between rooms, lines and microphones: directions that a tone should not be read from.

Nuisance attribute projection (Solomonoff, Campbell & Boardman 2005, "Advances in channel compensation for SVM speaker
recognition", ICASSP, I-629–632) takes such directions away; within-class covariance normalisation (Hatch, Kajarekar &
Stolcke 2006, "Within-class covariance normalization for SVM-based speaker recognition", Interspeech, 1471–1474)
shortens each by how much it varies inside a class. Here a class is a clip, heard in every condition:

    x ↦ x (I + C / α)^−½ = x (I − Vᵀ (1 − (1 + S / α)^−½) V)

with C the covariance of clips' features around their means over conditions, V its principal directions (rows) and S
their variances. Each less its speaker's mean in that condition, because a speaker's baseline takes that off anyway.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from classifier_worker.speech.baseline import Everybody
from training.features import Spoken
from training.listening import by_speaker

_LEAST = 0.01
"""Directions that vary by less than this share of α are left alone: they would be shortened by less than 0.5 %."""


@dataclass(frozen=True, slots=True, eq=False)
class Damping:
    """A symmetric linear map, x ↦ x − ((x Vᵀ) · shares) V: features before a head, or a head's weights after it."""

    directions: NDArray[np.float32]
    """V, float32[K, D], orthonormal."""
    shares: NDArray[np.float32]
    """float32[K], 0…1: how much of each direction is taken off."""

    def __call__(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """float32[N, D] → float32[N, D]"""
        return np.asarray(rows - ((rows @ self.directions.T) * self.shares) @ self.directions, np.float32)


def damping(differences: NDArray[np.float32], tolerated: float) -> Damping:
    """From what clips differ by, float32[N, D] around 0. tolerated: α > 0, the variance of a direction that is
    shortened to 1/√2. Without differences, and at infinity, nothing is damped."""
    if not len(differences) or np.isinf(tolerated):
        return Damping(differences[:0], np.zeros(0, np.float32))
    scaled = differences / np.float32(np.sqrt(len(differences)))
    # The covariance's own eigenvectors, from the smaller matrix of rows with rows.
    gram = (scaled @ scaled.T).astype(np.float64)
    variances, mixes = scipy.linalg.eigh(gram, subset_by_value=(_LEAST * tolerated, np.inf))
    directions = (mixes / np.sqrt(variances)).T.astype(np.float32) @ scaled
    return Damping(directions, (1 - 1 / np.sqrt(1 + variances / tolerated)).astype(np.float32))


def between_conditions(
    spoken: Sequence[Spoken], everybody: Everybody, weights: NDArray[np.float32]
) -> NDArray[np.float32]:
    """float32[N, D]: standardised, weighted features of each clip that is heard in several conditions, one row a
    condition, less the speaker's mean in that condition and less the clip's mean over conditions.

    Raises ValueError when a speaker's conditions do not hold the same clips in the same order. weights: float32[D].
    """
    rows = [np.zeros((0, len(weights)), np.float32)]
    for conditions in _excerpts(spoken).values():
        emotions = {tuple(clip.emotion for clip in clips) for clips in conditions.values()}
        if len(emotions) > 1:
            raise ValueError("A speaker's conditions hold different clips.")
        if len(conditions) > 1:
            heard = np.stack([[clip.windows.mean(axis=0) for clip in clips] for clips in conditions.values()])
            tone = everybody.standardise(heard)
            tone -= tone.mean(axis=1, keepdims=True)
            tone -= tone.mean(axis=0)
            rows.append(tone.reshape(-1, len(weights)) * weights)
    return np.concatenate(rows)


def _excerpts(spoken: Sequence[Spoken]) -> Mapping[tuple[str, str], Mapping[str, list[Spoken]]]:
    """Person and excerpt → condition → clips."""
    excerpts: dict[tuple[str, str], dict[str, list[Spoken]]] = {}
    for clips in by_speaker(spoken).values():
        first = clips[0]
        excerpts.setdefault((first.person, first.excerpt), {})[first.condition] = clips
    return excerpts
