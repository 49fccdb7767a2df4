"""POST and DELETE /session/{id}/link: a second id for the session, which allows reading and nothing else."""

from typing import cast

from fastapi import APIRouter
from pydantic import BaseModel

from gateway.api.openapi import problems
from gateway.services import ServicesDep
from gateway.session.session_keys import place_of, unknown_session
from shared import keys
from shared.contract.session_link import new_link_id
from shared.store.lua import Script

SHARE = Script(__file__, "share")

UNSHARE = Script(__file__, "unshare")

router = APIRouter(tags=["sessions"])


class Shared(BaseModel):
    link_id: str


class Unshared(BaseModel):
    session_id: str
    link_id: None = None


@router.post("/session/{session_id}/link", status_code=201, responses=problems(404))
async def share(session_id: str, services: ServicesDep) -> Shared:
    """Return the session's read-only link; make one if there is none yet."""
    place = place_of(session_id)
    names = [place.record, keys.link(place.partition, new_link_id(place.partition))]
    link = await SHARE.run(services.links.of(place.partition), names, [session_id])
    if link is None:
        raise unknown_session()
    return Shared(link_id=keys.id_of_link(cast(bytes, link).decode()))


@router.delete("/session/{session_id}/link", responses=problems(404))
async def unshare(session_id: str, services: ServicesDep) -> Unshared:
    """Revoke the link: it is unknown from now on, and streams opened by it end. Safe to call again."""
    place = place_of(session_id)
    if not await UNSHARE.run(services.links.of(place.partition), [place.record], [keys.stored_channel(session_id)]):
        raise unknown_session()
    return Unshared(session_id=session_id)
