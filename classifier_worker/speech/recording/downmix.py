"""Mix several channels down to one."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.recording.decoder import Channels

Samples = NDArray[np.int16]

_LEFT_OVER: Final = 0.1
"""Share of the loudest channel's energy below which the mean of the channels has lost the speech, because they cancel
out."""
_INTEGER_SCALE: Final = 64.0
"""Above this value, floating-point samples are 16-bit integers rather than fractions of full scale."""


class Downmix:
    """Returns the mean of the channels, or the loudest one where they cancel out or all others are silent.

    Decides once per second of the recording, however it is split into blocks.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._waiting: list[Channels] = []
        self._count = 0
        self._scale = np.float32(1.0)

    def take(self, channels: Channels) -> list[Samples]:
        """Return the whole seconds that these samples complete."""
        self._waiting.append(channels)
        self._count += len(channels)
        if self._count < self._rate:
            return []
        together = np.concatenate(self._waiting)
        whole = len(together) // self._rate * self._rate
        self._waiting, self._count = [together[whole:]], len(together) - whole
        return [self._one(together[start : start + self._rate]) for start in range(0, whole, self._rate)]

    def rest(self) -> Samples:
        """Return the remainder at the end."""
        last = self._one(np.concatenate(self._waiting)) if self._count else np.zeros(0, np.int16)
        self._waiting, self._count = [], 0
        return last

    def _one(self, channels: Channels) -> Samples:
        finite = np.nan_to_num(channels, nan=0.0, posinf=0.0, neginf=0.0)
        if np.abs(finite).max() > _INTEGER_SCALE:
            self._scale = np.float32(1 / 32768)
        scaled = finite * self._scale
        mean = scaled.mean(axis=1)
        energies = np.square(scaled).mean(axis=0)
        loudest = int(energies.argmax())
        lost = np.square(mean).mean() < _LEFT_OVER * energies[loudest]
        mono = scaled[:, loudest] if lost else mean
        return np.asarray(np.clip(np.rint(mono * 32768.0), -32768, 32767), np.int16)
