"""Audio files as the pipeline hears them: 16 kHz, mono, int16, block by block, whatever the file's length.

with Recording.open(Path("call.flac")) as recording:
    for block in recording.blocks():
        ...
"""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from classifier_worker.speech.resample import Resampler, resampler

Samples = NDArray[np.int16]

_READABLE: Final = "WAV, FLAC, OGG or MP3"
_LOWEST_RATE: Final = 1_000
_HIGHEST_RATE: Final = 384_000
"""Hz. Beyond them a header is broken rather than unusual, and the resampling filter would be huge."""


class RecordingError(Exception):
    """A file that cannot be heard; the message is one sentence for a person."""


class Recording:
    """An open audio file: WAV, FLAC, OGG or MP3 (what libsndfile reads), any rate, any number of channels."""

    def __init__(self, path: Path, sound: Any) -> None:
        self.path = path
        self._sound = sound

    @classmethod
    def open(cls, path: Path) -> "Recording":
        """Raises RecordingError when the file is absent, empty, damaged or of another kind."""
        if not path.is_file():
            raise RecordingError(f"{path} is {'a folder' if path.is_dir() else 'not there'}.")
        try:
            if path.stat().st_size == 0:
                raise RecordingError(f"{path} is empty.")
            sound = soundfile.SoundFile(path)
        except PermissionError as error:
            raise RecordingError(f"{path} may not be read by this user.") from error
        except (soundfile.LibsndfileError, OSError) as error:
            raise RecordingError(f"{path} is damaged or no {_READABLE} file ({_reason(error)}).") from error
        recording = cls(path, sound)
        fault = recording._fault()
        if fault:
            recording.close()
            raise RecordingError(fault)
        return recording

    @property
    def seconds(self) -> float:
        """Length that the header states."""
        return float(self._sound.frames) / float(self._sound.samplerate)

    def blocks(self, seconds: float = 1.0) -> Iterator[Samples]:
        """The recording from its beginning, mono at 16 kHz, about `seconds` a block.

        Channels are averaged; what exceeds full scale is clipped. Raises RecordingError where the file is damaged.
        """
        rate = int(self._sound.samplerate)
        frames = max(1, round(seconds * rate))
        converter = _Converter(resampler(rate))
        while True:
            native = self._read(frames)
            yield from converter.take(native, last=len(native) < frames)
            if len(native) < frames:
                return

    def close(self) -> None:
        self._sound.close()

    def __enter__(self) -> "Recording":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _fault(self) -> str:
        if self._sound.frames <= 0:
            return f"{self.path} holds no sound."
        rate = self._sound.samplerate
        if not _LOWEST_RATE <= rate <= _HIGHEST_RATE:
            return f"{self.path} states a sample rate of {rate} Hz, which no recording has."
        return ""

    def _read(self, frames: int) -> Samples:
        try:
            channels = self._sound.read(frames, dtype="float32", always_2d=True)
        except (soundfile.LibsndfileError, OSError) as error:
            raise RecordingError(f"{self.path} is damaged ({_reason(error)}).") from error
        mono = np.nan_to_num(channels.mean(axis=1))
        return np.asarray(np.clip(np.rint(mono * 32768.0), -32768, 32767), np.int16)


class _Converter:
    """Feeds a resampler in blocks; holds what later samples still depend on."""

    def __init__(self, to_16k: Resampler) -> None:
        self._to_16k = to_16k
        self._held = np.zeros(0, np.int16)
        self._held_from = 0
        self._done = 0

    def take(self, native: Samples, *, last: bool) -> Iterator[Samples]:
        """What has become final with these samples: at most one block, none that is empty."""
        self._held = np.concatenate([self._held, native])
        end = self._held_from + len(self._held)
        ready = self._to_16k.first(end) if last else max(self._done, self._to_16k.ready(end))
        if ready <= self._done:
            return
        yield self._to_16k.run(self._held, self._held_from, self._done, ready)
        self._done = ready
        needed = min(end, self._to_16k.needed_from(ready))
        self._held = self._held[needed - self._held_from :]
        self._held_from = needed


def _reason(error: Exception) -> str:
    """libsndfile's own words, without the path that it puts before them."""
    words = getattr(error, "error_string", None) or getattr(error, "strerror", None) or str(error)
    return str(words).strip().rstrip(".")
