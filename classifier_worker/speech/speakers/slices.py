"""A slice of speech as the speakers' clustering sees it: voiceprints of it whole, and of both sides of every cut."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.models.voiceprint import SHORTEST, STEP, Voiceprints, frames
from classifier_worker.speech.prosody.measures import VOICE_FROM
from classifier_worker.speech.windows.utterance import FRAME, Window

LENGTH: Final = 24_000
"""1.5 s: what one slice holds at most."""
CELL: Final = 2_000
"""0.125 s: a slice may be cut at each."""

_HALF_FRAME = 200
_LEAST_FRAMES = 2


class Slice(NamedTuple):
    """Up to 1.5 s of one window."""

    begin: int
    """Position of its first sample in the session."""
    fresh_from: int
    """Position from which on no earlier window was given a speaker."""
    seconds: tuple[float, ...]
    """Speech in each cell of 0.125 s; the last one may be shorter. [C]"""
    whole: NDArray[np.float32]
    """float32[192]"""
    before: NDArray[np.float32]
    """float32[C − 1, 192]: of all cells before each cut. Says nothing where hardly any speech lies there."""
    after: NDArray[np.float32]
    """float32[C − 1, 192]: of all cells behind it."""


def slices(window: Window) -> Iterator[tuple[int, int, int]]:
    """Where the window must be listened to: (begin, end, fresh_from), in order.

    What is new in it, in equal parts of at most 1.5 s; a single part reaches back to make up 1.5 s.
    """
    fresh_from = max(window.start, window.audio_end - window.fresh)
    parts = max(1, -(-(window.audio_end - fresh_from) // LENGTH))
    if parts == 1:
        yield max(window.start, window.audio_end - LENGTH), window.audio_end, fresh_from
        return
    size = -(-(window.audio_end - fresh_from) // parts)
    for begin in range(fresh_from, window.audio_end, size):
        yield begin, min(begin + size, window.audio_end), begin


def measure_slices(
    voiceprints: Voiceprints, window: Window, audio: NDArray[np.float32], voiced: NDArray[np.float64]
) -> list[Slice]:
    """The slices of a window that hold speech enough to tell a voice.

    audio: float32[window.audio_end − window.start]; voiced: voice probabilities of its 32 ms frames, the first of which
    may begin up to a frame after the window does.
    """
    found = []
    for begin, end, fresh_from in slices(window):
        if end - begin < SHORTEST:
            continue
        centres = begin - window.start + np.arange(frames(end - begin)) * STEP + _HALF_FRAME
        places = np.minimum(centres // FRAME, len(voiced) - 1)
        # Pauses say nothing of a voice.
        speech = (voiced[places] >= VOICE_FROM).astype(np.float32)
        cells = (centres - (begin - window.start)) // CELL
        seconds = tuple(round(float(speech[cells == cell].sum()) * STEP / 16_000, 2) for cell in range(cells[-1] + 1))
        if sum(seconds) * 16_000 < SHORTEST:
            continue
        cuts = np.arange(1, len(seconds))[:, None]
        spans = np.concatenate([np.ones((1, len(speech))), cells[None] < cuts, cells[None] >= cuts]) * speech
        # A span without frames cannot be pooled: it gets all of them, and no weight later.
        spans[spans.sum(axis=1) < _LEAST_FRAMES] = 1.0
        prints = voiceprints.of(audio[begin - window.start : end - window.start], spans.astype(np.float32))
        count = len(cuts)
        found.append(Slice(begin, fresh_from, seconds, prints[0], prints[1 : 1 + count], prints[1 + count :]))
    return found
