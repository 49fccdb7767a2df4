"""A partition's PCM stream: how gateways put chunks, corrections and end markers on it, and how workers read them.

Entry fields: `s` session id; then either `o` offset (samples at the session's rate), `b` bytes put on the stream
before it and `d` s16le bytes; or `c`, a request about corrections (shared/contract/correction.py), which applies from
here on; or `e`, why the session ends ("client", "idle"). Nothing follows an end marker of the same session.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shared.audio import MAX_RATE, SAMPLE_BYTES, max_frame_bytes
from shared.contract.correction import LONGEST_REQUEST, parse_request
from shared.store.lua import Script

_OFFSET_DIGITS: Final = 13
"""A gateway takes offsets of up to 12 digits, and frames extend beyond them."""
_LONGEST_REASON: Final = 40


@dataclass(frozen=True, slots=True)
class Chunk:
    """One entry: PCM as it arrived, a request about corrections, or the end of the session."""

    entry_id: str
    session_id: str
    offset: int = 0
    pcm: bytes = b""
    end: str | None = None
    correction: str | None = None
    """JSON for `parse_request`."""
    fault: str | None = None
    """Why it cannot be processed, in words. If set, only the two ids are valid."""

    @classmethod
    def from_entry(cls, entry_id: bytes, fields: Mapping[bytes, bytes]) -> "Chunk":
        """Parse an entry. Never raises: `fault` describes what is wrong with an entry that no gateway wrote."""
        session_id = fields.get(b"s", b"").decode(errors="replace")
        end = fields.get(b"e")
        if end is not None:
            return cls(entry_id.decode(), session_id, end=end.decode(errors="replace")[:_LONGEST_REASON])
        if b"c" in fields:
            return cls._correction(entry_id.decode(), session_id, fields[b"c"])
        offset, pcm = fields.get(b"o", b""), fields.get(b"d", b"")
        fault = _fault(offset, pcm)
        if fault is not None:
            return cls(entry_id.decode(), session_id, fault=fault)
        return cls(entry_id.decode(), session_id, int(offset), pcm)

    @classmethod
    def _correction(cls, entry_id: str, session_id: str, data: bytes) -> "Chunk":
        try:
            if len(data) > LONGEST_REQUEST:
                raise ValueError("too long")
            parse_request(data)
        except ValueError:
            return cls(entry_id, session_id, fault="its correction cannot be read")
        return cls(entry_id, session_id, correction=data.decode())


def _fault(offset: bytes, pcm: bytes) -> str | None:
    if not (offset.isdigit() and len(offset) <= _OFFSET_DIGITS):
        return "its offset is not the position of a sample"
    if not pcm or len(pcm) % SAMPLE_BYTES:
        return "it holds no whole samples"
    if len(pcm) > max_frame_bytes(MAX_RATE):
        return "it is longer than the limit for a frame"
    return None


ATTACH: Final = Script(__file__, "attach")

APPEND: Final = Script(__file__, "append")

END: Final = Script(__file__, "end", when_full="hash")
