"""The ports that all gateway processes of one deployment share."""

import http.client
import json
import socket
from typing import Final

_PROBE_SECONDS: Final = 3.0
_STALLED_CLIENT_MS: Final = 30_000
_BACKLOG: Final = 2048
_UNREAD_BYTES: Final = 64 * 1024
"""What a client may send ahead of our reading. The event loop reads all of it at once: a few megabytes of one-sample
frames, which the kernel would otherwise allow, would stall every client for seconds."""


class PortTakenError(Exception):
    """Another program holds the port; str() says so in a sentence."""


def listen(host: str, port: int, deployment: str, variable: str) -> socket.socket:
    """Open a listening socket on host:port, shared with other gateways of `deployment` and nothing else.

    variable: the setting that chooses the port, for the sentence when it is taken.
    """
    stranger = _stranger_at(host, port, deployment)
    if stranger is not None:
        raise PortTakenError(f"Port {port} on {host} is taken by {stranger}. Set {variable} to a free one.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    limit_clients(listener)
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise PortTakenError(
            f"Cannot listen on port {port} of {host}: {error.strerror or error}. "
            f"Stop whatever is using it, or set {variable} to a free port."
        ) from None
    return listener


def limit_clients(listener: socket.socket) -> None:
    """Limit what one connection can cost the others. Connections inherit it from the accepting socket."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _UNREAD_BYTES)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # The kernel drops a client that reads nothing for this long, which ASGI cannot do.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _STALLED_CLIENT_MS)


def _stranger_at(host: str, port: int, deployment: str) -> str | None:
    """Return what already answers there, unless it is a gateway of the same deployment.

    SO_REUSEPORT alone would let two deployments of one user share a port, each getting half of the other's calls.
    """
    target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    link = http.client.HTTPConnection(target, port, timeout=_PROBE_SECONDS)
    try:
        link.request("GET", "/health")
        told = json.loads(link.getresponse().read(10_000))
    except TimeoutError:
        return None  # busy, perhaps one of ours: binding decides
    except (ConnectionError, socket.gaierror):
        return None
    except (OSError, http.client.HTTPException, ValueError):
        return "another program"
    finally:
        link.close()
    if not isinstance(told, dict) or told.get("service") != "linnet-gateway":
        return "another program"
    return None if told.get("deployment") == deployment else "a gateway of another Linnet (it uses another Redis)"
