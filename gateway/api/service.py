"""GET /health, /ready and /metrics: for those who keep the service running."""

import asyncio
from contextlib import suppress
from typing import Any, Final, Literal

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response

from gateway import __version__
from gateway.edge.problem import RETRY_AFTER, Unavailable
from gateway.server.deployment import deployment_of
from gateway.services import ServicesDep
from shared import keys
from shared.store.links import AWAY, UnsuitableServerError, check_server

_PATIENCE: Final = 2.0
"""Seconds that a probe waits for Redis."""
_NO_PROGRESS: Final = (
    "Workers are alive, but none has got any further with the audio that waits. "
    "Look into the workers' logs, and restart them if they say nothing."
)

router = APIRouter(tags=["service"])


class Health(BaseModel):
    status: Literal["ok"] = "ok"
    service: Literal["linnet-gateway"] = "linnet-gateway"
    version: str = __version__
    deployment: str
    """The same for all gateways of one deployment."""


class Ready(BaseModel):
    status: Literal["ready"] = "ready"
    workers: int
    load: float
    """Mean share of the workers' time that their sessions need, 0…1."""
    full: bool
    """New sessions are refused at the moment; those that run are served."""
    stuck: int
    """Partitions with audio that no worker has got any further with for a while; on the others sessions are served."""


@router.get("/health")
async def health(services: ServicesDep) -> Health:
    """The process is alive. Says nothing about Redis or workers: see /ready."""
    return Health(deployment=deployment_of(services.settings))


@router.get("/ready")
async def ready(services: ServicesDep) -> Ready:
    """Sessions can be served: Redis answers, at least one worker is alive, and what is spoken is worked on."""
    try:
        async with asyncio.timeout(_PATIENCE):
            await check_server(services.links.general, services.settings)
            fleet = await services.fleet_gate.look()
            progress = await services.progress.look()
    except UnsuitableServerError as error:
        raise HTTPException(503, str(error)) from None
    except AWAY:
        raise HTTPException(503, "Redis is away: it cannot be reached.", headers=RETRY_AFTER) from None
    if services.draining:
        raise HTTPException(503, "This gateway is shutting down.")
    if not fleet.workers:
        raise Unavailable("No worker is alive: audio is kept but not classified.", "no_worker")
    if progress.stuck and progress.stuck == progress.waiting:
        raise Unavailable(_NO_PROGRESS, "no_progress")
    load, full = round(fleet.load, 3), services.fleet_gate.full
    return Ready(workers=len(fleet.workers), load=load, full=full, stuck=progress.stuck)


_TEXT: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "Text that Prometheus reads.", "content": {"text/plain": {"schema": {"type": "string"}}}}
}


@router.get("/metrics", response_class=Response, responses=_TEXT)
async def metrics(services: ServicesDep) -> Response:
    """Counters of this process for Prometheus, and what the workers have counted."""
    with suppress(*AWAY, TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            for code, count in (await services.links.general.hgetall(keys.TROUBLES)).items():  # type: ignore[misc]
                services.metrics.troubles.labels(code.decode()).set(int(count))
    return Response(generate_latest(services.metrics.registry), media_type=CONTENT_TYPE_LATEST)
