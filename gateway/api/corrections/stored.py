"""A session's corrections as stored: of tones and of lines, in one list; an event's newest comes last."""

from typing import Final

import orjson
from pydantic import BaseModel, ConfigDict
from redis.asyncio import Redis
from starlette.exceptions import HTTPException

from gateway.services import Services
from gateway.session.session_keys import Place, unknown_session
from shared.contract.tone_event import Affect
from shared.store.lua import Argument, Script
from shared.store.replication import run_replicated

CORRECT = Script(__file__, "correct")

TAKE_BACK = Script(__file__, "take_back")

MOST: Final = 10_000
"""The most corrections kept for one session."""

NO_REQUEST: Final = ""
"""No request for the worker: the correction changes nothing that it does."""


class _Stored(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


class Correction(_Stored):
    """A reading's affect, as it should have been."""

    event_id: str
    affect: Affect
    note: str | None = None
    corrected_at: float
    """Unix time, s."""


class LineCorrection(_Stored):
    """The text of a line, as it should have been."""

    event_id: str
    text: str
    note: str | None = None
    corrected_at: float
    """Unix time, s."""


Corrections = dict[str, Correction | LineCorrection]
"""Event id → its newest correction."""


def affect_in(corrections: Corrections, event_id: str) -> Correction | None:
    """Return the correction of a reading."""
    found = corrections.get(event_id)
    return found if isinstance(found, Correction) else None


def text_in(corrections: Corrections, event_id: str) -> LineCorrection | None:
    """Return the correction of a line."""
    found = corrections.get(event_id)
    return found if isinstance(found, LineCorrection) else None


async def stored_corrections(redis: Redis, place: Place) -> list[tuple[bytes, Correction | LineCorrection]]:
    """Return each correction, as stored and parsed, oldest first."""
    stored: list[bytes] = await redis.lrange(place.corrections, 0, -1)  # type: ignore[misc]
    return [(data, _parsed(data)) for data in stored]


def _parsed(data: bytes) -> Correction | LineCorrection:
    fields = orjson.loads(data)
    return LineCorrection.model_validate(fields) if "text" in fields else Correction.model_validate(fields)


async def newest_corrections(redis: Redis, place: Place) -> Corrections:
    return {correction.event_id: correction for _, correction in await stored_corrections(redis, place)}


async def store(
    services: Services, place: Place, correction: Correction | LineCorrection, request: str, replaced: list[bytes]
) -> str:
    """Store the correction in place of `replaced`, pass `request` to the worker while the session runs, and return its
    state."""
    redis, names = services.links.of(place.partition), [place.record, place.corrections, place.pcm]
    args: list[Argument] = [correction.model_dump_json(), MOST, place.session_id, request, *replaced]
    found = await run_replicated(CORRECT, redis, names, args, services.settings)
    if not isinstance(found, list):
        raise unknown_session()
    count, state = found
    if count > MOST:
        raise HTTPException(409, f"This session already has {MOST} corrections, the limit: undo one first.")
    return str(state.decode())


async def take_off(services: Services, place: Place, stored: list[bytes], request: str) -> str:
    """Remove the `stored` corrections, pass `request` to the worker while the session runs; return the session's
    state."""
    redis, names = services.links.of(place.partition), [place.record, place.corrections, place.pcm]
    args: list[Argument] = [place.session_id, request, *stored]
    found = await run_replicated(TAKE_BACK, redis, names, args, services.settings)
    if not isinstance(found, list):
        raise unknown_session()
    return str(found[1].decode())
