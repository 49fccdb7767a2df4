"""A client that does what the contract tells it to do: it reconnects by offset and by Last-Event-ID, to any gateway.

Where Redis came back without its newest writes, the client goes on with what the server says it has.
"""

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle
from typing import Final

import httpx
import numpy as np
from numpy.typing import NDArray
from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from shared import keys
from shared.cancelling import cancel_all
from shared.store.links import AWAY
from tests.chaos.callers.calls import Call
from tests.chaos.callers.following import PAUSE, Follower, RefusedError
from tests.chaos.comparison import Entry
from tests.chaos.together import together

_WINDOW: Final = 8
"""Frames that may be unanswered, so that a gateway dies with some of them on their way."""
_LONGER: Final = 37
"""Samples by which the frames of each next socket are longer, so that what is sent again is cut otherwise."""
_PATIENCE: Final = 6.0
"""Seconds without the answer to a frame after which the socket is given up."""
_UNTIL_ENDED: Final = 90.0
"""Seconds that the end of a session may take."""
_LOOK: Final = 2.0
"""Seconds between looks whether the end still stands, once Redis may forget it."""
_HURRIED: Final = 3
"""Clients that end a session at once."""
_LAST: Final = 4
"""Seconds that are kept until everything is over, where callers wait for it."""
_LATER: Final = {"restarting", "store_full", "store_unavailable", "superseded", "not_classified", "fleet_full"}
"""Errors after which this gateway cannot go on, but another one or a later try may."""
_LICENCE: Final = {"X-CF-License-Key": "CFG-LNNT-CHAOS"}


@dataclass
class Outcome:
    """The result of a call, as its client saw it, and what the server has of it in the end."""

    call: Call
    began: float = 0.0
    """When its first sample was spoken, seconds of the run."""
    acknowledged: int = 0
    """Samples that the server said it has."""
    forgotten: int = 0
    """Most acknowledged samples that the server, when asked, no longer had, and no power cut had taken."""
    received: int = 0
    """Samples that it has in the end."""
    links: int = 0
    """Audio sockets that it took."""
    sent_again: int = 0
    """Acknowledged samples that a power cut took."""
    streamed: list[Entry] = field(default_factory=list)
    """From the event streams, one after the other."""
    steady: list[Entry] = field(default_factory=list)
    """By a listener that stayed connected throughout."""
    steady_breaks: int = 0
    """How often its connection ended before the session did."""
    linked: list[Entry] | None = None
    """By the read-only link, where the call has one."""
    history: list[Entry] = field(default_factory=list)
    durable: list[Entry] = field(default_factory=list)
    arrivals: dict[str, float] = field(default_factory=dict)
    """Event id → when the client had it first, seconds of the run."""


