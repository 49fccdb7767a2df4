"""Recognise a first frame that is not PCM: files, codecs and text begin with characteristic bytes.

    seems(b"OggS…")  # → "an Ogg file"

Bytes with which PCM may also begin count only if more of the frame agrees.
"""

from typing import Final

_TEXT: Final = frozenset(b"\t\n\r" + bytes(range(0x20, 0x7F)))
_LEAST_TEXT: Final = 16
"""Fewest printable bytes that count as text. As PCM, they are eight samples in a row, all loud and positive."""
_LEAST_LETTERS: Final = 8
"""Fewest different bytes in text; some test tones have fewer."""

_BEGINNINGS: Final = (
    (b"\x1a\x45\xdf\xa3", "WebM or Matroska, as MediaRecorder makes it"),
    (b"OggS", "an Ogg file"),
    (b"OpusHead", "Opus"),
    (b"fLaC", "a FLAC file"),
    (b"caff", "a CAF file"),
    (b"#!AMR", "an AMR file"),
    (b".snd", "an AU file"),
    (b"wvpk", "a WavPack file"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "a WMA file"),
)
_FORMS: Final = (b"WAVE", b"AIFF", b"AIFC")
_MP4_BOXES: Final = (b"ftyp", b"styp", b"moov", b"moof")

_MP3_KBITS: Final = {
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""(MPEG-1, layer) → bit rates."""
_MP3_RATES: Final = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}


def seems(frame: bytes) -> str | None:
    """Name the format, with its article; None for what may be PCM."""
    for beginning, name in _BEGINNINGS:
        if frame.startswith(beginning):
            return name
    if frame[:4] in (b"RIFF", b"RF64", b"RIFX", b"FORM") and frame[8:12] in _FORMS:
        return "a WAV file with its header" if frame[8:12] == b"WAVE" else "an AIFF file"
    if frame[4:8] in _MP4_BOXES:
        return "MP4"
    if frame.startswith(b"ID3") and frame[3:5] in (b"\2\0", b"\3\0", b"\4\0"):
        return "MP3"
    if len(frame) >= _LEAST_TEXT and _TEXT.issuperset(frame) and len(set(frame)) >= _LEAST_LETTERS:
        return "JSON" if frame.lstrip()[:1] in (b"{", b"[") else "text"
    return _frames(frame)


def _frames(data: bytes) -> str | None:
    """Recognise MPEG audio without a container: by a header, and another where the first says that one must follow."""
    for name, length in (("MP3", _mpeg_length), ("AAC", _adts_length)):
        size = length(data)
        if size and data[:2] == data[size : size + 2] and length(data[size:]):
            return name
    return None


def _mpeg_length(data: bytes) -> int:
    """Return the length in bytes of the MPEG audio frame at the beginning; 0 if there is none."""
    if len(data) < 4 or data[0] != 0xFF or data[1] & 0xE0 != 0xE0:
        return 0
    version, layer = data[1] >> 3 & 3, 4 - (data[1] >> 1 & 3)
    kbits, rate = data[2] >> 4, data[2] >> 2 & 3
    if version == 1 or layer == 4 or kbits in (0, 15) or rate == 3:
        return 0
    bits = _MP3_KBITS[version == 3, layer][kbits - 1] * 1000
    padding = data[2] >> 1 & 1
    if layer == 1:
        return (12 * bits // _MP3_RATES[version][rate] + padding) * 4
    samples = 72 if layer == 3 and version != 3 else 144
    return samples * bits // _MP3_RATES[version][rate] + padding


def _adts_length(data: bytes) -> int:
    """Return the length in bytes of the AAC frame at the beginning; 0 if there is none."""
    if len(data) < 7 or data[0] != 0xFF or data[1] & 0xF6 != 0xF0 or data[2] >> 2 & 15 > 12:
        return 0
    size = (data[3] & 3) << 11 | data[4] << 3 | data[5] >> 5
    return size if size > 7 else 0
