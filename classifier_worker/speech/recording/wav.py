"""Find the sound in a WAV file, whatever sizes its header states.

Killed recorders, pipes and joined files leave sizes of 0 or 0xFFFFFFFF, or outdated ones.
"""

import struct
from typing import BinaryIO, Final

from classifier_worker.speech.recording.part import Part
from classifier_worker.speech.recording.scan import find, read_at

_MAGIC: Final = (b"RIFF", b"RF64", b"BW64")
_USUAL_CHUNKS: Final = (b"data", b"LIST", b"fact", b"JUNK", b"bext", b"fmt ", b"PEAK", b"cue ", b"smpl", b"id3 ")
_OTHER_FILES: Final = (*_MAGIC, b"ID3", b"fLaC", b"OggS", b"\x1a\x45\xdf\xa3")
_UNKNOWN: Final = 0xFFFFFFFF
_EXTENSIBLE: Final = 0xFFFE
_LARGEST_FORMAT: Final = 4096


def is_wav(first: bytes) -> bool:
    """Return whether a file that begins with these bytes is a WAV file."""
    return first[:4] in _MAGIC and first[8:12] == b"WAVE"


def wav_part(file: BinaryIO, start: int, size: int) -> tuple[Part, int] | None:
    """Find the sound of the WAV file that begins at `start`, and where the next file may begin.

    Returns None if there is no header.
    """
    layout = b""
    stated_in_ds64 = 0
    position = start + 12
    while position + 8 <= size:
        name, length = struct.unpack("<4sI", read_at(file, position, 8))
        body = position + 8
        if name == b"data":
            if not layout:
                return None
            stated = stated_in_ds64 if length == _UNKNOWN and stated_in_ds64 else length
            end = _end_of_sound(file, body, stated, size)
            return Part(body, end, _head(layout)), _end_of_chunks(file, end, size)
        if name == b"fmt ":
            layout = read_at(file, body, min(length, _LARGEST_FORMAT))
        elif name == b"ds64":
            stated_in_ds64 = struct.unpack("<Q", read_at(file, body + 8, 8).ljust(8, b"\0"))[0]
        position = _behind(file, body, length)
    return None


def _behind(file: BinaryIO, body: int, length: int) -> int:
    """Return the end of a chunk. Chunks of odd length are followed by a byte of padding, which some writers omit."""
    end = body + length
    forgotten = length % 2 and read_at(file, end, 4) in _USUAL_CHUNKS
    return end if forgotten else end + length % 2


def _end_of_sound(file: BinaryIO, body: int, stated: int, size: int) -> int:
    """Return the end that the header states if a chunk, a file or the end follows there; else find where one
    follows."""
    end = body + stated
    if end in (size, size - 1):
        return size
    if end < size and (_next_file(file, end, size) or _next_chunk(file, end, size)):
        return end
    joined = find(file, b"WAVEfmt ", body, size)
    return size if joined is None else joined - len("RIFF....")


def _end_of_chunks(file: BinaryIO, position: int, size: int) -> int:
    """Skip the chunks after the sound: return where another file begins, or the end."""
    while position < size:
        following = _next_file(file, position, size)
        if following is not None:
            return following
        chunk = _next_chunk(file, position, size)
        if chunk is None:
            return size
        position = _behind(file, chunk + 8, struct.unpack("<I", read_at(file, chunk + 4, 4))[0])
    return size


def _next_file(file: BinaryIO, position: int, size: int) -> int | None:
    """Return where a file begins: here or after a byte of padding."""
    for at in range(position, min(position + 2, size)):
        if read_at(file, at, 4).startswith(_OTHER_FILES):
            return at
    return None


def _next_chunk(file: BinaryIO, position: int, size: int) -> int | None:
    """Return where a chunk begins: here or after a byte of padding."""
    for at in range(position, min(position + 2, size - 8)):
        name, length = struct.unpack("<4sI", read_at(file, at, 8))
        if all(32 <= byte < 127 for byte in name) and at + 8 + length <= size + 1:
            return at
    return None


def _head(layout: bytes) -> bytes:
    """Return a header for sound of any length. Bits declared unused count as sound, since decoders disagree on them."""
    if len(layout) >= 20 and struct.unpack("<H", layout[:2])[0] == _EXTENSIBLE:
        layout = layout[:18] + layout[14:16] + layout[20:]
    padded = layout + b"\0" * (len(layout) % 2)
    chunks = b"WAVEfmt " + struct.pack("<I", len(layout)) + padded + b"data" + struct.pack("<I", _UNKNOWN)
    return b"RIFF" + struct.pack("<I", _UNKNOWN) + chunks
