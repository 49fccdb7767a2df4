"""Speech for the benchmarks: the bundled sample, with a given share of it voiced."""

from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from classifier_worker.speech.models.voice_activity import VoiceActivity, VoiceMemory
from classifier_worker.speech.windows.utterance import FRAME, SUSTAIN
from shared.audio import PIPELINE_RATE

SAMPLE: Final = Path(__file__).resolve().parent.parent / "frontend" / "public" / "sample.flac"


def speech(share: float) -> NDArray[np.int16]:
    """Join the sample's voiced parts into one long utterance, then add silence, so that `share` is voiced, 16 kHz.

    Long utterances are the most expensive: each of their seconds is a window of 3 s.
    """
    samples, rate = soundfile.read(SAMPLE, dtype="int16")
    if rate != PIPELINE_RATE:
        raise ValueError(f"{SAMPLE.name} must have a sample rate of {PIPELINE_RATE} Hz, not {rate} Hz.")
    mask = np.repeat(_voiced_frames(samples), FRAME)
    voiced = samples[: len(mask)][mask]
    return np.concatenate([voiced, np.zeros(round(len(voiced) * (1 / share - 1)), np.int16)])


def voiced_share(samples: NDArray[np.int16]) -> float:
    """Return the voiced share, 0…1, by voice activity."""
    return float(np.mean(_voiced_frames(samples)))


def _voiced_frames(samples: NDArray[np.int16]) -> NDArray[np.bool_]:
    """Return one probability for each whole frame of 512 samples."""
    model, memory = VoiceActivity(), [VoiceMemory.fresh()]
    voiced = np.zeros(len(samples) // FRAME, np.bool_)
    for number in range(len(voiced)):
        frame = samples[None, number * FRAME : (number + 1) * FRAME].astype(np.float32) / 32768.0
        (probability,), memory = model.step(frame, memory)
        voiced[number] = probability >= SUSTAIN
    return voiced
