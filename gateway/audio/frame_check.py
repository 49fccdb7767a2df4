"""Check whether a frame of audio can be accepted: its length, its parity, and that it looks like PCM."""

from gateway.audio import refusal
from gateway.audio.not_pcm import seems
from shared.audio import SAMPLE_BYTES


def fault_of(pcm: bytes, limit: int, *, first: bool) -> refusal.Refusal | None:
    """Return why the frame is refused; None if it can be stored. limit: bytes; first: whether it is its socket's
    first."""
    kind = seems(pcm) if first else None
    if kind is not None:
        return refusal.not_pcm(kind)
    if not pcm:
        return refusal.EMPTY_FRAME
    if len(pcm) % SAMPLE_BYTES:
        return refusal.ODD_FRAME
    return refusal.too_long(limit) if len(pcm) > limit else None
