"""DELETE /session/{id}: everything of a session is gone at once, and stays gone."""

import time
from typing import Final, Literal

import orjson
from fastapi import APIRouter
from pydantic import BaseModel
from redis.asyncio import Redis

from gateway.lookup import Place, place_of, unknown_session
from gateway.services import ServicesDep
from shared import keys
from shared.lua import Argument, Script

ERASE = Script("""
-- KEYS presence, tombstone, the session's keys, the record first
-- ARGV session id, seconds that the tombstone stays, channel, message → was there anything, or a tombstone?
if redis.call('EXISTS', KEYS[3]) == 0 then return redis.call('EXISTS', KEYS[2]) end
redis.call('SET', KEYS[2], '', 'EX', ARGV[2])
redis.call('ZREM', KEYS[1], ARGV[1])
for i = 3, #KEYS do redis.call('DEL', KEYS[i]) end
redis.call('PUBLISH', ARGV[3], ARGV[4])
return 1
""")

_PAGE: Final = 200
"""Chunks looked at in one round trip; each may be a second of audio."""

router = APIRouter(tags=["sessions"])


class Erased(BaseModel):
    session_id: str
    state: Literal["erased"] = "erased"


@router.delete("/session/{session_id}")
async def erase(session_id: str, services: ServicesDep) -> Erased:
    """Erases the session. Safe to call again when the answer was lost."""
    place = place_of(session_id)
    message = orjson.dumps({"type": "erased", "session_id": session_id, "at": time.time()})
    names = [place.presence, place.tombstone, *place.all_keys]
    args: list[Argument] = [session_id, services.settings.running_expiry, keys.SESSIONS_CHANNEL, message]
    if not await ERASE.run(services.redis, names, args):
        raise unknown_session()
    await _erase_audio(services.redis, place)
    return Erased(session_id=session_id)


async def _erase_audio(redis: Redis, place: Place) -> None:
    """Deletes the session's chunks from its partition's stream. No new ones come: APPEND needs the record."""
    mine = place.session_id.encode()
    after = "-"
    while True:
        entries: list[tuple[bytes, dict[bytes, bytes]]] = await redis.xrange(place.pcm, after, "+", _PAGE)
        doomed = [entry_id for entry_id, fields in entries if fields.get(b"s") == mine]
        if doomed:
            await redis.xdel(place.pcm, *doomed)
        if len(entries) < _PAGE:
            return
        after = f"({entries[-1][0].decode()}"
