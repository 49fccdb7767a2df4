"""What samples really are that were sent as 16-bit PCM mono: other widths, byte orders, companding, two channels.

    mistaken(samples)  # → "float32"

Speech is smooth: neighbouring samples differ little. Read in the wrong way its bytes are noise at full level, and read
in the right one they are smooth again. Noise itself is rough whichever way it is read, so it is never taken for these.
Of two channels either both are smooth and what they make together is not, or every other step is much smaller.
"""

from functools import cache
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

Format = Literal["float32", "int32", "big-endian", "shifted", "mu-law", "a-law", "8-bit", "24-bit", "stereo"]
Samples = NDArray[np.int16]

_FULL_LEVEL: Final = 4000.0
"""Standard deviation from which samples may be misread ones: their more random byte counts for most."""
_SMOOTHER: Final = 0.35
"""Of the roughness as sent, what is left when the bytes are read in the right way."""
_QUIETER: Final = 1.5
"""Nepers by which neighbours differ less then."""
_BYTES: Final[frozenset[Format]] = frozenset({"mu-law", "a-law", "8-bit"})
"""Two samples in the place of one, which then is every second of them, and not all that rough …"""
_SMOOTHER_BYTES: Final = 0.75
_QUIETER_BYTES: Final = 1.2
"""… so they are known by less, but only where they are louder than speech is."""
_LOUD_BYTES: Final = 9000.0
_IN_RANGE: Final = 0.98
"""Share of float samples within … full scale, and not so small that they are none."""
_LOUDEST_FLOAT: Final = 1.5
_SMALLEST_FLOAT: Final = 1e-7
_LEAST_VALUES: Final = 16
"""Different ones, which no constant has that happens to be in range."""
_HEARD: Final = 100.0
"""Standard deviation from which it shows that there are two channels."""
_SAME: Final = 0.3
"""Power of the steps within pairs by that between them, or the other way round; 1 for mono."""
_VARIED: Final = 0.3
"""Share of the larger steps that differ from 0; less is a sound of edges."""
_UNLIKE: Final = 0.3
"""Correlation of two channels that differ, either way. Of a voice that hisses it is more or less …"""
_BOTH_SMOOTHER: Final = 0.2
"""… and more than this is left of its roughness in every second sample."""
_EMPTY: Final = 0.02
"""Level of a channel by the other's below which nothing is on it."""
_STRETCH: Final = 16
"""Samples of a stretch whose own level counts: quiet ones tell byte orders apart best."""


def mistaken(samples: Samples) -> Format | None:
    """What `samples`, a quarter of a second or more of sound, seem to be instead; None when they seem to be PCM."""
    if len(samples) < 1024:
        return None
    if samples.std() < _FULL_LEVEL:
        return "stereo" if _is_stereo(samples) else None
    raw = samples.astype("<i2").tobytes()
    low, high = _halves(samples)
    if any(_is_float(raw[2 * begin :]) for begin in (0, 1)):
        return "float32"
    if _rough(low) > 1.5 and low.std() > _FULL_LEVEL and _rough(high) < 1.0:  # noise is the lower half of wide ones
        return "int32"
    readings: dict[Format, Samples] = {
        "big-endian": samples.byteswap(),
        "shifted": np.frombuffer(raw[1:-1], "<i2"),
        "mu-law": _mu_law()[np.frombuffer(raw, np.uint8)],
        "a-law": _a_law()[np.frombuffer(raw, np.uint8)],
        "8-bit": (np.frombuffer(raw, np.uint8).astype(np.int16) - 128) * np.int16(256),
        "24-bit": min((_upper_of_three(raw[begin:]) for begin in range(3)), key=_rough),
    }
    steps = {name: _steps(reading) for name, reading in readings.items()}
    best = min(steps, key=lambda name: steps[name])
    if _fits(best, _rough(readings[best]) / _rough(samples), _steps(samples) - steps[best], float(samples.std())):
        return best
    return "stereo" if _is_stereo(samples) else None


def _fits(name: Format, rougher: float, quieter: float, level: float) -> bool:
    if name in _BYTES:
        return rougher < _SMOOTHER_BYTES and quieter > _QUIETER_BYTES and level > _LOUD_BYTES
    return rougher < _SMOOTHER and quieter > _QUIETER


def _upper_of_three(raw: bytes) -> Samples:
    """The upper 16 of each 24 bits."""
    triples = np.frombuffer(raw, np.uint8, len(raw) // 3 * 3).reshape(-1, 3)
    return np.ascontiguousarray(triples[:, 1:]).view("<i2").reshape(-1).astype(np.int16)


@cache
def _mu_law() -> Samples:
    """What each byte means (ITU-T G.711)."""
    code = ~np.arange(256) & 255
    size = (((code & 15) << 3) + 132 << (code >> 4 & 7)) - 132
    return np.asarray(np.where(code & 128, -size, size), np.int16)


@cache
def _a_law() -> Samples:
    """What each byte means (ITU-T G.711)."""
    code = np.arange(256) ^ 0x55
    exponent, low = code >> 4 & 7, (code & 15) << 4
    size = np.where(exponent == 0, low + 8, (low + 264) << np.maximum(exponent - 1, 0))
    return np.asarray(np.where(code & 128, size, -size), np.int16)


def _is_stereo(samples: Samples) -> bool:
    """Whether left and right samples take turns."""
    if samples.std() < _HEARD:
        return False
    values = samples[: len(samples) // 2 * 2].astype(np.float64)
    steps = np.square(np.diff(values))
    within, between = float(steps[0::2].mean()), float(steps[1::2].mean())
    left, right = values[0::2], values[1::2]
    louder, quieter = (left, right) if left.std() > right.std() else (right, left)
    if quieter.std() < _EMPTY * louder.std():
        return _rough(louder) < _SMOOTHER * _rough(values)
    if min(within, between) < _SAME * max(within, between):
        larger = steps[0::2] if within > between else steps[1::2]
        return float(np.mean(larger > 0)) > _VARIED
    unlike = abs(float(np.corrcoef(left, right)[0, 1])) < _UNLIKE
    return unlike and max(_rough(left), _rough(right)) < _BOTH_SMOOTHER * _rough(values)


def _halves(samples: Samples) -> tuple[Samples, Samples]:
    """Every second sample: the rougher ones, and the others."""
    even, odd = samples[0::2], samples[1::2]
    return (even, odd) if _rough(even) > _rough(odd) else (odd, even)


def _is_float(raw: bytes) -> bool:
    values = np.abs(np.frombuffer(raw, "<f4", len(raw) // 4))
    sound = values[values > 0.0]
    fit = (sound > _SMALLEST_FLOAT) & (sound < _LOUDEST_FLOAT)
    varied = len(np.unique(sound)) > _LEAST_VALUES
    return varied and len(sound) > len(values) // 2 and bool(np.mean(fit) > _IN_RANGE)


def _rough(samples: NDArray[Any]) -> float:
    """Power of the steps between neighbours, by that of the samples: 2 for noise, some hundredths for a vowel."""
    values = samples.astype(np.float64)
    return float(np.mean(np.square(np.diff(values))) / max(1.0, float(np.var(values))))


def _steps(samples: Samples) -> float:
    """Mean level of the steps between neighbours, Np; quiet stretches count as much as loud ones."""
    steps = np.abs(np.diff(samples.astype(np.float64)))
    whole = steps[: len(steps) // _STRETCH * _STRETCH].reshape(-1, _STRETCH)
    return float(np.mean(np.log(1.0 + whole.mean(axis=1))))
