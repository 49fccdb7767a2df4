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

PIN = Script(__file__, "pin")

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
