"""Data that earlier releases left in Redis continues under this one: same bytes, or the session is told why not."""

from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest

from classifier_worker.pipeline.checkpoint import open_hearing
from classifier_worker.pipeline.session_pipeline import advance
from classifier_worker.speech.backend import Backend, Format
from classifier_worker.speech.load import load_backend
from tests.releases.as_written import as_written
from tests.releases.recording import FOLDER, SUFFIX, Recorded

FILES = sorted(FOLDER.glob(f"*{SUFFIX}"))
TOLD = {"model-changed", "listening-afresh"}


@cache
def backend_of(path: Path) -> Backend:
    return load_backend(Recorded.load(path).made())


def events_of(outcome: Any) -> list[tuple[str, str, str]]:
    return [(str(event.id), event.kind, event.data) for event in outcome]


def same_model(recorded: Recorded, backend: Backend) -> bool:
    """Whether nothing of the history may differ. The mock has no model, whether or not its checkpoints say so."""
    ours = backend.format()
    return recorded.backend == "mock" if not recorded.model else Format(*recorded.model) == ours


def test_there_are_recordings_of_both_backends() -> None:
    assert {Recorded.load(path).backend for path in FILES} == {"mock", "speech"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_stream_without_a_checkpoint(path: Path) -> None:
    recorded, backend = Recorded.load(path), backend_of(path)
    hearing = open_hearing(recorded.session_id, recorded.session(), None, backend)
    (outcome,) = advance(backend, [(hearing, recorded.chunks())])
    found = events_of(outcome.events)
    if same_model(recorded, backend):
        assert as_written(found, recorded.history) == recorded.history
    assert [(event_id, kind) for event_id, kind, _ in found][-1] == recorded.history[-1][:2]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_checkpoint(path: Path) -> None:
    recorded, backend = Recorded.load(path), backend_of(path)
    assert len(recorded.halts) == 4
    for halt in recorded.halts:
        hearing = open_hearing(recorded.session_id, recorded.session(), halt.checkpoint, backend)
        told = hearing.tell()
        (outcome,) = advance(backend, [(hearing, recorded.chunks()[halt.oldest :])])
        found = events_of(told + outcome.events)
        if same_model(recorded, backend):
            assert as_written(found, recorded.history[halt.events :]) == recorded.history[halt.events :]
            continue
        assert orjson.loads(found[0][2]).get("code") in TOLD, "a difference is announced"
        assert [event_id for event_id, kind, _ in found if kind == "service-event"] == [found[0][0]]
        # Another model may say less or more, but it hears every sample to the end.
        ended = orjson.loads(recorded.history[-1][2])["timestamp"]
        assert (found[-1][1], orjson.loads(found[-1][2])["timestamp"]) == ("session-ended", ended)
