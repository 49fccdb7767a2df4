"""Ordinary speech that no model is trained on, cut into speakers' windows by the live pipeline.

It has not been rated. It is taken to be neutral, which is true of most, but not all, calls, reading and dictation.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from classifier_worker.speech.backend import Feed
from classifier_worker.speech.models.embedding import FEATURE_COUNT
from classifier_worker.speech.speech_backend import SpeechBackend
from classifier_worker.speech.tone.baseline import Everybody
from classifier_worker.speech.tone.mixture import Mixture
from classifier_worker.speech.tone.tone_head import LinearReader, ToneHead
from shared.audio import PIPELINE_RATE
from shared.settings import Settings
from training.data.corpus import Clip, read_clips
from training.features import feature_cache
from training.features.extract import DATA
from training.features.replay import Session

_BETWEEN: Final = np.zeros(PIPELINE_RATE, np.int16)


def _from_watson(clip: Clip) -> bool:
    return "/watson/" in clip.speaker


SETS: Final[dict[str, tuple[str, Callable[[Clip], bool]]]] = {
    "read": ("librispeech", lambda clip: True),
    "meetings": ("ami", lambda clip: True),
    "calls": ("fixtures", _from_watson),
    "devices": ("fixtures", lambda clip: not _from_watson(clip)),
}
"""Name → corpus and filter of its clips. No decision was based on `devices`: it stayed unseen until the end."""

DECIDED_ON: Final = ("read", "meetings", "calls")
"""The sets on which the mixture and the floors were fitted."""


def sessions(speech: Path, name: str) -> list[Session]:
    """Return one set's sessions, each a voice's recordings with a second between them. Cached."""
    groups = _recordings(speech, name)
    path = DATA / "training-cache" / f"everyday-{name}-{_digest(groups)}.npz"
    if not path.exists():
        _record(groups, name, path)
    with np.load(path, allow_pickle=False) as cache:
        columns = {field: cache[field] for field in cache.files}
    ends = np.cumsum(columns.pop("windows"))
    minutes = columns.pop("minutes")
    made = []
    for number, end in enumerate(ends):
        rows = slice(int(ends[number - 1]) if number else 0, int(end))
        made.append(_session({field: values[rows] for field, values in columns.items()}, float(minutes[number])))
    return made


def voices_of(speech: Path, name: str) -> list[str]:
    """Return the speaker of each session, as named in labels.csv."""
    return list(_recordings(speech, name))


def spoken(speech: Path, name: str) -> list[NDArray[np.int16]]:
    """Yield int16[N] of each session in one set: a voice's recordings with a second between them."""
    return [_joined(clips) for clips in _recordings(speech, name).values()]


def _joined(clips: list[Clip]) -> NDArray[np.int16]:
    return np.concatenate([part for clip in clips for part in (_samples(clip), _BETWEEN)])


def _session(columns: dict[str, NDArray[Any]], minutes: float) -> Session:
    count = len(columns["seconds"])
    return Session(
        columns["features"],
        np.maximum(columns["seconds"], 0.05),
        columns["pause"],
        np.full(count, "neutral"),
        np.arange(count),
        columns["voice"].astype(np.intp),
        columns["sure"].astype(np.bool_),
        minutes,
    )


class _Recorder(SpeechBackend):
    """Records each window that the pipeline reads."""

    def __init__(self) -> None:
        super().__init__(Settings(data_dir=DATA), _blank())
        self.rows: list[dict[str, Any]] = []

    def _read(self, item: Any, whose: Any, features: NDArray[np.float32]) -> Any:
        self.rows.append(
            {
                "features": features,
                "seconds": item.window.fresh / PIPELINE_RATE,
                "pause": 0.0 if whose.turn.changed else item.window.pause_before,
                "voice": whose.turn.number,
                "sure": whose.turn.sure,
            }
        )
        return super()._read(item, whose, features)


def _blank() -> ToneHead:
    """Return an empty head, since only windows and features are needed."""
    reader = LinearReader(np.zeros((1, FEATURE_COUNT)), np.zeros(1))
    everybody = Everybody(np.zeros(FEATURE_COUNT, np.float32), np.ones(FEATURE_COUNT, np.float32))
    return ToneHead(("neutral",), reader, reader, Mixture.of(np.zeros(11)), (0.0,), everybody)


def _record(groups: dict[str, list[Clip]], name: str, path: Path) -> None:
    recorder = _Recorder()
    counts, minutes, rows = [], [], []
    for clips in track(list(groups.values()), f"everyday {name}"):
        audio = _joined(clips)
        recorder.rows = []
        state = recorder.open("everyday", elcor=False)
        for at in range(0, len(audio), PIPELINE_RATE):
            recorder.classify([Feed(state, at, audio[at : at + PIPELINE_RATE], at + PIPELINE_RATE >= len(audio))])
        counts.append(len(recorder.rows))
        minutes.append(len(audio) / PIPELINE_RATE / 60)
        rows += recorder.rows
    columns = {field: np.array([row[field] for row in rows]) for field in rows[0]}
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".part")
    with temporary.open("wb") as file:
        np.savez(file, allow_pickle=False, windows=np.array(counts), minutes=np.array(minutes), **columns)
    temporary.replace(path)


def _samples(clip: Clip) -> NDArray[np.int16]:
    return np.asarray(np.round(np.clip(clip.audio(), -1.0, 1.0) * 32_767), np.int16)


def _recordings(speech: Path, name: str) -> dict[str, list[Clip]]:
    """Return each session's recordings: a reader's utterances, a meeting's excerpt, a sample's parts."""
    corpus, chosen = SETS[name]
    groups: dict[str, list[Clip]] = defaultdict(list)
    for clip in read_clips(speech, corpus, labelled=False):
        if chosen(clip):
            groups[clip.speaker].append(clip)
    return dict(groups)


def _digest(groups: dict[str, list[Clip]]) -> str:
    digest = hashlib.sha256()
    for source in feature_cache.MADE_BY:
        digest.update(source.read_bytes())
    for session, clips in groups.items():
        digest.update(session.encode())
        for clip in clips:
            digest.update(hashlib.sha256(clip.path.read_bytes()).digest())
    return digest.hexdigest()[:16]
