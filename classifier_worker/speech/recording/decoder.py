"""What turns a part of a file into sound."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Channels = NDArray[np.float32]
"""[sample, channel], full scale −1…1."""


class Block(NamedTuple):
    """Successive samples at one rate."""

    rate: int
    channels: Channels


class UnreadableError(Exception):
    """No sound can be had from here; the message is the decoder's reason."""


class Decoder(Protocol):
    """One part of a file, open."""

    faults: int
    """Damaged places left out so far."""
    guessed: bool
    """Whether `seconds` is an estimate and not what the header states."""

    @property
    def seconds(self) -> float | None:
        """Length as far as it is known beforehand."""

    def blocks(self) -> Iterator[Block]:
        """All that can be decoded, to the last byte. Raises UnreadableError where nothing more can."""

    def close(self) -> None:
        """Release what the decoder holds; the file stays open."""
