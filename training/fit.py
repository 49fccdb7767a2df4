"""Multinomial logistic regression on speech heard against its speaker, less what rooms and lines do to it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from classifier_worker.speech.baseline import Everybody
from classifier_worker.speech.encoder_build import ENCODER_FEATURES
from classifier_worker.speech.tone_head import ToneHead
from classifier_worker.speech.voiceprint import TIMBRE_FEATURES
from shared.tone_event import AFFECTS, Affect
from training.features import Spoken
from training.listening import by_speaker, in_a_mood, listen
from training.nuisance import between_conditions, damping
from training.recipe import Calibration

MOODS: Final = 2
"""How often each speaker is heard, every time in another mix of emotions and another order: what a feature means
depends on what the baseline heard before."""

STEADINESS: Final = 0.5
"""Weight of the features' spreads over time beside their means: regularisation turns it into smaller weights.
Chosen within EmoDB (one sex and one half of the sentences against the others): 1, 0.5 and 0.25 differ by less than
a point, while spreads alone are 10 points worse than means alone."""


def fit(
    spoken: Sequence[Spoken],
    affects: dict[str, Affect],
    seed: int,
    inverse_regularisation: float = 1e-3,
    tolerated: float = np.inf,
) -> ToneHead:
    """An uncalibrated head (temperature 1, no caution, and no doubt of any baseline).

    A clip counts once, however long it is and however many moods it is heard in; corpora weigh alike however large they
    are, and affects however often they occur. What clips differ by between conditions is damped (tolerated: α of
    `nuisance.damping`), which is all in the weights: a head that is used knows nothing of it.
    """
    scale = feature_weights()
    everybody = Everybody.of(np.concatenate([clip.windows for clip in spoken]))
    damped = damping(between_conditions(spoken, everybody, scale), tolerated)
    corpora = Counter(clip.corpus for clip in spoken)
    share = {corpus: len(spoken) / (len(corpora) * count) for corpus, count in corpora.items()}
    rng = np.random.default_rng(seed)
    rows, names, weights = [], [], []
    for clips in [clips for _ in range(MOODS) for clips in by_speaker(spoken).values()]:
        weight = share[clips[0].corpus] / MOODS
        for clip in listen(in_a_mood(clips, rng), everybody):
            rows.append(clip.windows * scale)
            names += [affects[clip.emotion]] * len(clip.windows)
            weights += [weight / len(clip.windows)] * len(clip.windows)
    model = LogisticRegression(C=inverse_regularisation, class_weight="balanced", max_iter=300, tol=1e-3)
    model.fit(damped(np.concatenate(rows)), names, sample_weight=weights)
    columns = {str(name): column for column, name in enumerate(model.classes_)}
    known: tuple[Affect, ...] = tuple(affect for affect in AFFECTS if affect in columns)
    order = [columns[affect] for affect in known]
    coefficients, intercepts = _of_each(model)
    weights_of = (damped(coefficients[order]) * scale).astype(np.float32).astype(np.float64)
    bias = intercepts[order].astype(np.float32).astype(np.float64)
    return ToneHead(known, weights_of, bias, 1.0, 0.0, everybody, 0.0)


def _of_each(model: LogisticRegression) -> tuple[NDArray[Any], NDArray[Any]]:
    """One row of coefficients, and an intercept, for each class. Of two classes scikit-learn gives the second's against
    the first's; halves of it, with both signs, have the same odds."""
    if len(model.classes_) > 2:
        return model.coef_, model.intercept_
    signs = np.array([-0.5, 0.5])
    return signs[:, None] * model.coef_, signs * model.intercept_


def feature_weights() -> NDArray[np.float32]:
    """float32[D]: 1 for the means, STEADINESS for the spreads, in the encoders' order."""
    halves = (ENCODER_FEATURES // 2, TIMBRE_FEATURES // 2)
    return np.concatenate([np.repeat(np.array([1.0, STEADINESS], np.float32), half) for half in halves])


def calibrated(head: ToneHead, calibration: Calibration, odds: dict[Affect, float]) -> ToneHead:
    """The head as it is used: with prior odds, and with its temperatures. The odds hold at temperature 1."""
    shift = np.array([np.log(odds.get(affect, 1.0)) for affect in head.affects])
    bias = (head.bias + shift).astype(np.float32).astype(np.float64)
    return replace(
        head,
        temperature=calibration.temperature,
        caution=calibration.caution,
        variety=calibration.variety,
        bias=bias,
    )
