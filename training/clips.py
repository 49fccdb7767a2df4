"""A clip as the live pipeline would hear it: speech found by voice activity, a little air around it, windows."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.voice_activity import FRAME, VoiceActivity, VoiceMemory

Audio = NDArray[np.float32]

PADDING: Final = 4_800
"""0.3 s that the live pipeline keeps before and after an utterance."""
WINDOW: Final = 48_000
HOP: Final = 16_000
SHORTEST: Final = 16_000
"""The live pipeline's windows in samples: 3 s, 1 s hop, at least 1 s."""

_LEAST_VOICED = 5
_LEAD_IN = 16
"""Frames of silence before a clip, so that the voice activity has settled when it begins."""


def find_speech(audio: Audio, voice_activity: VoiceActivity) -> tuple[int, int]:
    """Where speech begins and ends, in samples. The whole clip when hardly any of it sounds like speech."""
    heard = np.concatenate([np.zeros(_LEAD_IN * FRAME, np.float32), audio])
    memories, voiced = [VoiceMemory.fresh()], []
    for at in range(0, len(heard) - FRAME + 1, FRAME):
        probabilities, memories = voice_activity.step(heard[None, at : at + FRAME], memories)
        voiced.append(probabilities[0] >= 0.5)
    frames = np.flatnonzero(voiced[_LEAD_IN:])
    if len(frames) < _LEAST_VOICED:
        return 0, len(audio)
    return int(frames[0]) * FRAME, int(frames[-1] + 1) * FRAME


def without_edges(audio: Audio) -> Audio:
    """Cuts digital silence off both ends: cropped EmoDB clips are filled up with it, which would give them away."""
    sounding = np.flatnonzero(audio)
    return audio[sounding[0] : sounding[-1] + 1] if len(sounding) else audio


def with_air(audio: Audio, speech: tuple[int, int], air: tuple[int, int], rng: np.random.Generator) -> Audio:
    """The speech (from, to) and so many samples before and after it; where the recording ends, a faint hiss
    (−96…−70 dBFS) goes on."""
    (start, end), (before, after) = speech, air
    hiss = 10 ** (rng.uniform(-96, -70) / 20)
    padded = np.zeros(before + (end - start) + after, np.float32)
    first, last = max(0, start - before), min(len(audio), end + after)
    at = first - (start - before)
    padded[at : at + last - first] = audio[first:last]
    return (padded + rng.normal(0, hiss, len(padded))).astype(np.float32)


def cut_windows(audio: Audio, window: int = WINDOW) -> list[Audio]:
    """Up to a window: one, as long as the audio (at least 1 s); longer: one each second, and one at the end."""
    if len(audio) < SHORTEST:
        audio = np.pad(audio, (0, SHORTEST - len(audio)))
    if len(audio) <= window:
        # Steps of 0.1 s, as live windows come in.
        return [audio[len(audio) % 1_600 :]]
    last = len(audio) - window
    starts = [*range(0, last - HOP // 2, HOP), last]
    return [audio[start : start + window] for start in starts]
