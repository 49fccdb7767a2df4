"""Signs that samples are not what a session announced: another format or sample rate. Reported live, never stored."""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from classifier_worker.speech.signal.sample_format import Format, mistaken
from shared.audio import SAMPLE_BYTES

_LOOK_SAMPLES: Final = 8192
"""Samples per check."""
_LOOK_SECONDS: Final = 1.0
"""Seconds of audio between two checks."""
_SURE: Final = 2
"""Consecutive checks that must agree."""
_CLEARED: Final = 3
"""Consecutive checks without a finding after which a suspicion is dropped."""
_PACE_MS: Final = 4000
"""Time over which the pace is measured."""
_PACE_WITHIN: Final = 0.03
_COMMON_RATES: Final = (8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)

_SAMPLE_RATE: Final = "sample-rate"
_STEREO: Final = "stereo"
_DETAILS: Final[dict[Format, str]] = {
    "float32": "These look like 32-bit float samples. Multiply each by 32767 and send it as a 16-bit integer.",
    "int32": "These look like 32-bit samples. Send the upper 16 bits of each.",
    "big-endian": "These samples look big-endian. Swap the two bytes of each: they must be little-endian.",
    "shifted": "These samples look shifted by one byte. Begin with a whole sample, and send each byte once.",
    "mu-law": "These look like \u00b5-law samples (G.711). Decode each byte to a 16-bit integer and send that.",
    "a-law": "These look like A-law samples (G.711). Decode each byte to a 16-bit integer and send that.",
    "8-bit": "These look like 8-bit samples. Subtract 128 from each, multiply by 256, and send the result as a 16-bit "
    "integer.",
    "24-bit": "These look like 24-bit samples. Send the upper 16 bits of each.",
    _STEREO: "These look like two interleaved channels. Send one of them, or their mean.",
}


class Suspicion(NamedTuple):
    """What is probably wrong, as a code for programs and a sentence for people."""

    format: str
    detail: str

    @property
    def sure(self) -> bool:
        """Return whether all readings must be wrong. An odd pace may also come from playing a file."""
        return self.format != _SAMPLE_RATE


@dataclass(slots=True)
class FormatWatch:
    """Checks one second of samples, once per second."""

    suspicion: Suspicion | None = None
    _gathered: bytes = b""
    _seconds: float = 0.0
    _last: Format | None = None
    _agreed: int = 0

    def take(self, pcm: bytes, rate: int) -> None:
        """Add more of the session's samples, as they were sent."""
        self._gathered += pcm[: _LOOK_SAMPLES * SAMPLE_BYTES - len(self._gathered)]
        self._seconds += len(pcm) / SAMPLE_BYTES / rate
        if self._seconds < _LOOK_SECONDS:
            return
        samples = np.frombuffer(self._gathered, "<i2")
        self._gathered, self._seconds = b"", 0.0
        if samples.any():  # silence does not reveal a format
            self._judge(mistaken(samples))

    def _judge(self, found: Format | None) -> None:
        self._agreed = self._agreed + 1 if found == self._last else 1
        self._last = found
        if found is not None and self._agreed >= _SURE:
            self.suspicion = Suspicion(found, _DETAILS[found])
        elif found is None and self._agreed >= _CLEARED:
            self.suspicion = None


@dataclass(slots=True)
class PaceWatch:
    """Compares the time in which audio arrives with its duration: live audio at a wrong rate is off by
    the ratio of two common rates, second after second."""

    suspicion: Suspicion | None = None
    _began_ms: int | None = None
    _samples: int = 0
    as_said: bool = False
    """Whether the audio came at the session's rate at the last check."""
    _last: int = 0
    """The rate found by the last check."""

    def take(self, samples: int, rate: int, arrived_ms: int) -> None:
        """Note the arrival of a chunk of this many samples."""
        if self._began_ms is None or arrived_ms < self._began_ms:
            self._began_ms, self._samples = arrived_ms, 0
            return
        self._samples += samples
        passed = arrived_ms - self._began_ms
        if passed >= _PACE_MS:
            self._judge(self._samples / (passed / 1000), rate)
            self._began_ms, self._samples = arrived_ms, 0

    def _judge(self, measured: float, rate: int) -> None:
        self.as_said = abs(measured / rate - 1) < _PACE_WITHIN
        nearest = min(_COMMON_RATES, key=lambda common: abs(measured / common - 1))
        close = abs(measured / nearest - 1) < _PACE_WITHIN
        found = nearest if close and abs(nearest / rate - 1) > 2 * _PACE_WITHIN else 0
        agreed, self._last = found == self._last, found
        if agreed:
            self.suspicion = _wrong_rate(found, rate) if found else None


@dataclass(slots=True)
class Misreading:
    """The suspicions about one session's audio."""

    format: FormatWatch = field(default_factory=FormatWatch)
    pace: PaceWatch = field(default_factory=PaceWatch)

    def take(self, pcm: bytes, rate: int, arrived_ms: int) -> None:
        """Add a chunk, as it was sent."""
        self.format.take(pcm, rate)
        self.pace.take(len(pcm) // SAMPLE_BYTES, rate, arrived_ms)

    @property
    def suspicion(self) -> Suspicion | None:
        """Return the suspicion to report first."""
        found = self.format.suspicion
        # Two channels sent live would come at twice the pace, so here each sample is repeated for another reason.
        if found is not None and found.format == _STEREO and self.pace.as_said:
            found = None
        return found or self.pace.suspicion


def _wrong_rate(found: int, rate: int) -> Suspicion:
    detail = (
        f"{found} samples arrive per second, but the session was started at {rate} Hz. "
        f"If this is live audio, start the session with sample_rate {found}."
    )
    return Suspicion(_SAMPLE_RATE, detail)
