"""Try a chunk in a separate process, so that it cannot harm a worker.

    python -m classifier_worker.poison.trial_process < case

The process reports that its models are loaded and work, processes the chunk, and writes the result: a pure function of
the session's state and the chunk, so the worker would have obtained the same. It dies with its parent.

A case that says `afresh` asks whether the audio itself is the cause, or the session's state.
"""

import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, NoReturn, cast

from classifier_worker.child_process import answer, die_with_parent, next_message, take_output
from classifier_worker.pipeline.checkpoint import freeze, open_hearing
from classifier_worker.pipeline.hearing import Hearing
from classifier_worker.pipeline.inference import warm_up
from classifier_worker.pipeline.session_pipeline import LONGEST_PAUSE_MS, advance
from classifier_worker.speech.backend import Activity, Backend, Feed
from classifier_worker.speech.load import load_backend
from shared.contract.event_id import EventId
from shared.contract.pcm_stream import Chunk
from shared.contract.session import Session
from shared.contract.stored_event import StoredEvent
from shared.private_process import keep_private
from shared.settings import read_settings


@dataclass(frozen=True, slots=True)
class Case:
    """The case to try: one chunk in one session's current state."""

    chunk: Chunk
    sample_rate: int
    elcor: bool
    checkpoint: bytes
    """The session's checkpoint, with its audio."""
    longest_pause_ms: int = LONGEST_PAUSE_MS
    facts: bool = False
    afresh: bool = False
    """Whether to try it without the session's past."""
    words: bool = False

    def in_fresh_state(self) -> "Case":
        """Return the same chunk, without the session's state."""
        return replace(self, afresh=True)

    def to_dict(self) -> dict[str, Any]:
        of_chunk = ("entry_id", "session_id", "offset", "pcm", "end", "correction")
        chunk = {name: getattr(self.chunk, name) for name in of_chunk}
        names = ("sample_rate", "elcor", "facts", "words", "checkpoint", "longest_pause_ms", "afresh")
        rest = {name: getattr(self, name) for name in names}
        return {"chunk": chunk, **rest}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Case":
        return cls(**{**values, "chunk": Chunk(**values["chunk"])})


@dataclass(frozen=True, slots=True)
class TrialResult:
    """The process survived the chunk."""

    checkpoint: bytes
    """The session after the chunk, with its audio."""
    events: list[StoredEvent]
    activity: Activity
    ended: bool
    afresh: bool = False
    """Whether it is without the session's past: its events then begin with one that says so."""

    def to_dict(self) -> dict[str, Any]:
        events = [[*event.id, event.kind, event.data] for event in self.events]
        rest = {name: getattr(self, name) for name in ("checkpoint", "activity", "ended", "afresh")}
        return {**rest, "events": events}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "TrialResult":
        events = [StoredEvent(EventId(sample, n), kind, data) for sample, n, kind, data in values["events"]]
        activity = cast(Activity, values["activity"])
        return cls(values["checkpoint"], events, activity, values["ended"], values["afresh"])


def try_alone(backend: Backend, case: Case) -> TrialResult:
    """Process the chunk. Raises what the models raise."""
    if case.afresh:
        _classify_audio(backend, case)
    hearing = _open(backend, case)
    if case.afresh:
        hearing.begin_afresh(backend)
    (outcome,) = advance(backend, [(hearing, [case.chunk])], case.longest_pause_ms)
    return TrialResult(
        freeze(hearing, backend, alone=True), outcome.events, outcome.activity, outcome.ended, case.afresh
    )


def _classify_audio(backend: Backend, case: Case) -> None:
    """Process, in a separate session, the audio that the state still held and then the chunk, to the last sample: a
    chunk alone may be too short for any window. Raises what the models raise."""
    hearing = _open(backend, case)
    start, samples = hearing.state.held_audio()
    hearing.open_state(backend)
    backend.classify([Feed(hearing.state, start, samples)])
    advance(backend, [(hearing, [case.chunk])], case.longest_pause_ms)
    backend.classify([Feed(hearing.state, hearing.position, samples[:0], rest=True)])


def _open(backend: Backend, case: Case) -> Hearing:
    record = Session(started_at=0.0, sample_rate=case.sample_rate, elcor=case.elcor, facts=case.facts, words=case.words)
    return open_hearing(case.chunk.session_id, record, case.checkpoint, backend)


def main(load: Callable[[], Backend]) -> NoReturn:
    """Read a case from standard input, and answer in two messages: ready, then the result."""
    keep_private()
    die_with_parent()
    answers = take_output()
    message = next_message()
    if message is None:
        sys.exit(1)
    case = Case.from_dict(message)
    threading.Thread(target=_end_with_input, daemon=True).start()
    backend = load()
    warm_up(backend)
    with suppress(BrokenPipeError):  # the parent is dying
        answer(answers, {"ready": True})
        answer(answers, _outcome(backend, case))
    os._exit(0)  # an orderly exit would wait for the thread that reads


def _outcome(backend: Backend, case: Case) -> dict[str, Any]:
    try:
        return try_alone(backend, case).to_dict()
    except Exception as error:
        return {"raised": type(error).__name__}


def _end_with_input() -> None:
    """End when the input closes: on every system, the parent keeps it open as long as it lives."""
    sys.stdin.buffer.read()
    os._exit(1)


if __name__ == "__main__":
    main(lambda: load_backend(read_settings()))
