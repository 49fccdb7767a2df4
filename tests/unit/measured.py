"""What came of measuring, made up: for tests of figures and of the card."""

from collections.abc import Sequence

import numpy as np

from training.answering import Measured
from training.metrics import Answers
from training.saying import Said
from training.sessions import UNEVEN


def views(four: Measured, everything: Measured, uneven: Measured) -> dict[str, Measured]:
    """Of mixed sessions, and of the others."""
    others = {f"{which}, {kind}": uneven for which in ("four", "all") for kind in UNEVEN}
    return {"four": four, "all": everything, **others}


def measured(
    truth: Sequence[str], answer: Sequence[str], confidence: Sequence[float], seconds: float = 3.0
) -> Measured:
    """Clips of one window each, answered and said alike."""
    names, answers = np.array(truth, np.str_), np.array(answer, np.str_)
    sure, long = np.array(confidence, np.float64), np.full(len(truth), seconds)
    said = Said(names, answers, sure, long, np.arange(len(truth)))
    return Measured(Answers(names, answers, sure, long), said)
