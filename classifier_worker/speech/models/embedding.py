"""A window of speech → the features that tone is read from: two encoders, neither of them trained on tone.

Whisper's first blocks know how something is said since they have to tell sounds apart; the speaker network's last
block knows how a voice sounds since it has to tell voices apart, whatever is said and over whatever line. Each alone
reads tone worse than both (docs/training.md).
"""

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.models.build.encoder import ENCODER, ENCODER_FEATURES
from classifier_worker.speech.models.encoder import Encoder
from classifier_worker.speech.models.voiceprint import TIMBRE, TIMBRE_FEATURES, Voiceprints

FEATURES: Final = f"{ENCODER} and {TIMBRE}, mean+std"
"""Names what `embed` computes; a tone head says which features it was trained on."""

FEATURE_COUNT: Final = ENCODER_FEATURES + TIMBRE_FEATURES


def embed(encoder: Encoder, voiceprints: Voiceprints, windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32[B, N] of 16 kHz audio in −1…1, N from 0.5 to 30 s → float32[B, FEATURE_COUNT], the encoder's first.

    A row does not depend on the other rows, bit for bit. Raises ValueError when the windows are shorter or longer.
    """
    if not len(windows):
        return np.zeros((0, FEATURE_COUNT), np.float32)
    # Both run outside the interpreter's lock: where a second core is idle, an event is 15 ms sooner.
    timbres = [_beside().submit(voiceprints.timbre, window) for window in windows]
    encoded = encoder.embed(windows)
    return np.concatenate([encoded, np.stack([timbre.result() for timbre in timbres])], axis=1)


@cache
def _beside() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="timbre")
