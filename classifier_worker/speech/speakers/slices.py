"""Slices of speech for clustering: voiceprints of the whole slice and of both sides of every possible cut."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.models.voiceprint import SHORTEST, STEP, Voiceprints, frames
from classifier_worker.speech.prosody.measures import VOICE_FROM
from classifier_worker.speech.windows.utterance import FRAME, Window

LENGTH: Final = 24_000
"""1.5 s: the longest slice."""
CELL: Final = 2_000
"""0.125 s: a slice may be cut at every multiple."""

_HALF_FRAME = 200
_LEAST_FRAMES = 2


class Slice(NamedTuple):
    """Up to 1.5 s of one window."""

    begin: int
    """Position of its first sample in the session."""
    fresh_from: int
    """Position after which no earlier window was attributed to a speaker."""
    seconds: tuple[float, ...]
    """[C]: seconds of speech in each cell of 0.125 s; the last one may be shorter."""
    whole: NDArray[np.float32]
    """float32[192]"""
    before: NDArray[np.float32]
    """float32[C − 1, 192]: of all cells before each cut. Meaningless where they hold hardly any speech."""
    after: NDArray[np.float32]
    """float32[C − 1, 192]: of all cells after each cut."""


def slices(window: Window) -> Iterator[tuple[int, int, int]]:
    """Yield the sections of the window to measure, in order: (begin, end, fresh_from).

    They cover its new audio in equal parts of at most 1.5 s; a single part reaches back to make up 1.5 s.
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
    """Return the slices of a window that hold enough speech to identify a voice.

    audio: float32[window.audio_end − window.start]; voiced: voice probabilities of its 32 ms frames, the first of which
    may begin up to a frame after the window does.
    """
    found = []
    for begin, end, fresh_from in slices(window):
        if end - begin < SHORTEST:
            continue
        centres = begin - window.start + np.arange(frames(end - begin)) * STEP + _HALF_FRAME
        places = np.minimum(centres // FRAME, len(voiced) - 1)
        # Pauses carry no information about a voice.
        speech = (voiced[places] >= VOICE_FROM).astype(np.float32)
        cells = (centres - (begin - window.start)) // CELL
        seconds = tuple(round(float(speech[cells == cell].sum()) * STEP / 16_000, 2) for cell in range(cells[-1] + 1))
        if sum(seconds) * 16_000 < SHORTEST:
            continue
        cuts = np.arange(1, len(seconds))[:, None]
        spans = np.concatenate([np.ones((1, len(speech))), cells[None] < cuts, cells[None] >= cuts]) * speech
        # A span without frames cannot be pooled: it gets all frames now and no weight later.
        spans[spans.sum(axis=1) < _LEAST_FRAMES] = 1.0
        prints = voiceprints.of(audio[begin - window.start : end - window.start], spans.astype(np.float32))
        count = len(cuts)
        found.append(Slice(begin, fresh_from, seconds, prints[0], prints[1 : 1 + count], prints[1 + count :]))
    return found
