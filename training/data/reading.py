"""LibriSpeech's readers as continuous speech: five for tuning and five for measuring, men and women in each."""

from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from shared.audio import PIPELINE_RATE

Audio = NDArray[np.float32]

TUNING: Final = ("367", "1998", "3080", "1688", "2414")
"""Three women, two men."""
MEASURING: Final = ("533", "3331", "2033", "2609", "3005")
"""Two women, three men, never used for tuning."""

_FRAME = PIPELINE_RATE // 100
_QUIET = 0.1


def passages(speech: Path, speaker: str) -> list[Audio]:
    """Return the speaker's utterances, float32[N] each, without the quiet ends (20 dB below their level).

    Raises FileNotFoundError if there are none.
    """
    paths = sorted((speech / "librispeech").glob(f"{speaker}-*.flac"))
    if not paths:
        raise FileNotFoundError(f"{speech / 'librispeech'} has no utterances by speaker {speaker}.")
    return [trimmed(np.asarray(soundfile.read(path, dtype="float32")[0], np.float32)) for path in paths]


def trimmed(audio: Audio) -> Audio:
    """Return the audio from the first to the last 10 ms that are not quiet."""
    levels = np.sqrt(np.mean(np.square(audio[: len(audio) // _FRAME * _FRAME].reshape(-1, _FRAME)), axis=1))
    loud = np.flatnonzero(levels > _QUIET * np.sqrt(np.mean(np.square(audio))))
    return audio[loud[0] * _FRAME : (loud[-1] + 1) * _FRAME] if len(loud) else audio
