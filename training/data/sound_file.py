"""Sound files → audio as the worker would hear it."""

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from classifier_worker.speech.signal.resample import resampler
from shared.audio import PIPELINE_RATE


def read(path: Path) -> NDArray[np.float32]:
    """float32[N], 16 kHz mono, −1…1. Raises ValueError when the file cannot be read."""
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.SoundFileError as error:
        raise ValueError(f"{path} cannot be read: {error}. Convert it to WAV or FLAC.") from error
    mono = np.asarray(samples.mean(axis=1), np.float32)
    return mono if rate == PIPELINE_RATE else _resampled(mono, rate)


def _resampled(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """As the worker would hear it."""
    raw = (np.clip(samples, -1, 1) * 32_767).astype(np.int16)
    resample = resampler(rate)
    heard = resample.run(raw, 0, 0, resample.first(len(raw)))
    return heard.astype(np.float32) / np.float32(32_768)
