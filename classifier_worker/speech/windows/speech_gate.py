"""Whether a window is speech at all: the voice activity detector begins utterances on some songs and coughs too.

    kind = speech_in(audio, voice, kinds.of)
    if kind is not None: …

How much speech this costs, and how much else it lets through: docs/lab/speech-gate.md.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.models.sound_kind import SoundKind

Audio = NDArray[np.float32]

SURE_VOICE: Final = 0.7
"""The voice activity of its surest frame that a window needs. Of speech in five corpora 99 % of windows reach 0.9;
coughs and throat clearing mostly stay under 0.7."""

SPEECH: Final = 0.5
"""The probability of speech (of its surest fifth) that a window needs …"""
CERTAIN_VOICE: Final = 0.9
CERTAIN_FRAMES: Final = 10
"""… or else 0.3 s of voice activity from 0.9 on: under noise the detector of sounds gives up before that of voices."""

OTHER: Final = 0.5
"""Mean probability from which a window is singing, or is music …"""
OVER_MUSIC: Final = 0.95
SUNG: Final = 0.3
"""… unless somebody speaks over the music: speech beyond doubt, and next to no singing."""

CLEAR_SPEECH: Final = 0.8
CLEARLY_NOT_OTHER: Final = 0.15
TAIL: Final = 16_000
"""When the window's last second is speech beyond doubt, the rest is not looked at: it was heard before, and this takes
a third of the time."""


def speech_in(
    audio: Audio, voice: NDArray[np.floating[Any]], kind_of: Callable[[Audio], SoundKind]
) -> SoundKind | None:
    """The kind of sound that a window is if somebody speaks in it, else None.

    audio: float32[N], 16 kHz, N ≥ 400. voice: voice probabilities 0…1 of its 32 ms frames, [~N/512].
    kind_of: what sound some audio is (`SoundKinds.of`); asked for the last second, then for all if in doubt.
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
