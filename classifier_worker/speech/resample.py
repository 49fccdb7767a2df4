"""PCM at any session rate → 16 kHz, by position: how the audio was cut into chunks cannot change a sample.

Polyphase FIR, Kaiser window; see Crochiere & Rabiner, "Multirate Digital Signal Processing" (1983), ch. 4.
"""

from functools import lru_cache
from math import gcd

import numpy as np
from numpy.typing import NDArray
from scipy.signal import firwin, upfirdn

from shared.audio import PIPELINE_RATE

_HALF_LENGTH = 10
"""Zero crossings of the filter to each side: ~60 dB stop band with _KAISER_BETA."""
_KAISER_BETA = 5.0

Samples = NDArray[np.int16]


class Resampler:
    """From `rate` Hz to 16 kHz. Position n at `rate` and position n·16000/rate at 16 kHz are the same moment."""

    def __init__(self, rate: int) -> None:
        divisor = gcd(rate, PIPELINE_RATE)
        self.up = PIPELINE_RATE // divisor
        self.down = rate // divisor
        widest = max(self.up, self.down)
        self._reach = _HALF_LENGTH * widest if rate != PIPELINE_RATE else 0
        # Zeros in front make the filter's centre a multiple of `down`, so that every phase is a whole number.
        self._centre = -(-self._reach // self.down) * self.down
        if rate != PIPELINE_RATE:
            taps = firwin(2 * self._reach + 1, 1.0 / widest, window=("kaiser", _KAISER_BETA)) * self.up
            self._taps = np.concatenate([np.zeros(self._centre - self._reach), taps])

    def first(self, start: int) -> int:
        """The first 16 kHz position of a stretch that begins at input position `start`."""
        return -(-start * self.up // self.down)

    def ready(self, end: int) -> int:
        """The 16 kHz position up to which results are final when the input is known up to `end`."""
        return -((self._reach - end * self.up) // self.down)

    def needed_from(self, position: int) -> int:
        """The oldest input position that the result at 16 kHz position `position` depends on."""
        return max(0, -((self._reach - position * self.down) // self.up))

    def run(self, samples: Samples, start: int, begin: int, end: int) -> Samples:
        """16 kHz samples at positions begin … end−1, from input whose first sample is at input position `start`.

        What lies outside the input counts as silence.
        """
        if end <= begin:
            return np.zeros(0, np.int16)
        if self._reach == 0:
            return samples[begin - start : end - start]
        # An origin that is a multiple of `down` keeps output positions whole; `upfirdn` sums each output in tap order.
        first = max(start, self.needed_from(begin))
        origin = first // self.down * self.down
        padded = np.concatenate([np.zeros(first - origin), samples[first - start :].astype(np.float64)])
        filtered = upfirdn(self._taps, padded, self.up, self.down)
        shift = self._centre // self.down - origin * self.up // self.down
        wanted = np.zeros(end - begin)
        have = filtered[begin + shift : end + shift]
        wanted[: len(have)] = have
        return np.clip(np.rint(wanted), -32768, 32767).astype(np.int16)


@lru_cache(maxsize=64)
def resampler(rate: int) -> Resampler:
    """The resampler from `rate` Hz; filters are made once a rate."""
    return Resampler(rate)
