"""Decide who may start a session (everyone, or only holders of an API key), and how often."""

from typing import Annotated, Any, Final

from fastapi import Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException

from gateway.api.openapi import problems
from gateway.edge.client import client_of
from gateway.services import ServicesDep

_MISSING: Final = (
    "This server requires an API key to start a session. Send yours as Authorization: Bearer KEY, or as X-API-Key: KEY."
)
_INVALID: Final = "This API key is not valid here: it is mistyped, was revoked, or belongs to another server."

_BEARER: Final = HTTPBearer(auto_error=False, description="An API key, if the deployment requires one.")
_HEADER: Final = APIKeyHeader(name="X-API-Key", auto_error=False, description="The same, for clients that prefer it.")

DOCUMENTED: Final[dict[str, Any]] = {
    "openapi_extra": {"security": [{}]},  # a third alternative: a deployment may require no key
    "responses": problems(401),
}


async def admitted(
    request: Request,
    services: ServicesDep,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
    header: Annotated[str | None, Security(_HEADER)],
) -> None:
    """Raise 401 if a key is required and no valid one is given. Raises LimitExceededError before it checks any key."""
    await services.limits.start(client_of(request.scope))
    if not services.api_keys.required:
        return
    key = bearer.credentials if bearer is not None else header
    if not key:
        services.metrics.refused.labels("key").inc()
        raise HTTPException(401, _MISSING, headers={"WWW-Authenticate": 'Bearer realm="linnet"'})
    name = services.api_keys.name_of(key)
    if name is None:
        services.metrics.refused.labels("key").inc()
        raise HTTPException(401, _INVALID, headers={"WWW-Authenticate": 'Bearer realm="linnet", error="invalid_token"'})
    services.metrics.key_uses.labels(name).inc()
