"""`python -m gateway`: one gateway process. Start several; they share the ports.

`python -m gateway api-key NAME` makes an API key, `python -m gateway license-key NAME FILE` a signed licence key.
"""

import asyncio
import logging
import signal
import socket
import sys
from functools import partial
from pathlib import Path
from typing import Final

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from gateway.app import create_app
from gateway.edge import api_keys, licence
from gateway.edge.page import is_built
from gateway.server import logs
from gateway.server.deployment import deployment_of
from gateway.server.http_protocol import Bounds, HttpProtocol
from gateway.server.open_files import connections_allowed
from gateway.server.port import PortTakenError, listen
from gateway.server.websocket_messages import LONGEST_MESSAGE
from gateway.server.websocket_protocol import WebSocketProtocol
from gateway.services import Services
from shared.private_process import keep_private
from shared.settings import Settings, SettingsError, read_settings

log = logging.getLogger("gateway")

_GRACE_SECONDS: Final = 2
"""Time for connections that do not end when asked."""


class GatewayServer(uvicorn.Server):
    """End streams and sockets gracefully before uvicorn closes the rest."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        app = self.config.app
        services: Services | None = getattr(app.state, "services", None) if isinstance(app, FastAPI) else None
        if services is not None:
            # At once: clients that connect from now on, such as those whose streams just ended, must find another
            # gateway.
            for listening in self.servers:
                listening.close()
            log.info("Stopping: ending streams, acknowledging what was sent.")
            await services.drain()
        await super().shutdown(sockets)


def server(settings: Settings) -> GatewayServer:
    """Create the server, not yet listening."""
    return GatewayServer(server_config(create_app(settings), settings))


def server_config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """Configure uvicorn for `app`."""
    bounds = Bounds(head_seconds=settings.request_timeout, connections=connections_allowed())
    return uvicorn.Config(
        app,
        http=partial(HttpProtocol, bounds=bounds),  # type: ignore[arg-type]  # called as the class would be
        ws=WebSocketProtocol,
        ws_max_size=LONGEST_MESSAGE,
        # No deadline for pongs: while answers are held back nothing is read, not even pongs. TCP notices dead clients.
        ws_ping_timeout=None,
        ws_per_message_deflate=False,  # PCM does not compress, and trying costs time
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,  # gateway/edge/proxies.py handles these headers, as the settings say
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )


def main(arguments: list[str]) -> int:
    """Serve until SIGTERM or SIGINT, or print a new key. Return the exit code."""
    try:
        match arguments:
            case []:
                return serve()
            case ["api-key", name]:
                print(api_keys.make(name))
            case ["license-key", name, signing_key]:
                print(licence.make(name, Path(signing_key)))
            case _:
                raise ValueError("usage: python -m gateway [api-key NAME | license-key NAME SIGNING_KEY_FILE]")
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def serve() -> int:
    """Serve until SIGTERM or SIGINT. Return the exit code."""
    keep_private()
    try:
        settings = read_settings().for_gateway()
        api_keys.check_file(settings)
        logs.configure(settings.log_level)
        gateway = server(settings)
        _end_on_signals(gateway)
        listeners = _listen(settings)
    except (SettingsError, PortTakenError) as error:
        print(error, file=sys.stderr)
        return 1
    log.info("Linnet's gateway listens on %s", " and ".join(map(_address, listeners)))
    if not is_built(settings.page_dir):
        log.info("There is no page in %s, so only the API is served.", settings.page_dir)
    with asyncio.Runner(loop_factory=gateway.config.get_loop_factory()) as runner:
        runner.run(gateway.serve(listeners))
    return 0


def _listen(settings: Settings) -> list[socket.socket]:
    """Open the gateway's port, and the page's if there is a page to serve. Raises PortTakenError."""
    deployment = deployment_of(settings)
    listeners = [listen(settings.host, settings.gateway_port, deployment, "LINNET_GATEWAY_PORT")]
    if is_built(settings.page_dir):
        listeners.append(listen(settings.host, settings.ui_port, deployment, "LINNET_UI_PORT"))
    return listeners


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _end_on_signals(gateway: uvicorn.Server) -> None:
    """Let signals that arrive before uvicorn handles them stop it: it checks this flag once it has started."""

    def end(*_: object) -> None:
        gateway.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
