"""DELETE /session/{id}: erase all of a session's data, at once and for good."""

import time
from typing import Literal

import orjson
from fastapi import APIRouter
from pydantic import BaseModel

from gateway.api.openapi import problems
from gateway.services import ServicesDep
from gateway.session.session_keys import place_of, unknown_session
from shared import keys
from shared.erasure.aof_schedule import note_deletion
from shared.erasure.take_off import MOST_BYTES, erase_audio
from shared.store.lua import Argument, Script
from shared.store.replication import run_replicated

ERASE = Script(__file__, "erase", when_full="sorted set")

router = APIRouter(tags=["sessions"])


class Erased(BaseModel):
    session_id: str
    state: Literal["erased"] = "erased"


@router.delete("/session/{session_id}", responses=problems(404))
async def erase(session_id: str, services: ServicesDep) -> Erased:
    """Erase the session. Safe to call again if the answer was lost."""
    place = place_of(session_id)
    message = orjson.dumps({"type": "erased", "session_id": session_id, "at": time.time()})
    names = [place.presence, *place.audio, place.tombstone, keys.pinned(place.partition), *place.all_keys]
    limits: list[Argument] = [MOST_BYTES, services.settings.running_expiry]
    args: list[Argument] = [session_id, *limits, keys.SESSIONS_CHANNEL, message]
    redis, general = services.links.of(place.partition), services.links.general
    if await redis.exists(place.record, place.tombstone):
        await note_deletion(general, services.settings.rewrite_delay)
    chunks = await run_replicated(ERASE, redis, names, args, services.settings)
    if chunks == -2:
        raise unknown_session()
    if chunks == -1:
        # If this process dies now, the worker continues: the erasure is recorded beside the stream.
        await erase_audio(redis, place.partition, session_id)
        await note_deletion(general, services.settings.rewrite_delay)  # once more: the steps above may have taken long
    return Erased(session_id=session_id)
