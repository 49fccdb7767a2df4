"""Tell what kind of sound a section of audio is: speech, singing, music, or none of them (noise, coughs, silence)."""

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.models.build.sound_kind import build, read_weights, weights_path
from classifier_worker.speech.models.onnx_session import open_session
from classifier_worker.speech.models.synthetic_voice import SyntheticHead
from classifier_worker.speech.models.vocal_bursts import BurstHead, descriptions, level
from classifier_worker.speech.signal.kaldi_filterbank import HOP, log_filterbank

_SUREST: Final = 5
"""Speech is judged by the most certain 1/5 of the frames: the rest may be pauses."""
_LEAST_WEIGHT: Final = 1e-3
_DECIMALS: Final = 3
"""Decimals of values, rounded before any decision, so that platform noise cannot change the outcome."""


class SoundKind(NamedTuple):
    """Independent probabilities, 0…1: someone may speak over music."""

    speech: float
    """Mean over the most certain fifth of the frames."""
    singing: float
    music: float
    """Means over all frames."""
    synthetic: float
    """Log-odds that a voice, if there is one, is synthetic (synthetic_voice.py)."""
    laughing: float = -math.inf
    """Log-odds of laughter over the threshold: 0 or more means laughter (vocal_bursts.py)."""


class SoundKinds:
    """FireRedVAD's audio event detector, see build/sound_kind.py.

    kinds = SoundKinds()
    kinds.of(audio).music
    """

    def __init__(self, threads: int = 1, head: SyntheticHead | None = None, bursts: BurstHead | None = None) -> None:
        """Build the model. Raises RuntimeError if the package with its weights is missing or unreadable, and
        FileNotFoundError if `head` is None and the project's own is missing."""
        model = build(read_weights(weights_path())).SerializeToString()
        self._session = open_session(model, "cpu", threads)
        self._head = head or SyntheticHead.load()
        self._bursts = bursts or BurstHead.load()

    def of(self, audio: NDArray[np.float32], fresh: int | None = None) -> SoundKind:
        """Classify float32[N] of 16 kHz audio in −1…1, N ≥ 400. One at a time, so that results are independent.

        fresh: number of samples at the end to search for laughter (None: all).
        Raises ValueError if the audio is shorter.
        """
        frames, texture = self._session.run(None, {"fbank": log_filterbank(audio)})
        speech, singing, music = frames.astype(np.float64).T
        surest = np.sort(speech)[-max(1, len(speech) // _SUREST) :]
        means = (float(np.mean(values)) for values in (surest, singing, music))
        odds = self._head.log_odds(_description(speech, texture))
        recent = None if fresh is None else fresh // HOP
        laughing = self._bursts.surest(descriptions(texture, level(audio), recent))
        return SoundKind(*(round(value, _DECIMALS) for value in (*means, odds, laughing)))

    def description(self, audio: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the input of a SyntheticHead: float64[256], means and spreads of the texture over the speech."""
        frames, texture = self._session.run(None, {"fbank": log_filterbank(audio)})
        return _description(frames[:, 0].astype(np.float64), texture)

    def texture(self, audio: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the input of a BurstHead: float32[T, 128], one row every 10 ms."""
        return np.asarray(self._session.run(None, {"fbank": log_filterbank(audio)})[1])


def _description(speech: NDArray[np.float64], texture: NDArray[np.float32]) -> NDArray[np.float64]:
    """Describe [T] and float32[T, 128] as float64[256], each frame weighted by its probability of speech."""
    weights = (speech + _LEAST_WEIGHT)[:, None]
    weights /= weights.sum()
    values = texture.astype(np.float64)
    means = (weights * values).sum(axis=0)
    variances = (weights * np.square(values - means)).sum(axis=0)
    return np.concatenate([means, np.sqrt(variances)])
