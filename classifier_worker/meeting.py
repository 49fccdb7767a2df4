"""How a worker comes to know a session: from its record and its checkpoint, or from what is left of them."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from classifier_worker.audio_track import AudioTrack
from classifier_worker.backends import Backend
from classifier_worker.hearing import Hearing, UnreadableCheckpointError, open_hearing
from classifier_worker.trouble import Trouble, trouble_event
from shared import keys
from shared.audio import PIPELINE_RATE, pipeline_sample
from shared.session import Session
from shared.stored_event import BEGINNING, EventId, StoredEvent

log = logging.getLogger(__name__)

_LOOK_BACK = 1000
"""Stored events among which the newest tone event is looked for."""


@dataclass(frozen=True, slots=True)
class Met:
    """A session that goes on."""

    hearing: Hearing
    record: Session
    trouble: Trouble | None = None
    events: list[StoredEvent] = field(default_factory=list)
    """What the session is to be told of it."""

    @property
    def deaf(self) -> bool:
        """Nothing of the session can be heard: without its sample rate every tone would be wrong."""
        return self.trouble == "record-unreadable"


@dataclass(frozen=True, slots=True)
class Found:
    """What Redis has of a session."""

    partition: int
    session_id: str
    fields: object
    """Answer of HGETALL, or the error instead of it."""
    checkpoint: object
    """Answer of GET, or the error instead of it."""


def is_of_another_kind(error: Exception) -> bool:
    """Whether Redis refused a command because the key holds something else, and not for want of anything."""
    return isinstance(error, ResponseError) and str(error).startswith("WRONGTYPE")


async def meet(redis: Redis, found: Found, backend: Backend) -> Met | None:
    """The session; None when it was erased or has ended."""
    fields, checkpoint, session_id = found.fields, found.checkpoint, found.session_id
    if not isinstance(fields, Mapping) or not fields:
        return None
    try:
        record = Session.from_hash(fields)
    except ValueError:
        return await _afresh(redis, found, Session(started_at=0.0), backend, "record-unreadable")
    if record is None or record.ended_at is not None:
        return None
    try:
        if not isinstance(checkpoint, bytes | None):
            raise UnreadableCheckpointError(type(checkpoint).__name__)
        return Met(open_hearing(session_id, record, checkpoint, backend), record)
    except UnreadableCheckpointError:
        return await _afresh(redis, found, record, backend, "listening-afresh")


async def _afresh(redis: Redis, found: Found, record: Session, backend: Backend, trouble: Trouble) -> Met:
    """The session from where its last commit left it, without what was known of it.

    Ids and `seq` go on, so that the history stays one. All of it follows from what was committed: until the next
    commit every worker comes to the same.
    """
    raw = -(-record.classified * record.sample_rate // PIPELINE_RATE)
    track = AudioTrack(record.sample_rate, raw, pipeline_sample(raw, record.sample_rate))
    hearing = Hearing(found.session_id, track, backend.open(found.session_id, elcor=record.elcor))
    newest = await redis.xrevrange(keys.events(found.partition, found.session_id), count=_LOOK_BACK)
    hearing.last_id = EventId.parse(newest[0][0].decode()) if newest else BEGINNING
    tones = (orjson.loads(fields[b"data"]) for _, fields in newest if fields[b"event"] == b"tone-event")
    hearing.tone_events = next((int(tone["seq"]) for tone in tones), 0)
    told = bool(newest) and newest[0][1][b"event"] == b"service-event" and trouble.encode() in newest[0][1][b"data"]
    log.error("session %s…: %s", found.session_id[:8], trouble)
    return Met(hearing, record, trouble, [] if told else [trouble_event(hearing, trouble)])
