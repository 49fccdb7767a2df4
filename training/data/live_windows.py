"""The windows that the live pipeline would cut from a recording, for measuring its steps on real speech."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.models.voice_activity import VoiceActivity, VoiceMemory
from classifier_worker.speech.windows.utterance import FRAME, UtteranceTracker, Window, WindowPlan

PLAN: Final = WindowPlan(48_000, 16_000)
"""3 s every second: the default settings."""

_DECIMALS = 3


class LiveWindow(NamedTuple):
    """One window, its audio and its voice activity."""

    window: Window
    audio: NDArray[np.float32]
    """float32[N], 16 kHz, −1…1."""
    voice: NDArray[np.float64]
    """Voice probabilities of its 32 ms frames, [~N/512]."""


def live_windows(audio: NDArray[np.float32], voice_activity: VoiceActivity) -> list[LiveWindow]:
    """Yield the windows that an utterance tracker finds in float32[N], 16 kHz, treated as one session."""
    tracker, memories, found = UtteranceTracker(), [VoiceMemory.fresh()], []
    probabilities: list[float] = []
    for at in range(0, len(audio) - FRAME + 1, FRAME):
        heard, memories = voice_activity.step(audio[None, at : at + FRAME], memories)
        probabilities.append(round(float(heard[0]), _DECIMALS))
        found.append(tracker.frame(at + FRAME, probabilities[-1], PLAN))
    found.append(tracker.cut(FRAME * len(probabilities), PLAN))
    voice = np.array(probabilities)
    begins = FRAME * np.arange(len(voice))
    return [
        LiveWindow(
            window,
            audio[window.start : window.audio_end],
            voice[(begins >= window.start) & (begins < window.audio_end)],
        )
        for window in found
        if window is not None
    ]
