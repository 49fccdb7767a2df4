"""Describe errors in the OpenAPI document, and the one call that FastAPI does not know about."""

from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

from gateway.edge.problem import MEDIA_TYPE


class InvalidField(BaseModel):
    """The problem with one part of a request."""

    loc: list[str | int]
    msg: str


class Problem(BaseModel):
    """An error in the form that RFC 9457 defines."""

    model_config = ConfigDict(extra="forbid")

    type: str
    title: str
    status: int = Field(ge=400, le=599)
    detail: str = Field(min_length=1)
    """A sentence for people."""
    errors: list[InvalidField] = Field(default_factory=list)
    """Only with 422."""
    reason: str | None = None
    """A word for programs, such as "no_worker". Only with some 503, and with refused audio."""


_DESCRIPTIONS: Final = {
    400: "The request is not HTTP, or its body is not JSON.",
    401: "An API key is required, or the one sent is not valid.",
    402: "A licence key is required.",
    403: "The request comes from an origin that is not allowed.",
    404: "There is no such session or event. It may have been erased, or its retention period has ended.",
    408: "The headers or the body did not arrive in time.",
    409: "The limit on corrections or pinned sessions is reached; or another client is sending this session's audio; "
    "or audio arrived out of order.",
    410: "The session has ended.",
    413: "The body is over 64 kB, or an audio frame is longer than a second.",
    422: "The request is invalid; `errors` says why.",
    429: "Too many requests. Retry-After says when to try again.",
    503: "Redis is unavailable, the workers or this gateway are at capacity, or this gateway is shutting down. "
    "Retry-After says when to try again.",
}
_PROBLEM: Final = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
_RETRY_AFTER: Final = {"Retry-After": {"schema": {"type": "string"}, "description": "Seconds."}}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what a route declares as its `responses`."""
    return {status: _response(status) for status in statuses}


def _response(status: int) -> dict[str, Any]:
    words = _DESCRIPTIONS.get(status, HTTPStatus(status).phrase)
    retry = {"headers": _RETRY_AFTER} if status in {429, 503} else {}
    return {"description": words, "content": _PROBLEM} | retry


_STREAM: Final = {
    "tags": ["events"],
    "summary": "Event Stream",
    "description": "The session's events as Server-Sent Events (docs/reference/events.md). The stream ends "
    "after `session-ended` or, with `once`, after the events stored so far.",
    "operationId": "event_stream",
    "parameters": [
        {"name": "session_id", "in": "path", "required": True, "schema": {"type": "string"}},
        {"name": "last_event_id", "in": "query", "schema": {"type": "string"}},
        {"name": "once", "in": "query", "schema": {"type": "boolean"}},
        {"name": "Last-Event-ID", "in": "header", "schema": {"type": "string"}},
    ],
    "responses": {
        "200": {
            "description": "Events, as they come.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        "204": {"description": "The session has ended and the client has received everything: do not reconnect."},
        **{str(status): _response(status) for status in (400, 403, 404, 408, 422, 429, 503)},
    },
}


def document(app: FastAPI) -> None:
    """Complete `app.openapi()`, and so GET /openapi.json."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            described = plain()
            schemas = described["components"]["schemas"]
            schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(schema.pop("$defs"))
            schemas["Problem"] = schema
            described["paths"]["/session/{session_id}/stream"] = {"get": _STREAM}
            app.openapi_schema = described
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
