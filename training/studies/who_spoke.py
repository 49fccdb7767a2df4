"""Compare the speakers that the live pipeline reports with the true ones."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from classifier_worker.speech.backend import Feed
from classifier_worker.speech.speech_backend import SpeechBackend
from classifier_worker.speech.windows.utterance import SUSTAIN
from shared.audio import PIPELINE_RATE
from shared.contract.tone_event import ToneEvent
from training.data.conversations import Conversation


class Given(NamedTuple):
    """The audio that a window attributes to a speaker."""

    begin: int
    end: int
    """Its newest part: the samples that no earlier window held."""
    speaker_id: str


class Watched(SpeechBackend):
    """The worker's own backend, which also records each event's window and the cost of telling speakers apart."""

    def __init__(self, settings: Any) -> None:
        super().__init__(settings)
        self.given: list[Given] = []
        self.cpu_seconds = 0.0
        self.speech_seconds = 0.0

    def _due(self, *arguments: Any) -> Iterable[Any]:
        began = time.process_time()
        due = list(super()._due(*arguments))
        self.cpu_seconds += time.process_time() - began
        return due

    def _read(self, item: Any, whose: Any, features: NDArray[np.float32]) -> ToneEvent | None:
        event = super()._read(item, whose, features)
        if event is not None:
            window = item.window
            self.given.append(
                Given(max(window.start, window.audio_end - window.fresh), window.audio_end, event.speaker_id)
            )
            self.speech_seconds += float(np.mean(item.voiced >= SUSTAIN)) * window.fresh / PIPELINE_RATE
        return event


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """The results for one recording."""

    table: NDArray[np.int64]
    """int64[people, ids]: samples of each person in the newest parts given to each id."""
    windows: NDArray[np.int64]
    """int64[people, ids]: windows, by the person who speaks most of their new audio."""
    spoken: int
    """Samples with one known speaker."""

    @property
    def wrong(self) -> float:
        """Share of the time attributed to a wrong id, under the best pairing of ids and people."""
        return _wrong(self.table)

    @property
    def wrong_windows(self) -> float:
        return _wrong(self.windows)

    @property
    def purity(self) -> float:
        """Share of an id's time that belongs to the person who speaks most under it."""
        return float(self.table.max(axis=0).sum() / max(1, self.table.sum()))

    @property
    def coverage(self) -> float:
        """Share of a person's time attributed to that person's most frequent id."""
        return float(self.table.max(axis=1).sum() / max(1, self.table.sum()))

    @property
    def heard(self) -> float:
        """Share of the speech that is in some window's newest part."""
        return float(self.table.sum() / max(1, self.spoken))

    @property
    def ids(self) -> int:
        return int(self.table.shape[1])


def play(backend: Watched, recording: Conversation, seconds: float = 1.0) -> Figures | None:
    """Run the recording through the pipeline in feeds of `seconds`. Returns None if no window came."""
    backend.given = []
    samples = np.round(np.clip(recording.audio, -1, 1) * 32767).astype(np.int16)
    state = backend.open("figures", elcor=False)
    size = round(seconds * PIPELINE_RATE)
    for begin in range(0, len(samples), size):
        part = samples[begin : begin + size]
        backend.classify([Feed(state, begin, part, final=begin + size >= len(samples))])
    return figures(recording, backend.given) if backend.given else None


def figures(recording: Conversation, given: Sequence[Given]) -> Figures:
    ids = sorted({part.speaker_id for part in given})
    people = int(recording.speaker.max()) + 1
    table, windows = np.zeros((people, len(ids)), np.int64), np.zeros((people, len(ids)), np.int64)
    for part in given:
        column = ids.index(part.speaker_id)
        speaker = recording.speaker[part.begin : part.end]
        counts = np.bincount(speaker[speaker >= 0], minlength=people)
        table[:, column] += counts
        if counts.any():
            windows[int(counts.argmax()), column] += 1
    return Figures(table, windows, int(np.sum(recording.speaker >= 0)))


def _wrong(table: NDArray[np.int64]) -> float:
    rows, columns = linear_sum_assignment(-table)
    return float(1.0 - table[rows, columns].sum() / max(1, table.sum()))
