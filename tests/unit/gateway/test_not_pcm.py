"""The first frame of a socket: other formats are named, and PCM is never mistaken for one."""

import io

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from gateway.audio.not_pcm import seems


def written(kind: str, subtype: str | None = None) -> bytes:
    """A second of a tone as a file of this kind."""
    file = io.BytesIO()
    tone = 0.3 * np.sin(np.arange(48_000) / 20)
    soundfile.write(file, tone, 48_000, format=kind, subtype=subtype)
    return file.getvalue()[:3200]


@pytest.mark.parametrize(
    ("frame", "name"),
    [
        (bytes.fromhex("1a45dfa39f4286810142f7810142f2810442f381"), "WebM"),
        (written("OGG", "VORBIS"), "Ogg"),
        (written("FLAC"), "FLAC"),
        (written("WAV"), "WAV"),
        (written("RF64"), "WAV"),
        (written("AIFF"), "AIFF"),
        (written("AU"), "AU"),
        (written("CAF"), "CAF"),
        (written("MP3"), "MP3"),
        (b"ID3\4\0\0\0\0\0\x23" + bytes(100), "MP3"),
        (b"\0\0\0\x20ftypM4A \0\0\0\0", "MP4"),
        (b'{"config": {"sample_rate": 16000}}', "JSON"),
        (b"  [1, 2, 3, 4, 5, 6, 7, 8, 9]\n".ljust(40), "JSON"),
        (b"UklGRiQAAABXQVZFZm10IBAAAAABAAEA", "text"),
    ],
)
def test_it_is_named(frame: bytes, name: str) -> None:
    assert name in str(seems(frame))


@pytest.mark.parametrize("size", [2, 4, 320, 3200])
@pytest.mark.parametrize("value", [0, 1, -1, -1025, 8827, 32767, -32768])
def test_even_pcm_is_pcm(size: int, value: int) -> None:
    assert seems(np.full(size // 2, value, "<i2").tobytes()) is None


@given(st.binary(min_size=2, max_size=200))
def test_random_bytes_are_pcm(frame: bytes) -> None:
    assert seems(frame) is None or frame[:1] in b"\x1aOfcw#.0RFI\xff{[" or all(9 <= byte < 127 for byte in frame)
