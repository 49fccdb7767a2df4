"""Write a session's state into checkpoints.

Each part of a state has `freeze()`, which returns what msgpack can write, and a class method `thaw(frozen)`, which
reads it and fills in what older checkpoints lack. Arrays are written as their bytes, by the functions here. Only
`VoiceMemory` has `to_bytes` instead: a change to its file would make all cached training features stale.
"""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

_Scalar = TypeVar("_Scalar", bound=np.generic)


def freeze_array(values: NDArray[_Scalar]) -> bytes:
    """Return the values as little-endian bytes, without their shape."""
    return values.astype(values.dtype.newbyteorder("<")).tobytes()


def thaw_array(frozen: bytes, kind: type[_Scalar]) -> NDArray[_Scalar]:
    """Return the values that `freeze_array` wrote, as a flat array."""
    return np.frombuffer(frozen, np.dtype(kind).newbyteorder("<")).astype(kind)
