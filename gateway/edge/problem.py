"""Report every error as RFC 9457 `application/problem+json`, with a `detail` that a person understands."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from redis.exceptions import OutOfMemoryError, RedisError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ExceptionHandler, Receive, Scope, Send

from gateway.edge.limits import LimitExceededError
from gateway.edge.security_headers import HEADERS
from shared.store.links import AWAY

log = logging.getLogger(__name__)

STORE_AWAY: Final = (
    "Linnet cannot reach its data store (Redis) at the moment. Nothing that was acknowledged is lost; "
    "try again in a few seconds."
)
STORE_FULL: Final = (
    "Linnet's data store (Redis) is out of memory at the moment. Nothing that was acknowledged is lost; "
    "room is freed as the audio already sent is processed. Try again in a few seconds."
)
MEDIA_TYPE: Final = "application/problem+json"
_RETRY_SECONDS: Final = 2
RETRY_AFTER: Final = {"Retry-After": str(_RETRY_SECONDS)}

_DETAILS: Final = {
    404: "There is nothing at this address. GET /openapi.json lists the calls; docs/reference/http.md explains them.",
    405: "This address does not support this method.",
}

_BODY_PROBLEMS: Final = {
    "json_invalid": "The body is not valid JSON. Send a JSON object, with Content-Type: application/json.",
    "model_attributes_type": "The body must be a JSON object, sent with Content-Type: application/json.",
}

_OURS: Final = "Value error, "
"""What pydantic puts before the sentence of one of our own validators."""


class Unavailable(HTTPException):
    """503: try again soon. `reason` is a word for programs, `detail` a sentence for people."""

    def __init__(self, detail: str, reason: str, retry_after: int = _RETRY_SECONDS) -> None:
        super().__init__(503, detail, {"Retry-After": str(retry_after)})
        self.reason = reason


def problem_response(status: int, detail: str, *, headers: Mapping[str, str] | None = None, **more: object) -> Response:
    """Return the error `status` with a sentence."""
    return Response(_document(status, detail, **more), status, headers, media_type=MEDIA_TYPE)


def problem_on_the_wire(status: int, detail: str, *, headers: Mapping[str, str] | None = None) -> bytes:
    """Return the complete HTTP/1.1 response to input that could not be parsed as a request, and close after it."""
    body = _document(status, detail)
    fields = {"Content-Type": MEDIA_TYPE, "Content-Length": str(len(body)), "Connection": "close"}
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
    lines += [f"{name}: {value}" for name, value in (fields | HEADERS | dict(headers or {})).items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _document(status: int, detail: str, **more: object) -> bytes:
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
    return orjson.dumps(body)


def too_many(error: LimitExceededError) -> Response:
    """Return 429 with the time to wait."""
    return problem_response(429, str(error), headers={"Retry-After": str(error.retry_after)})


async def deny(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse a call or a WebSocket handshake with that status."""
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008})  # before accept: the server answers 403
        return
    await response(scope, receive, send)


def problem_of(error: HTTPException) -> Response:
    """Return the error with its own sentence, or with ours where Starlette has none."""
    untold = error.detail == HTTPStatus(error.status_code).phrase  # Starlette's own text, for lack of a better one
    detail = _DETAILS.get(error.status_code, error.detail) if untold else error.detail
    more = {"reason": error.reason} if isinstance(error, Unavailable) else {}
    return problem_response(error.status_code, detail, headers=error.headers, **more)


async def _http_error(_: Request, error: HTTPException) -> Response:
    return problem_of(error)


async def _invalid_request(_: Request, error: RequestValidationError) -> Response:
    problems = [(item["type"], item["loc"], item["msg"].removeprefix(_OURS)) for item in error.errors()]
    return problem_response(
        422,
        " ".join(_sentence(kind, where, message) for kind, where, message in problems),
        errors=[{"loc": where, "msg": message} for _, where, message in problems],
    )


def _sentence(kind: str, where: Sequence[str | int], message: str) -> str:
    """Return a sentence such as "limit: Input should be less than or equal to 10000." """
    if kind in _BODY_PROBLEMS:
        return _BODY_PROBLEMS[kind]
    name = ".".join(str(part) for part in where[1:]) or str(where[0])
    return f"{name}: {message.rstrip('.')}."


async def _store_away(_: Request, error: Exception) -> Response:
    log.warning("Redis is unreachable: %s", error)
    detail = STORE_FULL if isinstance(error, OutOfMemoryError) else STORE_AWAY
    return problem_response(503, detail, headers=RETRY_AFTER)


async def _limit_exceeded(request: Request, error: LimitExceededError) -> Response:
    request.app.state.services.metrics.refused.labels("limit").inc()
    return too_many(error)


async def _unexpected(_: Request, error: Exception) -> Response:
    # Starlette raises the error again after this answer, and the server logs it.
    # The answer is made outside all middleware, so it needs its own headers.
    return problem_response(
        500, "Something went wrong on the server. It was logged; please try again.", headers=HEADERS
    )


def install(app: FastAPI) -> None:
    """Make every error of `app` use this form."""
    handlers: dict[type[Exception], object] = {
        HTTPException: _http_error,
        RequestValidationError: _invalid_request,
        LimitExceededError: _limit_exceeded,
        Exception: _unexpected,
        RedisError: _store_away,  # what only the operator can fix is logged as well
        **dict.fromkeys(AWAY, _store_away),
    }
    for kind, handler in handlers.items():
        add: ExceptionHandler = handler  # type: ignore[assignment]  # each takes the kind it is installed for
        app.add_exception_handler(kind, add)
