"""POST /session/{id}/pin: keeps a session beyond retention."""

from typing import Annotated

from fastapi import APIRouter, Header
from starlette.exceptions import HTTPException

from gateway import licence
from gateway.lookup import load, place_of, unknown_session
from gateway.problem_schema import problems
from gateway.services import ServicesDep
from gateway.sessions import SessionView
from shared.lua import Script

PIN = Script("""
-- KEYS the session's keys, the record first → is there such a session?
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'pinned', '1')
for i = 1, #KEYS do redis.call('PERSIST', KEYS[i]) end
local link = redis.call('HGET', KEYS[1], 'link')
if link then redis.call('PERSIST', link) end
return 1
""")

router = APIRouter(tags=["sessions"])


@router.post("/session/{session_id}/pin", responses=problems(402, 404))
async def pin(
    session_id: str, services: ServicesDep, x_cf_license_key: Annotated[str | None, Header()] = None
) -> SessionView:
    """Pins the session. Unknown sessions first: whoever guesses ids learns nothing about the licence."""
    place = place_of(session_id)
    redis = services.links.of(place.partition)
    await load(redis, place)
    if not licence.is_licensed(x_cf_license_key, services.settings.license_key):
        raise HTTPException(402, licence.REQUIRED)
    if not await PIN.run(redis, place.all_keys, []):
        raise unknown_session()
    return SessionView.of(session_id, await load(redis, place))
