"""A clip as the live pipeline would hear it: speech found by voice activity, a little air around it, windows."""

import zlib
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.models.voice_activity import FRAME, VoiceActivity, VoiceMemory
from training.data.conditions import CONDITIONS
from training.data.corpus import Clip
from training.data.recipe import SEED

Audio = NDArray[np.float32]

Excerpt = Literal["whole", "opening"]
"""The whole clip, or its first 2 s: a third of EmoDB exists only so, and length must not give emotions away."""

PADDING: Final = 4_800
"""0.3 s that the live pipeline keeps before and after an utterance."""
WINDOW: Final = 48_000
HOP: Final = 16_000
SHORTEST: Final = 16_000
"""The live pipeline's windows in samples: 3 s, 1 s hop, at least 1 s."""

_OPENING = 32_000
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


def pieces(
    clip: Clip, excerpt: Excerpt, condition: str, voice_activity: VoiceActivity, *, exact_air: bool
) -> tuple[list[Audio], tuple[float, ...]]:
    """The windows of a clip, and the seconds of speech that each adds.

    `exact_air`: 0.3 s around the speech as live, else 0…0.3 s at random.
    """
    audio = without_edges(clip.audio())
    if excerpt == "opening":
        audio = audio[:_OPENING]
    air_rng = np.random.default_rng((SEED, zlib.crc32(clip.path.name.encode())))
    speech = find_speech(audio, voice_activity)
    before, after = (PADDING, PADDING) if exact_air else air_rng.integers(0, PADDING, 2)
    piece = with_air(audio, speech, (int(before), int(after)), air_rng)
    speaker_rng = np.random.default_rng((SEED, zlib.crc32(f"{clip.speaker} {condition}".encode())))
    windows = cut_windows(CONDITIONS[condition](piece, speaker_rng))
    return windows, _seconds(speech, len(windows))


def whole(clip: Clip, window: int, voice_activity: VoiceActivity) -> tuple[list[Audio], tuple[float, ...]]:
    """A clip as recorded, in windows of so many samples, and the seconds of speech that each adds."""
    audio = without_edges(clip.audio())
    speech = find_speech(audio, voice_activity)
    rng = np.random.default_rng((SEED, zlib.crc32(clip.path.name.encode())))
    windows = cut_windows(with_air(audio, speech, (PADDING, PADDING), rng), window)
    return windows, _seconds(speech, len(windows))


def _seconds(speech: tuple[int, int], windows: int) -> tuple[float, ...]:
    """Of speech that each window adds."""
    start, end = speech
    return (min(end - start, WINDOW) / 16_000, *[HOP / 16_000] * (windows - 1))
