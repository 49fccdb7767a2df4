"""Fit two readers, one of speech relative to its speaker and one in absolute terms, with ordinary speech as neutral.

Multinomial logistic regression in the directions in which features vary (`subspace.principal`), after shortening those
in which even ordinary speech varies (`subspace.whitening`). Both are folded into the weights, so a finished head does
not need them.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from classifier_worker.speech.models.build.encoder import ENCODER_FEATURES
from classifier_worker.speech.models.voiceprint import TIMBRE_FEATURES
from classifier_worker.speech.tone.baseline import Everybody
from classifier_worker.speech.tone.tone_head import LinearReader
from shared.contract.tone_event import AFFECTS, Affect
from training.data.recipe import SEED
from training.features.extract import Spoken
from training.features.relative import by_speaker, in_a_mood, in_random_order, listen
from training.fit.subspace import principal, whitening

MOODS: Final = 2
"""How often each actor's clips are used, each time with another mix and order of emotions, because the meaning of a
feature depends on what the baseline heard before …"""
MOSTLY_NEUTRAL: Final = 0.85
"""… and once more with this share of neutral speech, as in life."""

STEADINESS: Final = 0.5
"""Scale of the features' spreads over time relative to their means: regularisation makes their weights smaller."""

ORDINARY_SHARE: Final = 0.1
"""Weight of all ordinary speech relative to one acted affect. With more, everything not recorded in a studio becomes
neutral (docs/lab/training.md)."""

INVERSE_REGULARISATION: Final = 1e-3
"""C of the logistic regressions, for acted speech that weighs as much as CLIPS clips."""
CLIPS: Final = 3_000

_OUTLYING: Final = 4.0
_WILDEST: Final = 20.0


