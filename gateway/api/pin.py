"""POST /session/{id}/pin: keep a session beyond its retention."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Header, Request
from starlette.exceptions import HTTPException

from gateway.api.openapi import problems
from gateway.api.sessions import SessionView
from gateway.edge import licence
from gateway.edge.client import client_of
from gateway.services import Services, ServicesDep
from gateway.session.session_keys import load, place_of, unknown_session
from shared import keys
from shared.store.lua import Script

PIN = Script("""
-- KEYS the partition's pinned sessions, the session's keys, the record first; ARGV session id
-- → is there such a session?
if redis.call('EXISTS', KEYS[2]) == 0 then return 0 end
redis.call('HSET', KEYS[2], 'pinned', '1')
for i = 2, #KEYS do redis.call('PERSIST', KEYS[i]) end
redis.call('ZADD', KEYS[1], redis.call('TIME')[1], ARGV[1])
local link = redis.call('HGET', KEYS[2], 'link')
if link then redis.call('PERSIST', link) end
return 1
""")

router = APIRouter(tags=["sessions"])


@router.post("/session/{session_id}/pin", responses=problems(402, 404, 409))
async def pin(
    session_id: str, request: Request, services: ServicesDep, x_cf_license_key: Annotated[str | None, Header()] = None
) -> SessionView:
    """Pin the session. 404 comes first, so that guessing ids reveals nothing about the licence."""
    place = place_of(session_id)
    redis = services.links.of(place.partition)
    session = await load(redis, place)
    if not services.licences.allow(x_cf_license_key, services.settings.license_key):
        raise HTTPException(402, licence.REQUIRED)
    if not session.pinned:
        await services.limits.pin(client_of(request.scope))
        await _make_sure_of_room(services)
    if not await PIN.run(redis, [keys.pinned(place.partition), *place.all_keys], [session_id]):
        raise unknown_session()
    return SessionView.of(session_id, await load(redis, place))


async def _make_sure_of_room(services: Services) -> None:
    """Raise 409 if no more sessions may be pinned. Simultaneous pins may go slightly beyond the limit."""
    most = services.settings.pinned_sessions
    if not most:
        return
    used = await services.links.general.zrange(keys.PARTITIONS, 0, -1)
    counts = [services.links.of(number).zcard(keys.pinned(number)) for number in map(int, used)]
    if sum(await asyncio.gather(*counts)) >= most:
        raise HTTPException(
            409, f"{most} sessions are pinned, which is the limit: erase one of them, or raise LINNET_PINNED_SESSIONS."
        )
