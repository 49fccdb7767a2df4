"""Convert any number of channels at any rate to one channel at 16 kHz."""

from collections.abc import Iterator

import numpy as np

from classifier_worker.speech.recording.decoder import Channels
from classifier_worker.speech.recording.downmix import Downmix, Samples
from classifier_worker.speech.signal.resample import resampler


class Conversion:
    """Resamples block by block, and holds back output that later samples still affect."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._downmix = Downmix(rate)
        self._to_16k = resampler(rate)
        self._held = np.zeros(0, np.int16)
        self._held_from = 0
        self._done = 0

    def take(self, channels: Channels) -> Iterator[Samples]:
        """Yield the output that these samples complete."""
        for mono in self._downmix.take(channels):
            yield from self._resampled(mono, last=False)

    def end(self) -> Iterator[Samples]:
        """Yield the output that was held back."""
        yield from self._resampled(self._downmix.rest(), last=True)

    def _resampled(self, native: Samples, *, last: bool) -> Iterator[Samples]:
        self._held = np.concatenate([self._held, native])
        end = self._held_from + len(self._held)
        ready = self._to_16k.first(end) if last else max(self._done, self._to_16k.ready(end))
        if ready <= self._done:
            return
        yield self._to_16k.run(self._held, self._held_from, self._done, ready)
        self._done = ready
        needed = min(end, self._to_16k.needed_from(ready))
        self._held = self._held[needed - self._held_from :]
        self._held_from = needed
