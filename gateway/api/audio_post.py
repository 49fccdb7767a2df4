"""POST /session/{id}/audio: the audio socket's frames, one per call, for networks that block WebSockets.

Each call runs the socket's own code with one frame, so the rules for sockets apply.
"""

import asyncio
import re
from dataclasses import dataclass
from typing import Any, Final, Literal

import orjson
from fastapi import APIRouter, Request
from pydantic import BaseModel
from redis.exceptions import OutOfMemoryError
from starlette.responses import Response
from starlette.types import Message

from gateway.api.audio_socket import Attached, AudioSocket, what_is_unfit
from gateway.api.openapi import problems
from gateway.audio import refusal
from gateway.audio.refusal import Refusal
from gateway.edge.client import client_of
from gateway.edge.limits import LimitExceededError
from gateway.edge.problem import RETRY_AFTER, problem_response
from gateway.services import Services, ServicesDep
from gateway.session.session_keys import Place
from shared.audio import SAMPLE_BYTES
from shared.store.links import AWAY

router = APIRouter(tags=["audio"])

_SENDER: Final = re.compile(r"(\d{1,12})-([0-9a-f]{16})", re.ASCII)
_STATUSES: Final = {4003: 422, 4004: 404, 4008: 413, 4009: 409, 4010: 410}
"""Socket close code → HTTP status; for any other code, the client may try again later."""
_DOCUMENTED: Final[dict[str, Any]] = {
    "responses": problems(404, 409, 410),
    "openapi_extra": {
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
}


class Taken(BaseModel):
    """Redis has the frame."""

    ok: Literal[True] = True
    bytes: int
    """Of this frame."""
    next_offset: int
    """Where the next frame goes; samples, at the session's rate."""
    sender: str
    """Send it with the next frame, so that this sender can be told apart from a newer one."""
    lag_seconds: float | None = None
    """Only if the answer was held back because the workers lag."""


@router.post("/session/{session_id}/audio", response_model=Taken, response_model_exclude_none=True, **_DOCUMENTED)
async def post_audio(
    session_id: str, request: Request, services: ServicesDep, offset: str | None = None, sender: str | None = None
) -> Response:
    """Accept one frame: s16le mono at the session's sample rate, from two bytes up to one second.

    Without `sender`, this call takes the session over from any older sender or audio socket, and `offset` may leave a
    hole. With the `sender` of the previous answer, it continues.
    """
    place = Place.of(session_id)
    refused = what_is_unfit(services, place, offset)
    if refused is not None or place is None:
        return _refusal(refused or refusal.UNKNOWN)
    pcm = await request.body()
    try:
        with services.limits.socket(client_of(request.scope)):
            outcome = await _Call(services, place, pcm).take(offset, sender)
    except LimitExceededError as error:
        services.metrics.refused.labels("limit").inc()
        outcome = refusal.too_many(str(error))
    if isinstance(outcome, Refusal):
        return _refusal(outcome)
    return Response(outcome.model_dump_json(exclude_none=True), media_type="application/json")


def _refusal(reason: Refusal) -> Response:
    status = 429 if reason.error == "too_many_sockets" else _STATUSES.get(reason.close_code, 503)
    headers = RETRY_AFTER if status in {429, 503} else None
    return problem_response(status, reason.detail, headers=headers, reason=reason.error)


@dataclass(frozen=True, slots=True)
class _Owner:
    """The sender of the previous frame."""

    number: int
    token: str

    @classmethod
    def of(cls, sender: str) -> "_Owner | None":
        match = _SENDER.fullmatch(sender)
        return None if match is None else cls(int(match[1]), match[2])


class _Call:
    """One frame, processed as by a socket that closes after its answer."""

    def __init__(self, services: Services, place: Place, pcm: bytes) -> None:
        self._services = services
        self._place = place
        self._pcm = pcm
        self._given = False
        self._answered = asyncio.Event()
        self._answer: dict[str, Any] = {}

    async def take(self, offset: str | None, sender: str | None) -> Taken | Refusal:
        owner = None
        if sender is not None:
            owner = _Owner.of(sender)
            if owner is None:
                return refusal.BAD_SENDER
        socket = AudioSocket(self._services, self._place, self._send)
        with self._services.open_sockets.registered(socket), self._services.presence.of(self._place):
            attached = await (socket.attach(offset) if owner is None else self._resume(socket, owner, offset))
            if isinstance(attached, Refusal):
                return attached
            begin = attached.begin_at(offset)
            if begin is None:
                return refusal.OFFSET_AHEAD
            refused = await socket.run(attached, self._receive, begin, first=owner is None)
        if not self._answered.is_set():
            return refused or refusal.STORE_AWAY
        return Taken(
            **self._answer,
            next_offset=max(attached.received, begin + len(self._pcm) // SAMPLE_BYTES),
            sender=f"{socket.number}-{socket.token}",
        )

    async def _resume(self, socket: AudioSocket, owner: _Owner, offset: str | None) -> Attached | Refusal:
        """Return what attaching would return, without taking the session over. APPEND checks that the owner is the
        same."""
        fields = ["state", "sample_rate", "received", "classified", "socket", "socket_end"]
        try:
            redis = self._services.links.of(self._place.partition)
            state, rate, received, classified, token, reached = await redis.hmget(self._place.record, fields)  # type: ignore[misc]  # redis-py: Awaitable | list
        except OutOfMemoryError:
            return refusal.STORE_FULL
        except AWAY:
            return refusal.STORE_AWAY
        if state is None:
            return refusal.UNKNOWN
        if state != b"running":
            return refusal.ENDED
        if token == owner.token.encode() and offset is not None and int(offset) > int(reached):
            return refusal.OUT_OF_ORDER
        socket.resume(owner.number, owner.token)
        return Attached(int(rate), int(received), int(classified), 0, owner.number)

    async def _receive(self) -> Message:
        if not self._given:
            self._given = True
            return {"type": "websocket.receive", "bytes": self._pcm}
        await self._answered.wait()
        return {"type": "websocket.disconnect"}

    async def _send(self, message: Message) -> None:
        self._answer = orjson.loads(message["text"])
        self._answered.set()
