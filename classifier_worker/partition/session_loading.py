"""Load a session from its record and checkpoint, or from whatever remains of them."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import orjson
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from classifier_worker.pipeline.audio_track import AudioTrack
from classifier_worker.pipeline.checkpoint import UnreadableCheckpointError, open_hearing
from classifier_worker.pipeline.hearing import Hearing
from classifier_worker.pipeline.service_events import Trouble
from classifier_worker.speech.backend import Backend
from shared import keys
from shared.audio import PIPELINE_RATE, pipeline_sample
from shared.contract.event_id import BEGINNING, EventId
from shared.contract.session import Session
from shared.contract.stored_event import EventKind, StoredEvent

log = logging.getLogger(__name__)

_LOOK_BACK = 1000
"""Most stored events to search for the newest tone or facts event."""


@dataclass(frozen=True, slots=True)
class LoadedSession:
    """A session that can continue."""

    hearing: Hearing
    record: Session
    trouble: Trouble | None = None
    events: list[StoredEvent] = field(default_factory=list)
    """Events that report any trouble to the session."""

    @property
    def deaf(self) -> bool:
        """Return whether the session cannot be processed: without its sample rate, every tone would be wrong."""
        return self.trouble == "record-unreadable"


@dataclass(frozen=True, slots=True)
class Found:
    """What Redis has of a session."""

    partition: int
    session_id: str
    fields: object
    """Answer of HGETALL, or the error raised instead."""
    checkpoint: object
    """Answer of GET, or the error raised instead."""


class UnreadableError(Exception):
    """The session's record or checkpoint is damaged."""

    def __init__(self, trouble: Trouble, record: Session) -> None:
        super().__init__(trouble)
        self.trouble: Trouble = trouble
        self.record = record
        """The readable part of the record."""


async def find(redis: Redis, partition: int, session_ids: Sequence[str]) -> list[Found]:
    """Return what Redis has of each session, in one round trip."""
    pipe = redis.pipeline(transaction=False)
    for session_id in session_ids:
        pipe.hgetall(keys.session(partition, session_id))
        pipe.get(keys.checkpoint(partition, session_id))
    answers = await pipe.execute(raise_on_error=False)
    for answer in answers:
        if isinstance(answer, Exception) and not _is_of_another_kind(answer):
            raise answer
    answers_of_each = zip(session_ids, answers[::2], answers[1::2], strict=True)
    return [Found(partition, session_id, fields, checkpoint) for session_id, fields, checkpoint in answers_of_each]


def _is_of_another_kind(error: Exception) -> bool:
    """Return whether Redis refused a command because the key holds another type, not because Redis is short of
    something."""
    return isinstance(error, ResponseError) and str(error).startswith("WRONGTYPE")


def recall(found: Found, backend: Backend, *, transcribes: bool) -> LoadedSession | None:
    """Restore the session from record and checkpoint; None if it was erased or has ended.

    transcribes: whether this worker writes down words. Raises UnreadableError.
    """
    fields, checkpoint, session_id = found.fields, found.checkpoint, found.session_id
    if not isinstance(fields, Mapping) or not fields:
        return None
    try:
        record = Session.from_hash(fields)
    except ValueError as error:
        raise UnreadableError("record-unreadable", Session(started_at=0.0)) from error
    if record is None or record.ended_at is not None:
        return None
    record = record.model_copy(update={"words": record.words and transcribes})
    try:
        if not isinstance(checkpoint, bytes | None):
            raise UnreadableCheckpointError(type(checkpoint).__name__)
        hearing = open_hearing(session_id, record, checkpoint, backend)
        return LoadedSession(hearing, record, hearing.lost, hearing.tell())
    except UnreadableCheckpointError as error:
        raise UnreadableError("listening-afresh", record) from error


async def load_session(redis: Redis, found: Found, backend: Backend, *, transcribes: bool) -> LoadedSession | None:
    """Load the session, without its past if necessary; None if it was erased or has ended."""
    try:
        return recall(found, backend, transcribes=transcribes)
    except UnreadableError as error:
        return await _afresh(redis, found, error.record, backend, error.trouble)


async def _afresh(redis: Redis, found: Found, record: Session, backend: Backend, trouble: Trouble) -> LoadedSession:
    """Start the session again at its last commit, without its past.

    Ids and `seq` continue, so that there is still one history. Everything is derived from what was committed, so until
    the next commit every worker arrives at the same result.
    """
    raw = -(-record.classified * record.sample_rate // PIPELINE_RATE)
    track = AudioTrack(record.sample_rate, raw, pipeline_sample(raw, record.sample_rate))
    state = backend.open(found.session_id, elcor=record.elcor, facts=record.facts, words=record.words)
    hearing = Hearing(found.session_id, track, state, record.elcor, record.facts, record.words)
    newest = await redis.xrevrange(keys.events(found.partition, found.session_id), count=_LOOK_BACK)
    hearing.last_id = EventId.parse(newest[0][0].decode()) if newest else BEGINNING
    hearing.tone_events, hearing.facts_events = _newest_seq(newest, "tone-event"), _newest_seq(newest, "facts-event")
    hearing.transcript_events = _newest_seq(newest, "transcript-event")
    told = bool(newest) and newest[0][1][b"event"] == b"service-event" and trouble.encode() in newest[0][1][b"data"]
    log.error("session %s…: %s", found.session_id[:8], trouble)
    return LoadedSession(hearing, record, trouble, [] if told else [hearing.trouble(trouble)])


def _newest_seq(newest: Sequence[tuple[bytes, Mapping[bytes, bytes]]], kind: EventKind) -> int:
    """Return the seq of the newest event of that kind, or 0 if there is none."""
    of_kind = (orjson.loads(fields[b"data"]) for _, fields in newest if fields[b"event"] == kind.encode())
    return next((int(event["seq"]) for event in of_kind), 0)
