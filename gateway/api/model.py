"""GET /model: which models run, as published by the workers."""

import orjson
from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from gateway.edge.problem import RETRY_AFTER
from gateway.services import ServicesDep
from shared import keys

NO_WORKER = "No worker has reported its model yet. It does so as soon as the model is loaded."

router = APIRouter(tags=["service"])


@router.get("/model")
async def model(services: ServicesDep) -> Response:
    """Name, licence, data, figures and limits of the tone model, and as `words` the size of the one that writes down
    words."""
    published: bytes | None = await services.links.general.get(keys.MODEL)
    if published is None:
        raise HTTPException(503, NO_WORKER, headers=RETRY_AFTER)
    words = None if services.settings.words == "off" else services.settings.words
    card = {"words": words} | orjson.loads(published)
    return Response(orjson.dumps(card), media_type="application/json")
