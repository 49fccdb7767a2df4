"""Whose voice a stretch of speech is, and how it sounds, as vectors: CAM++ (Wang et al. 2023, https://arxiv.org/abs/2303.00332).

The weights are 3D-Speaker's speech_campplus_sv_zh_en_16k-common_advanced (Apache-2.0), in 8 bits;
`training/networks/voiceprint_build.py` makes the file and its card, `models/voiceprint.md`, says the rest.
"""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.models.onnx_session import open_session
from classifier_worker.speech.signal.kaldi_filterbank import FRAME, HOP, log_filterbank

MODEL: Final = Path(__file__).resolve().parents[2] / "models" / "voiceprint.onnx"

SIZE: Final = 192
"""Numbers in a voiceprint."""

STEP: Final = 320
"""Samples (20 ms) between the model's frames."""

SHORTEST: Final = 8_000
"""0.5 s: less audio says too little of the voice."""
LONGEST: Final = 32_000
"""2 s: up to here CAM++'s segment pooling is its global pooling, which is all that the graph computes."""

TIMBRE: Final = "CAM++ block 3 layers 8+16"
TIMBRE_FEATURES: Final = 2 * (768 + 1024)
"""Means over time of these layers' frames, then their standard deviations."""
LONGEST_TIMBRE: Final = 480_000
"""30 s"""

_DECIMALS = 4
"""Voiceprints are rounded before they decide anything or enter a state."""

_LEVEL = 0.05
"""Root mean square to which audio is brought, −26 dBFS: the floor of the filterbank then lies at one height for all."""


class Voiceprints:
    """The model, one stretch of audio at a time, so that no result knows of another.

    prints = voiceprints.of(audio, spans)
    likeness = prints @ other_print
    """

    def __init__(self, threads: int = 1, path: Path = MODEL) -> None:
        """Opens the model, always on the CPU: its 8-bit sums are exact there, and it is small."""
        self._session = open_session(path, "cpu", threads)

    def of(self, audio: NDArray[np.float32], spans: NDArray[np.float32]) -> NDArray[np.float32]:
        """float32[N] of 16 kHz audio in −1…1, 0.5–2 s, and float32[S, frames(N)] of weights 0…1 that pick the frames
        of each span → a voiceprint of each, float32[S, 192], of length 1; 4 decimals.

        A span needs at least two frames. Raises ValueError when the shapes do not fit.
        """
        if not SHORTEST <= len(audio) <= LONGEST:
            raise ValueError(f"A voiceprint needs 0.5–2 s of audio, not {len(audio) / HOP / 100:.2f} s.")
        if spans.ndim != 2 or spans.shape[1] != frames(len(audio)):
            raise ValueError(f"Spans must be [count, {frames(len(audio))}], not {spans.shape}.")
        answer = self._run("voiceprints", audio, spans)
        return np.round(answer.astype(np.float64), _DECIMALS).astype(np.float32)

    def timbre(self, audio: NDArray[np.float32]) -> NDArray[np.float32]:
        """float32[N] of 16 kHz audio in −1…1, 0.5–30 s → float32[TIMBRE_FEATURES], whatever the level.

        Raises ValueError when it is shorter or longer.
        """
        if not SHORTEST <= len(audio) <= LONGEST_TIMBRE:
            raise ValueError(f"Timbre needs 0.5–30 s of audio, not {len(audio) / HOP / 100:.2f} s.")
        return self._run("timbre", audio, np.ones((1, frames(len(audio))), np.float32))

    def _run(self, wanted: str, audio: NDArray[np.float32], spans: NDArray[np.float32]) -> NDArray[np.float32]:
        level = np.sqrt(np.mean(np.square(audio, dtype=np.float64)))
        levelled = audio * np.float32(_LEVEL / max(level, 1e-6))
        feed = {"filterbank": centred_filterbank(levelled), "spans": spans.astype(np.float32, copy=False)}
        answer: NDArray[np.float32] = self._session.run([wanted], feed)[0]
        return answer


def frames(samples: int) -> int:
    """How many frames the model has for so many samples; frame t is centred on sample 320 · t + 200."""
    return ((samples - FRAME) // HOP + 2) // 2


def centred_filterbank(audio: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32[N] of 16 kHz audio in −1…1 → the model's input, float32[(N − 400) // 160 + 1, 80]: a filterbank, less
    each bin's mean over time. Raises ValueError when N < 400."""
    bands = log_filterbank(audio, full_scale=1.0)
    return np.asarray(bands - bands.mean(axis=0), np.float32)
