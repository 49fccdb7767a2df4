"""Speech for the benchmarks: the bundled sample, spaced so that a wanted share of it is voiced."""

from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from classifier_worker.speech.utterance import FRAME, SUSTAIN
from classifier_worker.speech.voice_activity import VoiceActivity, VoiceMemory
from shared.audio import PIPELINE_RATE

SAMPLE: Final = Path(__file__).resolve().parent.parent / "frontend" / "public" / "sample.flac"


def speech(share: float) -> NDArray[np.int16]:
    """The sample, 16 kHz, of which `share` is voiced (by voice activity): silence is added behind it."""
    samples, rate = soundfile.read(SAMPLE, dtype="int16")
    if rate != PIPELINE_RATE:
        raise ValueError(f"{SAMPLE.name} must have {PIPELINE_RATE} Hz, not {rate}.")
    voiced = _voiced_samples(samples)
    missing = max(0, round(voiced / share) - len(samples))
    return np.concatenate([samples, np.zeros(missing, np.int16)])


def voiced_share(samples: NDArray[np.int16]) -> float:
    """0…1, by voice activity."""
    return _voiced_samples(samples) / len(samples)


def _voiced_samples(samples: NDArray[np.int16]) -> int:
    model, memory, voiced = VoiceActivity(), [VoiceMemory.fresh()], 0
    for begin in range(0, len(samples) - FRAME + 1, FRAME):
        frame = samples[None, begin : begin + FRAME].astype(np.float32) / 32768.0
        (probability,), memory = model.step(frame, memory)
        voiced += FRAME if probability >= SUSTAIN else 0
    return voiced
