"""How sure a model of one's own may be: no surer than `open`, however well a few people left out are told apart.

Emotions that three people act in one room may be told apart so well that the likeliest temperature is next to nothing,
and of strangers everything is then said with certainty. Of 3 to 10 of EmoDB's speakers (four emotions, 48 to 339 clips,
nine draws) the likeliest temperatures were 0.36 to 0.52, and what such models said of RAVDESS and nEMO at the floor had
mean calibration errors of 0.16 and 0.07; at `open`'s, which rest on corpora that hear each other, 0.07 and 0.07.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from scipy.optimize import minimize_scalar

from training.calibration import Test, loss
from training.recipe import OPEN, Calibration

BLUNTEST: Final = 20.0
"""Here nothing is said any more; beyond, numbers only grow."""


def bounded(likeliest: Calibration, tests: Sequence[Test]) -> Calibration:
    """The likeliest calibration that is neither sharper than `open`'s nor blunter than BLUNTEST."""
    sharpest = _sharpest()
    within = Calibration(
        _between(sharpest.temperature, likeliest.temperature),
        _between(sharpest.caution, likeliest.caution),
        _between(sharpest.variety, likeliest.variety),
    )
    if within == likeliest:
        return likeliest
    # What is likeliest within bounds lies on one of them; where one number is held, the other need not stay.
    candidates = [
        replace(within, caution=_likeliest(sharpest.caution, lambda c: loss(replace(within, caution=c), tests))),
        replace(
            within, temperature=_likeliest(sharpest.temperature, lambda t: loss(replace(within, temperature=t), tests))
        ),
    ]
    return min(candidates, key=lambda candidate: loss(candidate, tests))


def held_back(likeliest: Calibration, used: Calibration) -> str:
    """In words why other temperatures than the likeliest are used; nothing when they are not."""
    if (used.temperature, used.caution) == (likeliest.temperature, likeliest.caution):
        return ""
    would = f"The likeliest would be {likeliest.temperature} and, for strangers, {likeliest.caution} more"
    if likeliest.temperature > BLUNTEST or likeliest.caution > BLUNTEST:
        return (
            f"{would}: what this model answers to people left out is hardly better than guessing, and next to nothing "
            "will be said. More clips, of more speakers, are needed, or clearer ones."
        )
    return (
        f"{would}, but a few people recorded alike are told apart far better than strangers elsewhere would be. So "
        f"they are held at {used.temperature} and {used.caution}, neither of them lower than those of the model open; "
        "clips of more speakers, and from other rooms and microphones as a second corpus, say more."
    )


def _likeliest(least: float, unlikely: Callable[[float], float]) -> float:
    found = minimize_scalar(
        lambda logarithm: unlikely(float(np.exp(logarithm))),
        bounds=(np.log(least), np.log(BLUNTEST)),
        method="bounded",
        options={"xatol": 0.02},
    )
    # A search never reaches its bounds.
    tried = [least, round(float(np.exp(found.x)), 3)]
    return min(tried, key=unlikely)


def _between(least: float, value: float) -> float:
    return min(max(value, least), BLUNTEST)


def _sharpest() -> Calibration:
    if OPEN.calibration is None:
        raise ValueError("The recipe of open states no temperatures to hold others to.")
    return OPEN.calibration
