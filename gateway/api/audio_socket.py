"""WS /session/{id}/audio: PCM in, exactly one answer per frame, in order, after Redis has it.

Plain ASGI: at ten frames a second per session, every layer between server and Redis lowers the number of sessions.
"""

import asyncio
import contextlib
import re
import secrets
from typing import Any, Final, NamedTuple

import orjson
from redis.exceptions import OutOfMemoryError, RedisError
from starlette.datastructures import QueryParams
from starlette.types import Message, Receive, Scope, Send

from gateway.audio import refusal
from gateway.audio.acknowledgements import FrameAnswers
from gateway.audio.frame_check import fault_of
from gateway.audio.ingest import Frame
from gateway.audio.lag import Backlog
from gateway.edge.capacity import RESERVES_FROM
from gateway.edge.client import client_of
from gateway.edge.limits import LimitExceededError
from gateway.services import Services, services_of
from gateway.session.session_keys import Place
from shared import keys
from shared.audio import SAMPLE_BYTES, max_frame_bytes
from shared.contract.pcm_stream import ATTACH
from shared.store.replication import run_replicated

_ACCEPT: Final[Message] = {"type": "websocket.accept"}
_OFFSET: Final = re.compile(r"\d{1,12}", re.ASCII)
_AHEAD_SECONDS: Final = 60
"""How far an offset may lie beyond the session's audio and age: clocks differ a little."""


async def audio_socket(scope: Scope, receive: Receive, send: Send) -> None:
    """The route's ASGI application."""
    services = services_of(scope)
    await receive()  # websocket.connect
    with contextlib.suppress(OSError):  # the client left; servers report that differently
        refused = await _serve(services, scope, receive, send)
        if refused is not None:
            await send({"type": "websocket.send", "text": refused.to_json()})
            await send({"type": "websocket.close", "code": refused.close_code, "reason": refused.error})


async def _serve(services: Services, scope: Scope, receive: Receive, send: Send) -> refusal.Refusal | None:
    """Serve the socket and return why it is closed; None if the client has left."""
    place = Place.of(scope["path_params"]["session_id"])
    offset = QueryParams(scope["query_string"]).get("offset")
    refused = what_is_unfit(services, place, offset)
    if refused is None and place is not None:
        try:
            with services.limits.socket(client_of(scope)):
                return await _listen(services, place, receive, send, offset)
        except LimitExceededError as error:
            services.metrics.refused.labels("limit").inc()
            refused = refusal.too_many(str(error))
    await send(_ACCEPT)
    return refused


async def _listen(
    services: Services, place: Place, receive: Receive, send: Send, offset: str | None
) -> refusal.Refusal | None:
    socket = AudioSocket(services, place, send)
    with services.open_sockets.registered(socket), services.presence.of(place):
        attached = await socket.attach(offset)
        # Not earlier: of a client's successive sockets, the last one must own the session.
        await send(_ACCEPT)
        if isinstance(attached, refusal.Refusal):
            return attached
        begin = attached.begin_at(offset)
        if begin is None:
            return refusal.OFFSET_AHEAD
        if offset is not None:
            await send({"type": "websocket.send", "text": _next_offset(attached.received)})
        return await socket.run(attached, receive, begin)


def what_is_unfit(services: Services, place: Place | None, offset: str | None) -> refusal.Refusal | None:
    """Return why no audio can be accepted, as far as the request alone shows."""
    if place is None:
        return refusal.UNKNOWN
    if offset is not None and not _OFFSET.fullmatch(offset):
        return refusal.BAD_OFFSET
    return refusal.RESTARTING if services.draining else None


def _next_offset(received: int) -> str:
    return orjson.dumps({"ok": True, "next_offset": received}).decode()


class Attached(NamedTuple):
    """What the socket knows about its session."""

    sample_rate: int
    received: int
    """Samples, at that rate."""
    classified: int
    """16 kHz samples."""
    age: int
    """Seconds since the session began."""
    number: int
    """The socket's number among the session's sockets."""

    @property
    def furthest(self) -> int:
        """Return the furthest position at which audio may continue: a client can skip at most the time it was away."""
        return max(self.received, self.age * self.sample_rate) + _AHEAD_SECONDS * self.sample_rate

    def begin_at(self, offset: str | None) -> int | None:
        """Return where this socket's audio begins; None if that is further ahead than is allowed."""
        begin = self.received if offset is None else int(offset)
        return begin if begin <= self.furthest else None


