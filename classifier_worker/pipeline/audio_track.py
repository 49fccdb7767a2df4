"""A session's raw chunks → one gapless run of 16 kHz samples: overlap is dropped, a hole is announced."""

from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.frozen_arrays import freeze_array, thaw_array
from classifier_worker.speech.signal.resample import resampler
from shared.audio import SAMPLE_BYTES, pipeline_sample

Samples = NDArray[np.int16]


class Gap(NamedTuple):
    """16 kHz positions of samples that never arrived."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Span:
    """New 16 kHz samples, and the gap before them, if any."""

    start: int
    samples: Samples
    gap: Gap | None = None
    rest: bool = False
    """A long pause follows: what comes next is treated as after a gap, though no sample is missing."""


def _nothing() -> Samples:
    return np.zeros(0, np.int16)


@dataclass(slots=True)
class AudioTrack:
    """The position of a session's audio. Raw positions count at the session's rate."""

    rate: int
    expected: int = 0
    """Raw position of the next sample that is new."""
    position: int = 0
    """16 kHz position of the next sample to return."""
    tail: Samples = field(default_factory=_nothing)
    """Raw samples before `expected` that the resampler still needs."""

    def push(self, offset: int, pcm: bytes) -> Span:
        """Add the chunk whose first sample is at raw position `offset`; return the samples that it completes."""
        samples = np.frombuffer(pcm, "<i2", len(pcm) // SAMPLE_BYTES)
        gap = self._skip_to(offset) if offset > self.expected else None
        fresh = samples[max(0, self.expected - offset) :]
        self.expected += len(fresh)
        self.tail = np.concatenate([self.tail, fresh])
        return self._give(resampler(self.rate).ready(self.expected), gap)

    def finish(self) -> Span:
        """End the audio: return the samples that the resampler still holds."""
        return self._give(resampler(self.rate).first(self.expected), None)

    def rest(self) -> Span:
        """Return the same samples as `finish`; the next chunk continues as after a gap of zero length."""
        last = self.finish()
        self.tail = _nothing()
        return replace(last, rest=True)

    def _skip_to(self, offset: int) -> Gap:
        gap = Gap(pipeline_sample(self.expected, self.rate), pipeline_sample(offset, self.rate))
        self.expected = offset
        self.position = gap.end
        self.tail = _nothing()
        return gap

    def _give(self, end: int, gap: Gap | None) -> Span:
        resample = resampler(self.rate)
        start, end = self.position, max(end, self.position)
        samples = resample.run(self.tail, self.expected - len(self.tail), start, end)
        self.position = end
        keep = self.expected - resample.needed_from(end)
        self.tail = self.tail[max(0, len(self.tail) - max(0, keep)) :]
        return Span(start, samples, gap)

    def freeze(self) -> dict[str, Any]:
        """Return the state for a checkpoint: bounded by the resampler's reach, a few dozen samples."""
        return {"expected": self.expected, "position": self.position, "tail": freeze_array(self.tail)}

    @classmethod
    def thaw(cls, frozen: dict[str, Any], rate: int) -> "AudioTrack":
        return cls(rate, frozen["expected"], frozen["position"], thaw_array(frozen["tail"], np.int16))
