"""Serve the built page on its own port, together with the API: one origin, as a browser needs it."""

import mimetypes
import re
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.edge.problem import problem_of
from gateway.edge.security_headers import PAGE_HEADERS

API: Final = frozenset({"session", "voice-profile", "model", "health", "ready", "openapi.json"})
"""First segments of the calls that the page's port answers too. Not the metrics: not everyone who can open the page may
read them."""

_CODINGS: Final[Mapping[str, str]] = {"br": ".br", "gzip": ".gz"}
"""Content coding → suffix of the file that the build made (frontend/precompress.ts), the smallest first."""
_ZERO: Final = re.compile(r"q=0(\.0*)?")
_FOREVER: Final = "public, max-age=31536000, immutable"
mimetypes.add_type("audio/flac", ".flac")  # which Python itself does not know
_HASHED: Final = "assets/"
"""Folder of files whose names change with their content."""


def is_built(folder: Path) -> bool:
    """Return whether there is a page to serve in `folder`."""
    return (folder / "index.html").is_file()


class PagePort:
    """Answer requests on the page's port: API calls as on any port, all others from the page's files."""

    def __init__(self, app: ASGIApp, folder: Path, port: int) -> None:
        self._app = app
        self._files = PageFiles(directory=folder)
        self._port = port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._asks_for_file(scope):
            await self._app(scope, receive, send)
            return
        try:
            await self._files(scope, receive, send)
        except HTTPException as error:
            await problem_of(error)(scope, receive, send)

    def _asks_for_file(self, scope: Scope) -> bool:
        if scope["type"] != "http" or (scope.get("server") or ("", None))[1] != self._port:
            return False
        first: str = scope["path"].lstrip("/").partition("/")[0]
        return first not in API


class PageFiles(StaticFiles):
    """The files of a built page, compressed if the client accepts it and the build made a compressed copy."""

    def get_path(self, scope: Scope) -> str:
        path = super().get_path(scope)
        return "index.html" if path == "." else path

    async def get_response(self, path: str, scope: Scope) -> Response:
        if path.endswith(tuple(_CODINGS.values())):
            raise HTTPException(HTTPStatus.NOT_FOUND)
        response = await self._smallest(path, scope)
        response.headers.update(PAGE_HEADERS)
        response.headers["Vary"] = "Accept-Encoding"
        response.headers["Cache-Control"] = _FOREVER if path.startswith(_HASHED) else "no-cache"
        return response

    async def _smallest(self, path: str, scope: Scope) -> Response:
        for coding in _accepted(Headers(scope=scope).get("accept-encoding", "")):
            try:
                response = await super().get_response(path + _CODINGS[coding], scope)
            except HTTPException as error:
                if error.status_code != HTTPStatus.NOT_FOUND:
                    raise
                continue
            response.headers["Content-Encoding"] = coding
            return response
        return await super().get_response(path, scope)


def _accepted(header: str) -> list[str]:
    """ "br;q=0, gzip" → ["gzip"]: of the codings we have, those that `Accept-Encoding` allows."""
    refused = {}
    for item in header.lower().split(","):
        coding, _, weight = item.replace(" ", "").partition(";")
        refused[coding] = bool(_ZERO.fullmatch(weight))
    return [coding for coding in _CODINGS if not refused.get(coding, refused.get("*", True))]
