"""Find where one recording in a file ends and the next begins, for formats whose decoders stop there."""

import struct
from collections.abc import Iterator
from typing import BinaryIO, Final

from classifier_worker.speech.recording.part import Part
from classifier_worker.speech.recording.scan import find, read_at
from classifier_worker.speech.recording.wav import is_wav, wav_part

_OGG_BEGINS: Final = b"OggS\x00\x02"
"""First bytes of a page that begins a stream."""


def parts_of(file: BinaryIO, size: int) -> Iterator[Part]:
    """Yield the recordings in a file, in order. Most files hold one."""
    position = 0
    while position < size:
        part, position = _part(file, position, size)
        yield part


def _part(file: BinaryIO, start: int, size: int) -> tuple[Part, int]:
    first = read_at(file, start, 12)
    wav = wav_part(file, start, size) if is_wav(first) else None
    if wav is not None:
        return wav
    end = size
    if first.startswith(_OGG_BEGINS):
        end = _next_ogg(file, start, size)
    elif first[4:8] == b"ftyp":
        end = _next_mp4(file, start, size)
    elif first.startswith(b"ID3") and _length_of_tag(first) > size - start:
        start += 10  # a tag longer than the file: read what follows its header as sound
    return Part(start, end), end


def _next_ogg(file: BinaryIO, start: int, size: int) -> int:
    """Return where the next stream begins, after the first pages of this one."""
    position = start
    while read_at(file, position, 6) == _OGG_BEGINS:
        segments = read_at(file, position + 26, 1)
        lengths = read_at(file, position + 27, segments[0] if segments else 0)
        position += 27 + len(lengths) + sum(lengths)
    found = find(file, _OGG_BEGINS, position, size)
    return size if found is None else found


def _next_mp4(file: BinaryIO, start: int, size: int) -> int:
    """Return the position of a second `ftyp` among the outermost boxes."""
    position = start
    while position + 16 <= size:
        length, name = struct.unpack(">I4s", read_at(file, position, 8))
        if name == b"ftyp" and position > start:
            return position
        if length == 1:
            length = struct.unpack(">Q", read_at(file, position + 8, 8))[0]
        if length < 8:
            return size
        position += length
    return size


def _length_of_tag(first: bytes) -> int:
    return sum((byte & 0x7F) << shift for byte, shift in zip(first[6:10], (21, 14, 7, 0), strict=False))
