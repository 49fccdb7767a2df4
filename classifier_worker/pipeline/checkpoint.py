"""A session's checkpoint: everything except audio that the PCM stream still has, packed with MessagePack."""

import logging
from typing import Any, Final

import msgpack

from classifier_worker.pipeline.audio_track import AudioTrack
from classifier_worker.pipeline.hearing import Hearing
from classifier_worker.pipeline.invented import Clock, invented
from classifier_worker.pipeline.service_events import Trouble
from classifier_worker.speech.backend import Backend, Format, State
from shared.contract.event_id import EventId
from shared.contract.session import Session

log = logging.getLogger(__name__)

CHECKPOINT_VERSION: Final = 3
NAMELESS_VERSION: Final = 2
"""Checkpoints of this version do not say which model wrote the state."""


class UnreadableCheckpointError(Exception):
    """The checkpoint cannot be used: it is damaged, or a later version of Linnet wrote it."""


def freeze(hearing: Hearing, backend: Backend, *, alone: bool) -> bytes:
    """Return the checkpoint. If `alone`, it includes the audio; otherwise the chunks from `needed` on must supply
    it."""
    alone = alone or not hearing.covered()
    clock = None if hearing.clock is None else hearing.clock.freeze()
    if alone:
        hearing.kept.clear()
    return bytes(
        msgpack.packb(
            {
                "version": CHECKPOINT_VERSION,
                "format": list(backend.format()),
                "track": hearing.track.freeze(),
                "state": hearing.state.freeze(with_audio=alone and clock is None),
                "alone": alone,
                "last_id": list(hearing.last_id),
                "tone_events": hearing.tone_events,
                "facts_events": hearing.facts_events,
                "transcript_events": hearing.transcript_events,
                "ending": hearing.ending,
                "included": hearing.included,
                "clock": clock,
                "sounded": hearing.sounded,
            }
        )
    )


def open_hearing(session_id: str, record: Session, checkpoint: bytes | None, backend: Backend) -> Hearing:
    """Open the session as its checkpoint left it, or at its beginning. Raises UnreadableCheckpointError.

    From a checkpoint of another model, it keeps what does not depend on the model; `Hearing.tell` reports that.
    """
    if not checkpoint:
        state = backend.open(session_id, elcor=record.elcor, facts=record.facts, words=record.words)
        clock = Clock.of(record) if backend.invents else None
        track = AudioTrack(record.sample_rate)
        return Hearing(session_id, track, state, record.elcor, record.facts, record.words, clock=clock)
    try:
        return _thaw(session_id, record, msgpack.unpackb(checkpoint), backend)
    except Exception as error:  # damaged bytes may raise anything
        raise UnreadableCheckpointError(type(error).__name__) from error


def _thaw(session_id: str, record: Session, frozen: dict[str, Any], backend: Backend) -> Hearing:
    if frozen["version"] not in (CHECKPOINT_VERSION, NAMELESS_VERSION):
        raise ValueError("a checkpoint of another version")
    hearing = Hearing(
        session_id,
        AudioTrack.thaw(frozen["track"], record.sample_rate),
        backend.open(session_id, elcor=record.elcor, facts=record.facts, words=record.words),
        record.elcor,
        record.facts,
        record.words,
        EventId(*frozen["last_id"]),
        frozen["tone_events"],
        # Older ones had neither facts nor words.
        frozen.get("facts_events", 0),
        frozen.get("transcript_events", 0),
        frozen.get("ending"),
        frozen["included"],
        frozen.get("sounded", frozen["included"]),  # older ones have no corrections between chunks
    )
    try:
        hearing.state, lost = _state(frozen, backend, facts=record.facts)
        if not record.words:  # this worker writes down no words
            hearing.state.words = None
        needed = hearing.state.needed_from
    except Exception as error:  # another backend's state may raise anything
        log.error("session %s…: the state in its checkpoint cannot be read (%s)", session_id[:8], type(error).__name__)
        hearing.begin_afresh(backend)
        return hearing
    if lost is not None:
        hearing.lose(lost)
    if frozen.get("clock") is not None:  # absent from checkpoints of earlier versions
        clock = hearing.clock = Clock.thaw(frozen["clock"])
        hearing.state.refill(needed, invented(needed, clock.position))
    elif not frozen["alone"]:
        hearing.refill_from, hearing.refill_to = needed, hearing.position
        hearing.refill = AudioTrack(record.sample_rate)
    return hearing


def _state(frozen: dict[str, Any], backend: Backend, *, facts: bool) -> tuple[State, Trouble | None]:
    """Return the backend's state, and what part of it was lost. May raise anything."""
    ours = backend.format()
    named = frozen["version"] != NAMELESS_VERSION
    written = Format(*frozen["format"]) if named else ours._replace(model="")
    if written.states != ours.states:
        raise ValueError(f"a state of {written.states}, not {ours.states}")
    # No measurement depends on the model.
    measured = facts or not ours.model or (named and not written.model)
    if written == ours or measured:
        return backend.thaw(frozen["state"], facts=facts), None
    return backend.thaw_without_model(frozen["state"]), "model-changed"
