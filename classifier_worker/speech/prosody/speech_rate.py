"""Speech rate: syllable nuclei counted in the loudness contour, without any text.

After N. H. de Jong and T. Wempe (2009), "Praat script to detect syllable nuclei and measure speech rate
automatically", Behavior Research Methods 41(2), 385–390: a nucleus is a voiced peak of intensity, separated from the
one before by a dip of at least 2 dB. An independent implementation for frames of 32 ms every 16 ms.
Accuracy on known texts: docs/lab/prosody-flags.md.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks

FRAME_SECONDS: Final = 0.016

DIP_DB: Final = 2.0
"""How far loudness falls on both sides of a nucleus (de Jong & Wempe, for clean speech)."""

BELOW_LOUDEST_DB: Final = 25.0
"""Peaks this far below the loudest speech count as noise (25 dB in the authors' later version)."""

SHORTEST_SPEECH: Final = 0.8
"""Seconds of speech below which a syllable count says nothing about the rate."""


def nuclei(loudness_db: NDArray[np.float64], voiced: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the frames of the syllable nuclei.

    loudness_db: [T], dB, 16 ms hop; voiced: [T], frames of voiced speech.
    """
    if not voiced.any():
        return np.zeros(0, np.intp)
    loudest = float(np.percentile(loudness_db[voiced], 95))
    peaks, _ = find_peaks(loudness_db, height=loudest - BELOW_LOUDEST_DB, prominence=DIP_DB)
    return np.asarray(peaks[voiced[peaks]], np.intp)


def speech_rate(loudness_db: NDArray[np.float64], voiced: NDArray[np.bool_], speech: NDArray[np.bool_]) -> float | None:
    """Return the syllables per second of speech without pauses (articulation rate); None for too little speech.

    loudness_db, voiced, speech: [T], 16 ms hop; speech: frames of speech, voiced or not.
    """
    seconds = float(np.count_nonzero(speech)) * FRAME_SECONDS
    if seconds < SHORTEST_SPEECH:
        return None
    return len(nuclei(loudness_db, voiced & speech)) / seconds
