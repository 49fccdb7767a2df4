"""What the text tone model says of labelled comments, and how often that has to be right."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.words.text_features import plain_words
from classifier_worker.speech.words.text_tone import OUTCOMES, POLARITIES, TextTone
from training.data.comments import Comment

Rows = NDArray[np.float64]

RIGHT: Final = 0.85
"""Share of sure polarities that have to be right, of positive and of negative ones."""
AFFECT_RIGHT: Final = 0.75
"""Share of an affect's uses that have to be right."""
FEWEST_SAID: Final = 30
"""With fewer uses a share is not trusted."""

SUMS: Final = np.array([[outcome.polarity == polarity for polarity in POLARITIES] for outcome in OUTCOMES], np.float64)
"""[OUTCOMES, POLARITIES]: adds outcomes up to polarities."""


def probabilities(model: TextTone, comments: Sequence[Comment]) -> Rows:
    """Return [comments, OUTCOMES] as the worker computes them, abstaining from nothing."""
    return np.array([model.probabilities(plain_words(comment.text)) for comment in comments])


def polarities_of(comments: Sequence[Comment]) -> NDArray[np.int64]:
    """Return the place of each comment's polarity in POLARITIES. Every comment must have one."""
    places = {polarity: place for place, polarity in enumerate(POLARITIES)}
    return np.array([places[comment.polarity] for comment in comments if comment.polarity is not None], np.int64)
