"""GET /health, /ready and /metrics: for operators and orchestrators."""

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
    "Workers are alive, but none is making progress on the queued audio. "
    "Check the workers' logs, and restart them if the logs do not explain it."
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
    """New sessions are refused at the moment; running ones are served."""
    stuck: int
    """Partitions with audio on which no worker has made progress for a while; sessions on the others are served."""


@router.get("/health")
async def health(services: ServicesDep) -> Health:
    """Report that the process is alive. For Redis and workers see /ready."""
    return Health(deployment=deployment_of(services.settings))


@router.get("/ready")
async def ready(services: ServicesDep) -> Ready:
    """Report that sessions can be served: Redis answers, a worker is alive, and audio is being processed."""
    try:
        async with asyncio.timeout(_PATIENCE):
            await check_server(services.links.general, services.settings)
            fleet = await services.fleet_gate.look()
            progress = await services.progress.look()
    except UnsuitableServerError as error:
        raise HTTPException(503, str(error)) from None
    except AWAY:
        raise HTTPException(503, "Redis cannot be reached.", headers=RETRY_AFTER) from None
    if services.draining:
        raise HTTPException(503, "This gateway is shutting down.")
    if not fleet.workers:
        raise Unavailable("No worker is alive: audio is kept but not classified.", "no_worker")
    if progress.stuck and progress.stuck == progress.waiting:
        raise Unavailable(_NO_PROGRESS, "no_progress")
    load, full = round(fleet.load, 3), services.fleet_gate.full
    return Ready(workers=len(fleet.workers), load=load, full=full, stuck=progress.stuck)


_TEXT: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "Prometheus' text format.", "content": {"text/plain": {"schema": {"type": "string"}}}}
}


@router.get("/metrics", response_class=Response, responses=_TEXT)
async def metrics(services: ServicesDep) -> Response:
    """Return this process' counters for Prometheus, and the workers' counts."""
    with suppress(*AWAY, TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            for code, count in (await services.links.general.hgetall(keys.TROUBLES)).items():  # type: ignore[misc]
                services.metrics.troubles.labels(code.decode()).set(int(count))
    return Response(generate_latest(services.metrics.registry), media_type=CONTENT_TYPE_LATEST)
