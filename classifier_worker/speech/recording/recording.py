"""An open sound file."""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final

import numpy as np

from classifier_worker.speech.recording.converter import Conversion
from classifier_worker.speech.recording.decoder import Block, Decoder, UnreadableError
from classifier_worker.speech.recording.decoders import KINDS, decoder
from classifier_worker.speech.recording.downmix import Samples
from classifier_worker.speech.recording.joined import parts_of
from classifier_worker.speech.recording.part import Part
from classifier_worker.speech.recording.source import SourceError, open_source, shown
from classifier_worker.speech.recording.window import Window
from shared.audio import PIPELINE_RATE

_LOWEST_RATE: Final = 1_000
_HIGHEST_RATE: Final = 384_000
"""Hz. A header with a rate outside these limits is broken, and the resampling filter would be huge."""
_HEADERLESS: Final = (".raw", ".pcm", ".ulaw", ".alaw", ".sln", ".s16", ".s16le")
_MISSING: Final = 1.0
"""Seconds by which a recording may be shorter than its header says without a warning: encoders pad."""


class RecordingError(Exception):
    """A file that cannot be read; the message is one sentence to show to people."""


class Recording:
    """An open sound file of any format, rate and number of channels, even if it is damaged or joined."""

    def __init__(self, path: Path, file: BinaryIO, size: int) -> None:
        self.path = path
        self.heard = 0
        """Number of 16 kHz samples returned so far."""
        self._file = file
        self._parts = parts_of(file, size)
        self._faults = 0
        self._several = False
        self._decoder = self._first()

    @classmethod
    def open(cls, path: Path) -> "Recording":
        """Open a file; `-` is stdin.

        Raises RecordingError if it is missing, empty, without sound or of an unknown format.
        """
        try:
            file, size = open_source(path)
        except SourceError as error:
            raise RecordingError(str(error)) from error
        try:
            return cls(path, file, size)
        except RecordingError:
            file.close()
            raise

    @property
    def seconds(self) -> float | None:
        """Return the length of the first (usually the only) recording in the file, if it is known before decoding."""
        return self._decoder.seconds

    @property
    def account(self) -> str:
        """Return how much of the file was read, as the end of a sentence."""
        heard = self.heard / PIPELINE_RATE
        stated = None if self._several or self._decoder.guessed else self._decoder.seconds
        if stated is not None and stated - heard > _MISSING:
            words = f"{heard:.1f} s of the {stated:.1f} s that the file seems to hold were read"
        else:
            words = f"{heard:.1f} s were read, to the end of the file"
        places = "1 damaged place was" if self._faults == 1 else f"{self._faults} damaged places were"
        return f"{words}; {places} skipped" if self._faults else words

    def blocks(self, seconds: float = 1.0) -> Iterator[Samples]:
        """Yield the recording from the beginning, mono at 16 kHz, in blocks of `seconds` except the last.

        Clips at full scale. Raises RecordingError where nothing can be decoded.
        """
        size = max(1, round(seconds * PIPELINE_RATE))
        held = np.zeros(0, np.int16)
        for samples in self._samples():
            held = np.concatenate([held, samples])
            while len(held) >= size:
                self.heard += size
                yield held[:size]
                held = held[size:]
        if len(held):
            self.heard += len(held)
            yield held
        if self.heard == 0:
            raise RecordingError(f"{shown(self.path)} holds no sound.")

    def close(self) -> None:
        self._decoder.close()
        self._file.close()

    def __enter__(self) -> "Recording":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _first(self) -> Decoder:
        try:
            return self._decode(next(self._parts))
        except UnreadableError as error:
            raise RecordingError(self._refusal(str(error))) from error

    def _decode(self, part: Part) -> Decoder:
        return decoder(Window(self._file, part.start, part.end, part.head, self.path.suffix.lower()))

    def _samples(self) -> Iterator[Samples]:
        yield from self._of(self._decoder)
        for part in self._parts:
            self._several = True
            try:
                following = self._decode(part)
            except UnreadableError:
                self._faults += 1
                continue
            self._decoder.close()
            self._decoder = following
            yield from self._of(following)

    def _of(self, part: Decoder) -> Iterator[Samples]:
        """Yield one whole part. Joined streams may change their rate."""
        conversion: Conversion | None = None
        for block in self._blocks_of(part):
            if conversion is None or block.rate != conversion.rate:
                if conversion is not None:
                    yield from conversion.end()
                conversion = Conversion(self._sound(block.rate))
            yield from conversion.take(block.channels)
        if conversion is not None:
            yield from conversion.end()

    def _blocks_of(self, part: Decoder) -> Iterator[Block]:
        try:
            yield from part.blocks()
        except UnreadableError:
            self._faults += 1
        self._faults += part.faults

    def _sound(self, rate: int) -> int:
        if not _LOWEST_RATE <= rate <= _HIGHEST_RATE:
            raise RecordingError(
                f"{shown(self.path)} states an impossible sample rate of {rate} Hz: export the sound again."
            )
        return rate

    def _refusal(self, reason: str) -> str:
        name = shown(self.path)
        if self.path.suffix.lower() in _HEADERLESS:
            return (
                f"{name} has no header that describes its sound: convert it to WAV. "
                "For raw 16 kHz, 16-bit mono: ffmpeg -f s16le -ar 16000 -ac 1 -i FILE FILE.wav."
            )
        advice = "If another program can play it, convert it with: ffmpeg -i FILE FILE.wav."
        return f"{name} is damaged, or is not a {KINDS} file ({reason}). {advice}"
