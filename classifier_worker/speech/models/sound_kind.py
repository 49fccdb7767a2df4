"""Which kind of sound a stretch of audio is: speech, singing, music, or none of them (noise, coughs, silence)."""

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
"""Speech is judged by the surest fifth of the frames: the rest may be pauses."""
_LEAST_WEIGHT: Final = 1e-3
_DECIMALS: Final = 3
"""Rounded before they decide anything, so that no platform noise can tip them."""


class SoundKind(NamedTuple):
    """Probabilities 0…1, each of its own: someone may speak over music."""

    speech: float
    """Mean of the surest fifth of the frames."""
    singing: float
    music: float
    """Means of all frames."""
    synthetic: float
    """Log-odds that a machine made the voice, if it is one (synthetic_voice.py)."""
    laughing: float = -math.inf
    """From 0 on somebody laughs: log-odds over the threshold (vocal_bursts.py)."""


class SoundKinds:
    """FireRedVAD's audio event detector, see sound_kind_build.py.

    kinds = SoundKinds()
    kinds.of(audio).music
    """

    def __init__(self, threads: int = 1, head: SyntheticHead | None = None, bursts: BurstHead | None = None) -> None:
        """Builds the model (20 ms). Raises RuntimeError when the package with its weights is missing or unreadable,
        FileNotFoundError when a head is not given and the project's own is missing."""
        model = build(read_weights(weights_path())).SerializeToString()
        self._session = open_session(model, "cpu", threads)
        self._head = head or SyntheticHead.load()
        self._bursts = bursts or BurstHead.load()

    def of(self, audio: NDArray[np.float32], fresh: int | None = None) -> SoundKind:
        """float32[N] of 16 kHz audio in −1…1, N ≥ 400. One at a time, so that nothing depends on what else is heard.

        fresh: samples at its end in which laughing is looked for (None: all of it).
        1.7 ms for 1 s, 4.5 ms for 3 s. Raises ValueError when the audio is shorter.
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
        """What a SyntheticHead is trained on: float64[256], means and spreads of the texture over the speech."""
        frames, texture = self._session.run(None, {"fbank": log_filterbank(audio)})
        return _description(frames[:, 0].astype(np.float64), texture)

    def texture(self, audio: NDArray[np.float32]) -> NDArray[np.float32]:
        """What a BurstHead is trained on: float32[T, 128], a row every 10 ms."""
        return np.asarray(self._session.run(None, {"fbank": log_filterbank(audio)})[1])


def _description(speech: NDArray[np.float64], texture: NDArray[np.float32]) -> NDArray[np.float64]:
    """[T], float32[T, 128] → float64[256]: each frame counts by its probability of speech."""
    weights = (speech + _LEAST_WEIGHT)[:, None]
    weights /= weights.sum()
    values = texture.astype(np.float64)
    means = (weights * values).sum(axis=0)
    variances = (weights * np.square(values - means)).sum(axis=0)
    return np.concatenate([means, np.sqrt(variances)])
