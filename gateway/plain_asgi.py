"""Routes that are ASGI applications: Starlette takes a function for a request handler, an object as it is."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send


class PlainASGI:
    """A function (scope, receive, send) as an object."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("method") == "HEAD":  # Starlette adds it to every GET route; a stream has no end to answer with
            raise HTTPException(405, headers={"Allow": "GET"})
        await self._app(scope, receive, send)
