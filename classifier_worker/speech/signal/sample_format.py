"""What samples really are that were sent as 16-bit PCM and sound like noise: other widths, other byte orders.

    mistaken(samples)  # → "float32"

Speech is smooth: neighbouring samples differ little. Read in the wrong way its bytes are noise at full level, and read
in the right one they are smooth again. Noise itself is rough whichever way it is read, so it is never taken for these.
"""

from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

Format = Literal["float32", "int32", "big-endian", "shifted"]
Samples = NDArray[np.int16]

_FULL_LEVEL: Final = 4000.0
"""Standard deviation from which samples may be misread ones: their more random byte counts for most."""
_SMOOTHER: Final = 0.35
"""Of the roughness as sent, what is left when the bytes are read in the right way."""
_QUIETER: Final = 1.5
"""Nepers by which neighbours differ less then."""
_IN_RANGE: Final = 0.98
"""Share of float samples within … full scale, and not so small that they are none."""
_LOUDEST_FLOAT: Final = 1.5
_SMALLEST_FLOAT: Final = 1e-7
_LEAST_VALUES: Final = 16
"""Different ones, which no constant has that happens to be in range."""
_STRETCH: Final = 16
"""Samples of a stretch whose own level counts: quiet ones tell byte orders apart best."""


def mistaken(samples: Samples) -> Format | None:
    """What `samples`, a quarter of a second or more of sound, seem to be instead; None when they seem to be PCM."""
    if len(samples) < 1024 or samples.std() < _FULL_LEVEL:
        return None
    raw = samples.astype("<i2").tobytes()
    low, high = _halves(samples)
    if any(_is_float(raw[2 * begin :]) for begin in (0, 1)):
        return "float32"
    if _rough(low) > 1.5 and low.std() > _FULL_LEVEL and _rough(high) < 1.0:  # noise is the lower half of wide ones
        return "int32"
    readings: dict[Format, Samples] = {
        "big-endian": samples.byteswap(),
        "shifted": np.frombuffer(raw[1:-1], "<i2"),
    }
    steps = {name: _steps(reading) for name, reading in readings.items()}
    best = min(steps, key=lambda name: steps[name])
    smoother = _rough(readings[best]) < _SMOOTHER * _rough(samples)
    return best if smoother and steps[best] < _steps(samples) - _QUIETER else None


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


def _rough(samples: NDArray[np.signedinteger[Any]]) -> float:
    """Power of the steps between neighbours, by that of the samples: 2 for noise, some hundredths for a vowel."""
    values = samples.astype(np.float64)
    return float(np.mean(np.square(np.diff(values))) / max(1.0, float(np.var(values))))


def _steps(samples: Samples) -> float:
    """Mean level of the steps between neighbours, Np; quiet stretches count as much as loud ones."""
    steps = np.abs(np.diff(samples.astype(np.float64)))
    whole = steps[: len(steps) // _STRETCH * _STRETCH].reshape(-1, _STRETCH)
    return float(np.mean(np.log(1.0 + whole.mean(axis=1))))
