"""A proxy in front of the page that behaves like some networks' proxies: it blocks WebSockets, or holds streams back.

with OddProxy(stack.url, swallow_upgrades=True) as proxy:
    page.goto(proxy.url)
"""

import re
import socket
import threading
from types import TracebackType
from typing import Final
from urllib.parse import urlsplit

_PIECE: Final = 65_536
_LONGEST_HEAD: Final = 65_536
_CONNECTION: Final = re.compile(rb"\r\nconnection:[^\r]*", re.IGNORECASE)


class OddProxy:
    """Runs until the block ends. Each connection carries one request."""

    def __init__(self, target: str, *, swallow_upgrades: bool = False, hold_streams: bool = False) -> None:
        parts = urlsplit(target)
        self._target = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._swallow_upgrades = swallow_upgrades
        self._hold_streams = hold_streams
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/"

    def __enter__(self) -> "OddProxy":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for link in (self._listener, *self._open):
            link.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._open.add(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            with client:
                self._pass_on(client)
        except OSError:
            pass  # either side left
        finally:
            self._open.discard(client)

    def _pass_on(self, client: socket.socket) -> None:
        head, rest = _read_head(client)
        upgrade = b"\r\nupgrade: websocket" in head.lower()
        if upgrade and self._swallow_upgrades:
            while client.recv(_PIECE):
                pass
            return
        if not upgrade:
            head = _CONNECTION.sub(b"", head) + b"\r\nConnection: close"
        with socket.create_connection(self._target) as server:
            server.sendall(head + b"\r\n\r\n" + rest)
            threading.Thread(target=_relay, args=(client, server), daemon=True).start()
            is_stream = b"/stream" in head.split(b"\r\n", 1)[0] and b"once=" not in head
            if self._hold_streams and is_stream:
                client.sendall(b"".join(iter(lambda: server.recv(_PIECE), b"")))
            else:
                _relay(server, client)


def _read_head(client: socket.socket) -> tuple[bytes, bytes]:
    """Return the request's head, without the empty line, and the bytes after it."""
    data = b""
    while b"\r\n\r\n" not in data and len(data) < _LONGEST_HEAD:
        piece = client.recv(_PIECE)
        if not piece:
            raise ConnectionResetError
        data += piece
    head, _, rest = data.partition(b"\r\n\r\n")
    return head, rest


def _relay(source: socket.socket, sink: socket.socket) -> None:
    try:
        while piece := source.recv(_PIECE):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # either side left
