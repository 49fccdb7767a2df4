"""Choose the decoder that is installed."""

from typing import Final

from classifier_worker.speech.recording.decoder import Decoder
from classifier_worker.speech.recording.window import Window

try:
    import av  # noqa: F401
except ImportError:  # the images do not include it
    FFMPEG = False
else:
    FFMPEG = True

KINDS: Final = "WAV, FLAC, OGG, MP3, M4A or WebM" if FFMPEG else "WAV, FLAC, OGG or MP3"


def decoder(source: Window) -> Decoder:
    """Open a part of a file. Raises UnreadableError."""
    if FFMPEG:
        from classifier_worker.speech.recording.ffmpeg import FfmpegDecoder

        return FfmpegDecoder(source)
    from classifier_worker.speech.recording.sndfile import SndfileDecoder

    return SndfileDecoder(source)
