"""Decide whether a window is speech at all: some songs and coughs also trigger the voice activity detector.

    kind = speech_in(audio, voice, kinds.of)
    if kind is not None: …

How much speech the gate rejects, and how much other sound it lets through: docs/lab/speech-gate.md.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.models.sound_kind import SoundKind

Audio = NDArray[np.float32]

SURE_VOICE: Final = 0.7
"""The voice activity that a window's most certain frame must reach. 99 % of the speech windows of five corpora reach
0.9; coughs and throat clearing mostly stay below 0.7."""

SPEECH: Final = 0.5
"""The probability of speech (in its most certain fifth) that a window needs, unless its voice is certain."""
CERTAIN_VOICE: Final = 0.9
CERTAIN_FRAMES: Final = 10
"""Frames (0.3 s) of voice activity of at least 0.9 that are enough instead: in noise the sound detector fails before
the voice detector."""

OTHER: Final = 0.5
"""Mean probability from which a window is singing or music, unless someone speaks over the music."""
OVER_MUSIC: Final = 0.95
SUNG: Final = 0.3
"""Most singing with which certain speech (OVER_MUSIC) counts as speech over music."""

CLEAR_SPEECH: Final = 0.8
CLEARLY_NOT_OTHER: Final = 0.15
TAIL: Final = 16_000
"""If the window's last second is certainly speech, the rest is skipped: it was checked before, and skipping is
faster."""


def speech_in(
    audio: Audio, voice: NDArray[np.floating[Any]], kind_of: Callable[[Audio], SoundKind]
) -> SoundKind | None:
    """Return the window's kind of sound if it contains speech, else None.

    audio: float32[N], 16 kHz, N ≥ 400. voice: voice probabilities 0…1 of its 32 ms frames, [~N/512].
    kind_of: classifies audio (`SoundKinds.of`); called for the last second, then for the whole window if in doubt.
    """
    if np.max(voice, initial=0.0) < SURE_VOICE:
        return None
    last = kind_of(audio[-TAIL:])
    if last.speech >= CLEAR_SPEECH and max(last.singing, last.music) < CLEARLY_NOT_OTHER:
        return last
    whole = kind_of(audio) if len(audio) > TAIL else last
    if whole.music >= OTHER:
        return whole if whole.speech >= OVER_MUSIC and whole.singing < SUNG else None
    certain = int(np.count_nonzero(voice >= CERTAIN_VOICE)) >= CERTAIN_FRAMES
    return whole if whole.singing < OTHER and (whole.speech >= SPEECH or certain) else None
