"""A client that sends audio and never reads an answer."""

import base64
import os
import socket
import struct
from contextlib import suppress


class DeafClient:
    """A WebSocket client on a bare socket that sends frames and never reads an answer."""

    def __init__(self, port: int, session_id: str) -> None:
        self._socket = socket.socket()
        for buffer in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            self._socket.setsockopt(socket.SOL_SOCKET, buffer, 8192)
        self._socket.connect(("127.0.0.1", port))
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(
            f"GET /session/{session_id}/audio HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def send_until_it_blocks(self, pcm: bytes, most: int) -> int:
        """Return the frames sent before the server accepted no more for 2 s; `most` if it never stopped."""
        header = struct.pack("!BBH", 0x82, 0xFE, len(pcm)) if len(pcm) > 125 else bytes([0x82, 0x80 | len(pcm)])
        frames = (header + bytes(4) + pcm) * 100
        self._socket.settimeout(2.0)
        sent = 0
        with suppress(TimeoutError):
            while sent < most:
                self._socket.sendall(frames)
                sent += 100
        return sent

    def close(self) -> None:
        self._socket.close()
