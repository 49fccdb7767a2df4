"""Detect samples sent as 16-bit mono PCM that are in another format: width, byte order, companding, two channels.

    mistaken(samples)  # → "float32"

Speech is smooth: neighbouring samples differ little. Its bytes are noise at full level if read in the wrong format, and
smooth again in the right one. Real noise is rough in every format, so it is never mistaken for one of them.
Two channels show in one of two ways: each is smooth but together they are not, or every other step is much smaller.
"""

from functools import cache
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

Format = Literal["float32", "int32", "big-endian", "shifted", "mu-law", "a-law", "8-bit", "24-bit", "stereo"]
Samples = NDArray[np.int16]

_FULL_LEVEL: Final = 4000.0
"""Standard deviation from which samples may be misread: the more random byte dominates them."""
_SMOOTHER: Final = 0.35
"""Largest share of the original roughness left when the bytes are read in the right format."""
_QUIETER: Final = 1.5
"""Nepers by which neighbours must then differ less."""
_BYTES: Final[frozenset[Format]] = frozenset({"mu-law", "a-law", "8-bit"})
"""Formats with one-byte samples: a 16-bit reading takes every second one and so is less rough to begin with."""
_SMOOTHER_BYTES: Final = 0.75
_QUIETER_BYTES: Final = 1.2
"""Weaker evidence is therefore enough for these formats, but only if they are louder than speech is."""
_LOUD_BYTES: Final = 9000.0
_IN_RANGE: Final = 0.98
"""Least share of float samples that are neither above _LOUDEST_FLOAT of full scale nor too small to be real."""
_LOUDEST_FLOAT: Final = 1.5
_SMALLEST_FLOAT: Final = 1e-7
_LEAST_VALUES: Final = 16
"""Fewest distinct values among them, which rules out a constant that happens to be in range."""
_HEARD: Final = 100.0
"""Standard deviation from which two channels can be detected."""
_SAME: Final = 0.3
"""Ratio of the power of steps within pairs to that between them, or the inverse; 1 for mono."""
_VARIED: Final = 0.3
"""Share of the larger steps that differ from 0; a smaller share means a sound made of edges."""
_UNLIKE: Final = 0.3
"""Largest correlation, positive or negative, between two differing channels."""
_BOTH_SMOOTHER: Final = 0.2
"""Largest share of the roughness that each channel then keeps; a hissing mono voice keeps more."""
_EMPTY: Final = 0.02
"""Level of a channel relative to the other below which it counts as empty."""
_STRETCH: Final = 16
"""Samples per section whose own level counts: quiet sections tell byte orders apart best."""


def mistaken(samples: Samples) -> Format | None:
    """Return the format that `samples`, at least a quarter of a second, seem to have; None if it seems to be PCM."""
    if len(samples) < 1024:
        return None
    if samples.std() < _FULL_LEVEL:
        return "stereo" if _is_stereo(samples) else None
    raw = samples.astype("<i2").tobytes()
    low, high = _halves(samples)
    if any(_is_float(raw[2 * begin :]) for begin in (0, 1)):
        return "float32"
    if _rough(low) > 1.5 and low.std() > _FULL_LEVEL and _rough(high) < 1.0:  # the lower half of wide samples is noise
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
    """Return the upper 16 of each 24 bits."""
    triples = np.frombuffer(raw, np.uint8, len(raw) // 3 * 3).reshape(-1, 3)
    return np.ascontiguousarray(triples[:, 1:]).view("<i2").reshape(-1).astype(np.int16)


@cache
def _mu_law() -> Samples:
    """Return the value of each byte (ITU-T G.711)."""
    code = ~np.arange(256) & 255
    size = (((code & 15) << 3) + 132 << (code >> 4 & 7)) - 132
    return np.asarray(np.where(code & 128, -size, size), np.int16)


@cache
def _a_law() -> Samples:
    """Return the value of each byte (ITU-T G.711)."""
    code = np.arange(256) ^ 0x55
    exponent, low = code >> 4 & 7, (code & 15) << 4
    size = np.where(exponent == 0, low + 8, (low + 264) << np.maximum(exponent - 1, 0))
    return np.asarray(np.where(code & 128, size, -size), np.int16)


def _is_stereo(samples: Samples) -> bool:
    """Return whether left and right samples alternate."""
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
    """Split the samples into every second one: the rougher half, then the other."""
    even, odd = samples[0::2], samples[1::2]
    return (even, odd) if _rough(even) > _rough(odd) else (odd, even)


def _is_float(raw: bytes) -> bool:
    values = np.abs(np.frombuffer(raw, "<f4", len(raw) // 4))
    sound = values[values > 0.0]
    fit = (sound > _SMALLEST_FLOAT) & (sound < _LOUDEST_FLOAT)
    varied = len(np.unique(sound)) > _LEAST_VALUES
    return varied and len(sound) > len(values) // 2 and bool(np.mean(fit) > _IN_RANGE)


def _rough(samples: NDArray[Any]) -> float:
    """Return the power of the steps between neighbours relative to the samples' own: 2 for noise, a few hundredths for
    a vowel."""
    values = samples.astype(np.float64)
    return float(np.mean(np.square(np.diff(values))) / max(1.0, float(np.var(values))))


def _steps(samples: Samples) -> float:
    """Return the mean level of the steps between neighbours, Np; quiet passages count as much as loud ones."""
    steps = np.abs(np.diff(samples.astype(np.float64)))
    whole = steps[: len(steps) // _STRETCH * _STRETCH].reshape(-1, _STRETCH)
    return float(np.mean(np.log(1.0 + whole.mean(axis=1))))
