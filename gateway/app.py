"""The gateway's ASGI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.routing import Route, WebSocketRoute

from gateway import __version__
from gateway.api import audio_post, erase, history, link, model, pin, service, sessions, voice_profile
from gateway.api.audio_socket import audio_socket
from gateway.api.corrections import calls as corrections
from gateway.api.event_stream import event_stream
from gateway.api.exports import export
from gateway.api.openapi import document, problems
from gateway.edge import problem
from gateway.edge.body_limit import BodyLimit
from gateway.edge.head import HeadAsGet
from gateway.edge.origins import LOOPBACK_PAGES, OriginCheck, listens_on_loopback_only
from gateway.edge.page import PagePort, is_built
from gateway.edge.proxies import TrustedProxies
from gateway.edge.request_limit import RequestLimit
from gateway.edge.security_headers import SecurityHeaders
from gateway.server.plain_asgi import PlainASGI
from gateway.server.websocket_messages import OVER_LONG
from gateway.services import Services
from shared.settings import Settings

_LARGEST_BODY: Final = 64 * 1024
_ROUTERS: Final = (
    sessions.router,
    audio_post.router,
    erase.router,
    pin.router,
    link.router,
    history.router,
    export.router,
    corrections.router,
    voice_profile.router,
    model.router,
    service.router,
)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Create the application. It connects only when it starts, and it starts whether or not Redis is there."""
    chosen = settings or Settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        services = app.state.services = Services(chosen)
        async with services.running():
            yield

    app = FastAPI(
        title="Linnet",
        version=__version__,
        description="Tells you the tone of voice as people talk.",
        lifespan=lifespan,
        docs_url=None,  # both pages would load scripts from elsewhere; /openapi.json stays
        redoc_url=None,
        redirect_slashes=False,  # it would redirect clients to whatever their Host header says
    )
    problem.install(app)
    for router in _ROUTERS:
        app.include_router(router, responses=problems(400, 403, 408, 413, 422, 429, 503))
    app.router.routes.append(Route("/session/{session_id}/stream", PlainASGI(event_stream), methods=["GET"]))
    app.router.routes.append(WebSocketRoute("/session/{session_id}/audio", PlainASGI(audio_socket)))
    document(app)
    # The middleware added last sees a call first.
    app.add_middleware(BodyLimit, limit=_LARGEST_BODY, audio_limit=len(OVER_LONG), seconds=chosen.request_timeout)
    loopback = listens_on_loopback_only(chosen.host)
    app.add_middleware(HeadAsGet)
    app.add_middleware(OriginCheck, allowed=chosen.allowed_origins, loopback=loopback)
    app.add_middleware(RequestLimit)
    if chosen.allowed_origins or loopback:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=chosen.allowed_origins,
            allow_origin_regex=LOOPBACK_PAGES if loopback else None,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=[
                "Authorization",
                "Content-Type",
                "Last-Event-ID",
                "X-API-Key",
                "X-CF-License-Key",
                "X-Voice-Profile",
            ],
            expose_headers=["Content-Disposition", "Retry-After"],
            max_age=600,
        )
    app.add_middleware(TrustedProxies, trusted=chosen.trusted_proxies)
    if is_built(chosen.page_dir):
        app.add_middleware(PagePort, folder=chosen.page_dir, port=chosen.ui_port)
    app.add_middleware(SecurityHeaders)
    return app
