"""PCM constants: the format on the WebSocket and the format of the speech pipeline."""

from typing import Final

SAMPLE_BYTES: Final = 2
"""s16le: two bytes a sample, mono."""

PIPELINE_RATE: Final = 16_000
"""Hz. Timestamps, event ids and every model count samples at this rate."""

MIN_RATE: Final = 8_000
MAX_RATE: Final = 48_000
"""Hz. The range of sample rates that a session may be started with."""

MAX_FRAME_SECONDS: Final = 1.0
"""The longest binary frame that one WebSocket message may carry."""


def max_frame_bytes(sample_rate: int) -> int:
    """Return the bytes of the longest frame allowed at `sample_rate` Hz."""
    return int(sample_rate * MAX_FRAME_SECONDS) * SAMPLE_BYTES


def pipeline_sample(sample: int, sample_rate: int) -> int:
    """Return the first 16 kHz position at or after `sample`, counted at `sample_rate` Hz."""
    return -(-sample * PIPELINE_RATE // sample_rate)