class AudioSocket:
    """One socket that owns its session until a newer one takes it over."""

    def __init__(self, services: Services, place: Place, send: Send) -> None:
        self.place = place
        self.number = 0
        self.token = secrets.token_hex(8)
        self._services = services
        self._send = send
        self._refusal: asyncio.Future[refusal.Refusal] = asyncio.get_running_loop().create_future()

    def refuse(self, reason: refusal.Refusal) -> None:
        """Tell the client why and close, after the answers to accepted frames. The first reason counts."""
        if not self._refusal.done():
            self._refusal.set_result(reason)

    async def attach(self, offset: str | None) -> Attached | refusal.Refusal:
        """Take over the session from any older socket; this one's audio begins at `offset`."""
        args = [self.token, keys.socket_channel(self.place.session_id), "" if offset is None else int(offset)]
        try:
            redis = self._services.links.of(self.place.partition)
            # If a failover forgot this takeover, the session's own client would be told that another one took over.
            answer: Any = await run_replicated(ATTACH, redis, [self.place.record], args, self._services.settings)
        except OutOfMemoryError:
            return refusal.STORE_FULL
        except (RedisError, OSError):
            return refusal.STORE_AWAY
        match answer:
            case [b"running", rate, received, classified, age, number]:
                attached = Attached(int(rate), int(received), int(classified), int(age), int(number))
                self.number = attached.number
                return attached
            case [bytes(state)]:
                return refusal.of_append(state.decode(errors="replace"))
        return refusal.STORE_AWAY

    def resume(self, number: int, token: str) -> None:
        """Continue as the previous socket instead of taking the session over."""
        self.number, self.token = number, token

    async def run(
        self, session: Attached, receive: Receive, offset: int, *, first: bool = True
    ) -> refusal.Refusal | None:
        """Accept frames until the client leaves (None) or there is a reason to close. `first`: no frame came before."""
        services = self._services
        backlog = Backlog(services.settings, session.sample_rate, session.classified)
        answers = FrameAnswers(
            services.links,
            services.metrics,
            services.behind,
            self.place,
            backlog,
            send=self._send,
            refuse=self.refuse,
        )
        reader = asyncio.create_task(self._read(answers, session, receive, offset, first))
        try:
            endings: set[asyncio.Future[Any]] = {reader, self._refusal}
            await asyncio.wait(endings, return_when=asyncio.FIRST_COMPLETED)
            if not self._refusal.done():
                await reader  # raises its error, if any
                return None
            reader.cancel()
            await answers.settle()
            return self._refusal.result()
        finally:
            reader.cancel()
            answers.close()

    async def _read(self, answers: FrameAnswers, session: Attached, receive: Receive, offset: int, first: bool) -> None:
        limit = max_frame_bytes(session.sample_rate)
        reserves_at = RESERVES_FROM * session.sample_rate
        reserved = session.received >= reserves_at
        await answers.caught_up(session.received)
        pace = self._services.limits.frames()
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return
            if pace is not None:
                await pace.acquire()
            pcm: bytes = message.get("bytes") or b""
            wrong = refusal.TEXT if message.get("text") is not None else fault_of(pcm, limit, first=first)
            first = False
            if wrong is not None:
                self.refuse(wrong)
                return
            await answers.room()
            if self._refusal.done():  # after a frame that was not stored, nothing may be stored
                return
            end = offset + len(pcm) // SAMPLE_BYTES
            if not reserved and end >= reserves_at:
                reserved = await self._services.fleet_gate.reserve()
                if not reserved:
                    self.refuse(refusal.FLEET_FULL)
                    return
            answers.expect()
            self._services.ingest.append(Frame(self.place, self.token, offset, end, pcm, answers.take, self.number))
            offset = end
