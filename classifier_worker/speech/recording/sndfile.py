"""Decode with libsndfile where FFmpeg is not installed: undamaged WAV, FLAC, OGG and MP3 files."""

from collections.abc import Iterator
from typing import Final

import soundfile

from classifier_worker.speech.recording.decoder import Block, UnreadableError
from classifier_worker.speech.recording.window import Window

_FRAMES: Final = 65_536


class SndfileDecoder:
    """Decodes a part of a file that libsndfile recognises."""

    def __init__(self, source: Window) -> None:
        self.faults = 0
        self.guessed = False
        try:
            self._sound = soundfile.SoundFile(source)
        except (soundfile.LibsndfileError, OSError, TypeError) as error:
            raise UnreadableError(_reason(error)) from error

    @property
    def seconds(self) -> float | None:
        return float(self._sound.frames) / float(self._sound.samplerate)

    def blocks(self) -> Iterator[Block]:
        while True:
            try:
                channels = self._sound.read(_FRAMES, dtype="float32", always_2d=True)
            except (soundfile.LibsndfileError, OSError, ValueError) as error:
                raise UnreadableError(_reason(error)) from error
            if len(channels):
                yield Block(int(self._sound.samplerate), channels)
            if len(channels) < _FRAMES:
                return

    def close(self) -> None:
        self._sound.close()


def _reason(error: Exception) -> str:
    words = getattr(error, "error_string", None) or getattr(error, "strerror", None) or str(error)
    return str(words).strip().rstrip(".")