@dataclass(frozen=True)
class Scene:
    """State shared by all callers of a run."""

    ports: list[int]
    steady_port: int
    http: httpx.AsyncClient
    redis: Redis
    began: float
    """Monotonic time of the run's beginning."""
    pace: float
    """Seconds of audio spoken in a second."""
    tails: Callable[[], int]
    """How often Redis lost its newest writes; odd while it is about to."""
    lay: Callable[[Call], Awaitable[None]]
    """Makes the session."""
    over: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the last seconds of a call may be spoken."""

    def now(self) -> float:
        return time.monotonic() - self.began


class Caller:
    """One call, from its first sample until its history is read."""

    def __init__(self, call: Call, pcm: NDArray[np.int16], scene: Scene) -> None:
        self.outcome = Outcome(call)
        self._call = call
        self._pcm = pcm
        self._scene = scene
        self._draw = random.Random(call.seed)
        self._for_audio, self._for_calls = self._gateways(), self._gateways()
        self._for_events, self._for_link = self._gateways(), self._gateways()
        self._tails = scene.tails() // 2 * 2
        """Of those that are over, how many this caller knows of."""

    async def make(self) -> Outcome:
        """Run the whole call. Raises RefusedError, TimeoutError."""
        followers = [self._follower(self._any_gateway), self._follower(self._steady_gateway)]
        if self._call.linked:
            followers.append(self._follower(self._by_link))
        following = [asyncio.create_task(self._follow(follower)) for follower in followers]
        await together(*following, self._go_through(followers, following))
        self._keep(followers)
        return self.outcome

    async def _go_through(self, followers: list[Follower], following: "list[asyncio.Task[None]]") -> None:
        for follower in followers:
            await follower.begun.wait()
        pinning = asyncio.create_task(self._pin_meanwhile())
        try:
            while not await self._talk(following[0]):
                pass
            async with asyncio.timeout(_UNTIL_ENDED):
                await asyncio.wait([*following, pinning])
            while not await self._look_back():
                while not await self._talk(following[0]):
                    pass
            pinning.result()
        finally:
            await cancel_all([pinning])

    def _keep(self, followers: list[Follower]) -> None:
        outcome = self.outcome
        outcome.streamed, outcome.arrivals = followers[0].entries, followers[0].arrivals
        outcome.steady, outcome.steady_breaks = followers[1].entries, followers[1].connections - 1
        if self._call.linked:
            outcome.linked = followers[2].entries

    def _forgetful(self) -> bool:
        return self._scene.tails() > 0

    async def _talk(self, following: "asyncio.Task[None]") -> bool:
        """Speaks what the server does not have, ends the session and waits until it has ended. False when a power cut
        took some of it back."""
        await self._catch_up()
        await self._speak()
        ends = _HURRIED if self._call.hurried else 1
        for answer in await asyncio.gather(*(self._ask("DELETE", "/end") for _ in range(ends))):
            if answer.status_code != 200:
                if self._forgetful():
                    return False
                raise RefusedError(f"end: {answer.status_code} {answer.text}")
        async with asyncio.timeout(_UNTIL_ENDED):
            while not await self._stands_ended(following):
                if self._tails != self._scene.tails():
                    return False
        return True

    async def _stands_ended(self, following: "asyncio.Task[None]") -> bool:
        await asyncio.wait([following], timeout=_LOOK)
        if not self._forgetful():
            return following.done()
        answer = await self._ask("GET", "")
        return answer.status_code == 200 and answer.json()["ended_at"] is not None

    async def _catch_up(self) -> None:
        """After a power cut: takes back what the server does not have any more."""
        tails = self._scene.tails()
        if tails == self._tails:
            return
        answer = await self._ask("GET", "")
        if answer.status_code == 404:
            await self._scene.lay(self._call)
            self._take_back(0, tails)
        elif answer.status_code == 200 and answer.json()["state"] == "running":
            self._take_back(round(answer.json()["audio_seconds"] * self._call.rate), tails)
        elif tails % 2 == 0:
            self._tails = tails

    def _take_back(self, has: int, tails: int) -> None:
        """Number of samples the server has, and the number of power cuts when it said so."""
        outcome = self.outcome
        if has < outcome.acknowledged:
            outcome.sent_again += outcome.acknowledged - has
            outcome.acknowledged = has
        if tails % 2 == 0:
            self._tails = tails

    async def _ask(self, method: str, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        """Ask one gateway after another until one gives an answer other than that it is unable."""
        while True:
            url = f"http://{self._address(self._for_calls)}{path}"
            with suppress(httpx.HTTPError):
                answer = await self._scene.http.request(method, url, headers=headers)
                if answer.status_code < 500:
                    return answer
            await asyncio.sleep(PAUSE)

    def _gateways(self) -> Iterator[int]:
        """Return the gateways' ports in turn, for ever: whoever one gateway refuses tries another."""
        return cycle(self._draw.sample(self._scene.ports, len(self._scene.ports)))

    def _address(self, gateways: Iterator[int]) -> str:
        return f"127.0.0.1:{next(gateways)}/session/{self._call.session_id}"

    # Audio

    async def _speak(self) -> None:
        call, outcome = self._call, self.outcome
        outcome.began = outcome.began or self._scene.now()
        while outcome.acknowledged < call.samples:
            begin, end = next(each for each in call.stretches if outcome.acknowledged < each[1])
            tails = self._scene.tails()
            try:
                offset = max(begin, outcome.acknowledged)
                address = f"ws://{self._address(self._for_audio)}/audio?offset={offset}"
                async with connect(address, compression=None, ping_interval=None, close_timeout=1) as link:
                    outcome.links += 1
                    await self._send_rest(link, offset, end, tails)
            except (OSError, TimeoutError, WebSocketException):
                await asyncio.sleep(PAUSE)

    async def _send_rest(self, link: ClientConnection, offset: int, end: int, tails: int) -> None:
        """Sends on from `offset`, the first sample that was not acknowledged; the server drops what it has all the
        same."""
        first = await self._answer(link)
        if first is None:
            return
        outcome, has = self.outcome, int(str(first["next_offset"]))
        if has < outcome.acknowledged and tails != self._tails:
            self._take_back(has, tails)
            return
        if tails % 2 == 0:
            self._tails = tails
        outcome.forgotten = max(outcome.forgotten, outcome.acknowledged - has)
        room = asyncio.Semaphore(_WINDOW)
        sizes: list[int] = []
        sender = asyncio.create_task(self._send(link, room, sizes, offset, end))
        try:
            while outcome.acknowledged < end:
                answer = await self._answer(link)
                if answer is None:
                    return
                size = sizes.pop(0)
                if answer["bytes"] != 2 * size:
                    raise RefusedError(f"a frame of {2 * size} bytes was answered with {answer}")
                offset += size
                outcome.acknowledged = offset
                room.release()
        finally:
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)

    async def _send(
        self, link: ClientConnection, room: asyncio.Semaphore, sizes: list[int], place: int, end: int
    ) -> None:
        size = self._call.frame + _LONGER * (self.outcome.links - 1)
        while place < end:
            frame = self._pcm[place : frame_end(self._call, place, size, end)]
            await asyncio.sleep(self._spoken(place + len(frame)) - self._scene.now())
            if place + len(frame) > self._call.samples - _LAST * self._call.rate:
                await self._scene.over.wait()
            await room.acquire()
            sizes.append(len(frame))
            await link.send(frame.tobytes())
            place += len(frame)

    async def _answer(self, link: ClientConnection) -> dict[str, object] | None:
        """Return the server's next answer; None if this gateway cannot continue."""
        answer: dict[str, object] = json.loads(await asyncio.wait_for(link.recv(), _PATIENCE))
        if answer["ok"]:
            return answer
        if answer["error"] in _LATER:
            return None
        if answer["error"] in {"unknown_session", "bad_offset"} and self._forgetful():
            await self._catch_up()
            return None
        raise RefusedError(f"audio socket: {answer}")

    def _spoken(self, sample: int) -> float:
        """Return when `sample` is spoken, in seconds of the run."""
        call = self._call
        paused = call.break_seconds if call.break_at is not None and sample > call.break_at else 0.0
        return self.outcome.began + (sample / call.rate + paused) / self._scene.pace

    # Events

    def _follower(self, address: Callable[[], Awaitable[tuple[str, str] | None]]) -> Follower:
        return Follower(self._scene.http, address, self._call.session_id, self._scene.now, self._forgetful)

    async def _follow(self, follower: Follower) -> None:
        await follower.run()
        if follower.erased:
            raise RefusedError("event stream: 404")

    async def _any_gateway(self) -> tuple[str, str] | None:
        return f"http://{self._address(self._for_events)}", self._call.session_id

    async def _steady_gateway(self) -> tuple[str, str] | None:
        session_id = self._call.session_id
        return f"http://127.0.0.1:{self._scene.steady_port}/session/{session_id}", session_id

    async def _by_link(self) -> tuple[str, str] | None:
        answer = await self._ask("POST", "/link")
        if answer.status_code != 201:
            if self._forgetful():
                return None
            raise RefusedError(f"link: {answer.status_code} {answer.text}")
        link: str = answer.json()["link_id"]
        return f"http://127.0.0.1:{next(self._for_link)}/session/{link}", link

    async def _pin_meanwhile(self) -> None:
        if self._call.pinned:
            await asyncio.sleep(self._draw.uniform(0.0, self._call.seconds / self._scene.pace))
            await self._pin()

    async def _pin(self) -> None:
        answer = await self._ask("POST", "/pin", _LICENCE)
        if answer.status_code != 200 and not self._forgetful():
            raise RefusedError(f"pin: {answer.status_code} {answer.text}")

    # Afterwards

    async def _look_back(self) -> bool:
        """Return False if a power cut came in between."""
        tails = self._scene.tails()
        view, history = await self._ask("GET", ""), await self._ask("GET", "/history?limit=10000")
        if self._call.pinned and self._forgetful():
            await self._pin()
        durable, kept = await self._read_redis()
        if tails != self._scene.tails() or tails % 2 or (view.status_code != 200 and self._forgetful()):
            return False
        for answer in (view, history):
            if answer.status_code != 200:
                raise RefusedError(f"{answer.url.path}: {answer.status_code}")
        if view.json()["ended_at"] is None:
            return False
        if self._call.pinned and not kept:
            raise RefusedError("a pinned session's keys expire")
        self.outcome.received = round(view.json()["audio_seconds"] * self._call.rate)
        self.outcome.history = tone_events(history.text)
        self.outcome.durable = durable
        return True

    async def _read_redis(self) -> tuple[list[Entry], bool]:
        """Return the session's stream, and whether it is kept for ever."""
        call, redis = self._call, self._scene.redis
        names = keys.session(call.partition, call.session_id), keys.events(call.partition, call.session_id)
        while True:
            with suppress(*AWAY):
                kept = all([await redis.ttl(name) == -1 for name in names])
                return await durable_stream(redis, call), kept
            await asyncio.sleep(PAUSE)


def frame_end(call: Call, place: int, size: int, end: int) -> int:
    """Return where a frame that begins at `place` ends: speech is sent without waiting for the next pause to end."""
    to_break = call.break_at if call.break_at is not None and place < call.break_at else end
    return min(place + size, end, to_break)


def tone_events(body: str) -> list[Entry]:
    """Return the history's events, each exactly as in the body's text."""
    found = json.loads(body)
    decode = json.JSONDecoder().raw_decode
    place = body.index('"events":[') + len('"events":[')
    entries = []
    for event_id in found["ids"]:
        _, end = decode(body, place)
        entries.append(Entry(event_id, "tone-event", body[place:end]))
        place = end + 1
    return entries


async def durable_stream(redis: Redis, call: Call) -> list[Entry]:
    """Return every entry of the session's stream, as an outside reader gets it."""
    entries = await redis.xrange(keys.events(call.partition, call.session_id))
    return [
        Entry(entry_id.decode(), fields[b"event"].decode(), fields[b"data"].decode()) for entry_id, fields in entries
    ]