@dataclass(frozen=True, slots=True, eq=False)
class Readers:
    """The fitted readers before calibration."""

    affects: tuple[Affect, ...]
    relative: LinearReader
    absolute: LinearReader


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Windows in order of time, float32[N, K] each, in the subspace."""

    relative: NDArray[np.float32]
    absolute: NDArray[np.float32]
    affect: NDArray[np.str_]
    weight: NDArray[np.float64]


def everybody_of(ordinary: Sequence[Spoken]) -> Everybody:
    """Return the robust mean and spread of ordinary speech, from which every voice begins."""
    windows = np.concatenate([clip.windows for clip in ordinary])
    middle = np.median(windows, axis=0)
    robust = 1.4826 * np.median(np.abs(windows - middle), axis=0)
    spread = np.maximum(robust, 0.3 * windows.std(axis=0))
    return Everybody.of(np.clip(windows, middle - _OUTLYING * spread, middle + _OUTLYING * spread))


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """The subspace in which the tone heads are fitted, computed once from all training data."""

    everybody: Everybody
    basis: NDArray[np.float32]
    """float32[K, D]"""

    def project(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """float32[…, D] → float32[…, K]"""
        bounded = np.clip(features, -_WILDEST, _WILDEST) * feature_weights()
        return np.asarray(bounded @ self.basis.T, np.float32)


def space_of(acted: Sequence[Spoken], ordinary: Sequence[Spoken]) -> Space:
    """Find the space on training data; half of the rows used are ordinary speech."""
    everybody = everybody_of(ordinary)
    rng, chosen = np.random.default_rng(SEED), []
    for spoken in (acted, ordinary):
        clips = [
            clip for group in by_speaker(spoken).values() for clip in listen(in_random_order(group, rng), everybody)
        ]
        rows = np.concatenate([np.concatenate([clip.windows, clip.standard]) for clip in clips])
        chosen.append(rows[rng.permutation(len(rows))[:2_000]])
    return Space(everybody, principal(np.concatenate(chosen) * feature_weights(), SEED))


def fit(space: Space, acted: Sequence[Rows], ordinary: Sequence[Rows], says: Sequence[Affect]) -> Readers:
    """Fit readers of the affects in `says`, told from all others in the rows.

    acted, ordinary: the rows of each corpus. All acted affects weigh the same however often they occur, as do the
    corpora within an affect; all ordinary corpora together weigh ORDINARY_SHARE of an affect."""
    names = sorted({str(name) for rows in acted for name in rows.affect})
    affects = tuple(affect for affect in AFFECTS if affect in names)
    weights = _weights(acted, ordinary, affects)
    labels = np.concatenate([*(rows.affect for rows in acted), *(np.full(len(r.weight), "neutral") for r in ordinary)])
    readers = [
        _reader(
            space,
            np.concatenate([getattr(rows, view) for rows in (*acted, *ordinary)]),
            whitening([getattr(rows, view) for rows in ordinary]) if ordinary else None,
            labels,
            weights,
            affects,
        )
        for view in ("relative", "absolute")
    ]
    kept = [place for place, affect in enumerate(affects) if affect in says]
    return Readers(
        tuple(affects[place] for place in kept),
        *(LinearReader(reader.weights[kept], reader.bias[kept]) for reader in readers),
    )


def acted_rows(space: Space, spoken: Sequence[Spoken], affects: dict[str, Affect], seed: int = SEED) -> Rows:
    """Return the rows of one acted corpus, each actor in several moods. A clip counts once, whatever its length."""
    rng, heard = np.random.default_rng(seed), []
    groups = by_speaker([clip for clip in spoken if clip.emotion in affects])
    neutral = {emotion for emotion, affect in affects.items() if affect == "neutral"}
    for mostly in [None] * MOODS + [MOSTLY_NEUTRAL]:
        for clips in groups.values():
            heard += listen(in_a_mood(clips, rng, neutral=neutral, mostly=mostly), space.everybody)
    return Rows(
        space.project(np.concatenate([clip.windows for clip in heard])),
        space.project(np.concatenate([clip.standard for clip in heard])),
        np.concatenate([np.full(len(clip.windows), affects[clip.emotion]) for clip in heard]),
        np.concatenate([np.full(len(clip.windows), 1.0 / len(clip.windows)) for clip in heard]),
    )


def ordinary_rows(space: Space, spoken: Sequence[Spoken], seed: int = SEED) -> Rows:
    """Return the rows of one corpus of ordinary speech. Speakers weigh as the square root of their amount of speech."""
    rng = np.random.default_rng(seed)
    groups = [listen(in_random_order(clips, rng), space.everybody) for clips in by_speaker(spoken).values()]
    heard = [(clip, len(group)) for group in groups for clip in group]
    return Rows(
        space.project(np.concatenate([clip.windows for clip, _ in heard])),
        space.project(np.concatenate([clip.standard for clip, _ in heard])),
        np.full(sum(len(clip.windows) for clip, _ in heard), "neutral"),
        np.concatenate([np.full(len(c.windows), 1.0 / (len(c.windows) * count**0.5)) for c, count in heard]),
    )


def feature_weights() -> NDArray[np.float32]:
    """Return float32[D]: 1 for the means, STEADINESS for the spreads, in the encoders' order."""
    halves = (ENCODER_FEATURES // 2, TIMBRE_FEATURES // 2)
    return np.concatenate([np.repeat(np.array([1.0, STEADINESS], np.float32), half) for half in halves])


def _weights(acted: Sequence[Rows], ordinary: Sequence[Rows], affects: tuple[Affect, ...]) -> NDArray[np.float64]:
    of_corpus = [rows.weight / rows.weight.sum() for rows in acted]
    totals: dict[str, float] = defaultdict(float)
    for rows, weight in zip(acted, of_corpus, strict=True):
        for affect in affects:
            totals[affect] += float(weight[rows.affect == affect].sum())
    each = CLIPS / len(affects)
    weights = [
        weight * np.array([each / totals[str(name)] for name in rows.affect])
        for rows, weight in zip(acted, of_corpus, strict=True)
    ]
    weights += [rows.weight / rows.weight.sum() * ORDINARY_SHARE * each / len(ordinary) for rows in ordinary]
    return np.concatenate(weights)


def _reader(
    space: Space,
    rows: NDArray[np.float32],
    shortened: NDArray[np.float32] | None,
    labels: NDArray[np.str_],
    weights: NDArray[np.float64],
    affects: tuple[Affect, ...],
) -> LinearReader:
    """Fit in the subspace; return weights of the features."""
    shortened = np.eye(rows.shape[1], dtype=np.float32) if shortened is None else shortened
    model = LogisticRegression(C=INVERSE_REGULARISATION, max_iter=150, tol=1e-3)
    model.fit(rows @ shortened, labels, sample_weight=weights)
    columns = {str(name): column for column, name in enumerate(model.classes_)}
    coefficients, bias = _of_each(model)
    order = [columns[affect] for affect in affects]
    of_features = (coefficients[order] @ shortened.T) @ space.basis * feature_weights()
    return LinearReader(*(part.astype(np.float32).astype(np.float64) for part in (of_features, bias[order])))


def _of_each(model: LogisticRegression) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return a row of coefficients and an intercept for each class. For two classes, scikit-learn returns one row for
    the second against the first; half of it with both signs gives the same odds."""
    if len(model.classes_) > 2:
        return model.coef_, model.intercept_
    signs = np.array([-0.5, 0.5])
    return signs[:, None] * model.coef_, signs * model.intercept_
