"""The interface of a decoder, which turns a part of a file into sound."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Channels = NDArray[np.float32]
"""[sample, channel], full scale −1…1."""


class Block(NamedTuple):
    """Consecutive samples at one rate."""

    rate: int
    channels: Channels


class UnreadableError(Exception):
    """No sound can be decoded from here; the message is the decoder's reason."""


class Decoder(Protocol):
    """One part of a file, open."""

    faults: int
    """Number of damaged places skipped so far."""
    guessed: bool
    """Whether `seconds` is an estimate rather than the header's value."""

    @property
    def seconds(self) -> float | None:
        """Return the length, if it is known before decoding."""

    def blocks(self) -> Iterator[Block]:
        """Yield everything that can be decoded. Raises UnreadableError where nothing more can be."""

    def close(self) -> None:
        """Release the decoder's resources; the file stays open."""
