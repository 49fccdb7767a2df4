"""Count the calls and handshakes of each client before doing anything for them."""

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.edge.client import client_of
from gateway.edge.limits import LimitExceededError
from gateway.edge.problem import deny, too_many


class RequestLimit:
    """Answer 429 to a client that calls too often, handshakes included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            services = scope["app"].state.services
            try:
                await services.limits.request(client_of(scope))
            except LimitExceededError as error:
                services.metrics.refused.labels("limit").inc()
                await deny(too_many(error), scope, receive, send)
                return
        await self._app(scope, receive, send)
