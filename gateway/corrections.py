"""POST /session/{id}/corrections: what a person heard where Linnet heard something else."""

import time
from typing import Annotated, Final

import orjson
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from redis.asyncio import Redis
from starlette.exceptions import HTTPException

from gateway.durable_stream import find
from gateway.lookup import Place, load, place_of, unknown_session
from gateway.problem_schema import problems
from gateway.services import ServicesDep
from shared.lua import Script
from shared.stored_event import EventId
from shared.tone_event import Affect

CORRECT = Script("""
-- KEYS session record, corrections; ARGV correction, most that are kept → how many there are | -1: no session
local ttl = redis.call('PTTL', KEYS[1])
if ttl == -2 then return -1 end
local count = redis.call('LLEN', KEYS[2])
if count >= tonumber(ARGV[2]) then return count + 1 end
redis.call('RPUSH', KEYS[2], ARGV[1])
if ttl == -1 then redis.call('PERSIST', KEYS[2]) else redis.call('PEXPIRE', KEYS[2], ttl) end
return count + 1
""")

_MOST: Final = 10_000
"""Corrections kept of one session."""

router = APIRouter(tags=["events"])


class CorrectionRequest(BaseModel):
    """Which event, and what it should have been."""

    model_config = ConfigDict(extra="forbid")

    event_id: str
    affect: Affect
    note: Annotated[str, Field(max_length=2000)] | None = None


class Correction(CorrectionRequest):
    """As it is stored."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    corrected_at: float
    """Unix time, s."""


@router.post("/session/{session_id}/corrections", status_code=201, responses=problems(404, 409))
async def correct(session_id: str, wish: CorrectionRequest, services: ServicesDep) -> Correction:
    """Stores a correction of one tone event. The newest one of an event counts."""
    place = place_of(session_id)
    await services.limits.correction(session_id)
    redis = services.links.of(place.partition)
    await load(redis, place)
    await _check_event(redis, place, wish.event_id)
    correction = Correction(**wish.model_dump(), corrected_at=round(time.time(), 3))
    names = [place.record, place.corrections]
    count = await CORRECT.run(redis, names, [correction.model_dump_json(), _MOST])
    if count == -1:
        raise unknown_session()
    if isinstance(count, int) and count > _MOST:
        raise HTTPException(409, f"This session has {_MOST} corrections already; no more are kept.")
    return correction


async def _check_event(redis: Redis, place: Place, text: str) -> None:
    try:
        event_id = EventId.parse(text)
    except ValueError as error:
        raise HTTPException(422, f"event_id: {error}") from None
    event = await find(redis, place, event_id)
    if event is None:
        raise HTTPException(404, f"This session has no event {event_id}.")
    if event.kind != "tone-event":
        raise HTTPException(422, f"Event {event_id} is of kind {event.kind}; only tone events can be corrected.")


async def newest_corrections(redis: Redis, place: Place) -> dict[str, Correction]:
    """Event id → its newest correction."""
    stored: list[bytes] = await redis.lrange(place.corrections, 0, -1)  # type: ignore[misc]
    corrections = [Correction.model_validate(orjson.loads(data)) for data in stored]
    return {correction.event_id: correction for correction in corrections}
