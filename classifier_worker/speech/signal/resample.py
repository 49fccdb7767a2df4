"""PCM at any session rate → 16 kHz, by position: how the audio was cut into chunks cannot change a sample.

Two filters with one interface. Where the two rates have a common divisor large enough, a polyphase FIR with a Kaiser
window: see Crochiere & Rabiner, "Multirate Digital Signal Processing" (1983), ch. 4. It would need a million taps for
47,999 Hz, so at all other rates the same kernel is read from a table of `_PHASES` phases: see Smith & Gossett, "A
Flexible Sampling-Rate Conversion Method" (ICASSP 1984).
"""

from functools import cache, lru_cache
from math import gcd
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.signal import firwin, upfirdn

from shared.audio import PIPELINE_RATE

_HALF_LENGTH: Final = 10
"""Zero crossings of the filter to each side: ~60 dB stop band with _KAISER_BETA."""
_KAISER_BETA: Final = 5.0
_WIDEST_EXACT: Final = 640
"""The greater of the two factors up to which a filter of its own is made: 11,025 Hz needs 640."""
_PHASES: Final = 1024
"""Steps between two input samples at which the kernel is tabulated: the nearest is off by no more than −60 dB."""
_UNIT: Final = 2**20
"""The kernel's gain as an integer. Whole numbers under 2**53 make every sum exact, in whichever order it is taken."""
_WIDTHS: Final = 16
"""Steps from one input sample of width to two: all rates of sessions share 33 tables, 10 MB."""
_BLOCK: Final = 2048
"""Outputs computed at once, so that a long run needs no more memory than a short one."""

Samples = NDArray[np.int16]
Filter = NDArray[np.float64]


class Resampler:
    """From `rate` Hz to 16 kHz. Position n at `rate` and position n·16000/rate at 16 kHz are the same moment.

    Cheap to make at every rate: filters are built by the first `run` that needs them.
    """

    def __init__(self, rate: int) -> None:
        divisor = gcd(rate, PIPELINE_RATE)
        self.up = PIPELINE_RATE // divisor
        self.down = rate // divisor
        self._reach = _HALF_LENGTH * max(self.up, self.down) if rate != PIPELINE_RATE else 0

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
        exact = max(self.up, self.down) <= _WIDEST_EXACT
        filtered = (self._filtered if exact else self._interpolated)(samples, start, begin, end)
        return np.clip(np.rint(filtered), -32768, 32767).astype(np.int16)

    def _filtered(self, samples: Samples, start: int, begin: int, end: int) -> Filter:
        taps, centre = _polyphase(self.up, self.down)
        # An origin that is a multiple of `down` keeps output positions whole; `upfirdn` sums each output in tap order.
        first = max(start, self.needed_from(begin))
        origin = first // self.down * self.down
        padded = np.concatenate([np.zeros(first - origin), samples[first - start :].astype(np.float64)])
        filtered = upfirdn(taps, padded, self.up, self.down)
        shift = centre // self.down - origin * self.up // self.down
        wanted = np.zeros(end - begin)
        have = filtered[begin + shift : end + shift]
        wanted[: len(have)] = have
        return wanted

    def _interpolated(self, samples: Samples, start: int, begin: int, end: int) -> Filter:
        kernel = _kernel(max(_WIDTHS, _WIDTHS * self.down // self.up))
        before = kernel.shape[1] // 2
        first = begin * self.down // self.up - before
        last = (end - 1) * self.down // self.up + before
        padded = np.zeros(last + 1 - first)
        have = samples[max(0, first - start) : max(0, last + 1 - start)]
        place = max(0, start - first)
        padded[place : place + len(have)] = have
        windows = sliding_window_view(padded, kernel.shape[1])
        blocks = [
            self._block(kernel, windows, first + before, np.arange(block, min(block + _BLOCK, end)))
            for block in range(begin, end, _BLOCK)
        ]
        return np.concatenate(blocks)

    def _block(self, kernel: Filter, windows: Filter, first: int, positions: NDArray[np.int64]) -> Filter:
        """The results at `positions`; `windows[n]` are the samples around input position `first` + n."""
        whole, rest = np.divmod(positions * self.down, self.up)
        phases = (2 * _PHASES * rest + self.up) // (2 * self.up)
        return np.asarray(np.einsum("nk,nk->n", windows[whole - first], kernel[phases]) / float(_UNIT))


@lru_cache(maxsize=64)
def _polyphase(up: int, down: int) -> tuple[Filter, int]:
    """The filter's taps, and its centre among them."""
    widest = max(up, down)
    reach = _HALF_LENGTH * widest
    # Zeros in front make the centre a multiple of `down`, so that every phase is a whole number.
    centre = -(-reach // down) * down
    taps = firwin(2 * reach + 1, 1.0 / widest, window=("kaiser", _KAISER_BETA)) * up
    return np.concatenate([np.zeros(centre - reach), taps]), centre


@cache
def _kernel(width: int) -> Filter:
    """[phase, tap] of a low-pass `width` / _WIDTHS input samples wide, whole numbers that sum up to _UNIT a phase.

    Row p is for results p / _PHASES behind the middle tap's sample.
    """
    scale = width / _WIDTHS
    # A little narrower than the reach by which input is kept, so that no result depends on what was let go of.
    half = _HALF_LENGTH * scale - 1 / _PHASES
    around = int(np.ceil(_HALF_LENGTH * scale))
    at = np.arange(-around, around + 1)[None, :] - np.arange(_PHASES + 1)[:, None] / _PHASES
    window = np.i0(_KAISER_BETA * np.sqrt(np.maximum(0.0, 1.0 - np.square(at / half))))
    taps = np.where(np.abs(at) < half, np.sinc(at / scale) * window, 0.0)
    return np.asarray(np.rint(taps / taps.sum(axis=1, keepdims=True) * _UNIT))


@lru_cache(maxsize=64)
def resampler(rate: int) -> Resampler:
    """The resampler from `rate` Hz."""
    return Resampler(rate)
