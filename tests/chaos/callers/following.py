"""A client of an event stream that does what the contract tells it to do: it resumes by Last-Event-ID."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import httpx
import orjson

from shared.contract.event_id import EventId
from tests.chaos.comparison import Entry

PAUSE: Final = 0.2
"""Seconds before the next try."""


class RefusedError(Exception):
    """The server permanently refused something that the contract promises."""


@dataclass
class Follower:
    """Collects a session's events until it has ended."""

    http: httpx.AsyncClient
    address: Callable[[], Awaitable[tuple[str, str] | None]]
    """URL of the session for the next connection, and its last part, which stands in events in place of the session's
    id; None when there is no such session."""
    session_id: str
    now: Callable[[], float]
    forgetful: Callable[[], bool]
    """Whether Redis may have lost what it had said."""
    entries: list[Entry] = field(default_factory=list)
    arrivals: dict[str, float] = field(default_factory=dict)
    """Event id → when it came first."""
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once nothing that comes from now on will be missed."""
    connections: int = 0
    erased: bool = False
    """Whether the session is unknown by now."""

    async def run(self) -> None:
        """Follow the session until it has ended or is unknown. Raises RefusedError."""
        last: str | None = None
        while True:
            found = await self.address()
            if found is None:
                await asyncio.sleep(PAUSE)
                continue
            url, name = found
            headers = {} if last is None else {"Last-Event-ID": last}
            try:
                async with self.http.stream("GET", f"{url}/stream", headers=headers) as answer:
                    if answer.status_code == 204:
                        return
                    if answer.status_code == 200:
                        self.connections += 1
                        async for block in _blocks(answer):
                            last = block.get("id", last)
                            if self._take(block, name):
                                return
                    elif answer.status_code == 404 and not self.forgetful():
                        self.erased = True
                        return
                    elif answer.status_code < 500 and not self.forgetful():
                        raise RefusedError(f"event stream: {answer.status_code}")
            except httpx.HTTPError:
                pass
            await asyncio.sleep(PAUSE)

    def _take(self, block: dict[str, str], name: str) -> bool:
        """Return whether the session is over."""
        if "id" in block:
            self.begun.set()
        kind = block.get("event")
        if kind == "gap":
            self._go_back(block)
        if kind is None or "id" not in block:
            return False
        self.entries.append(Entry(block["id"], kind, block["data"].replace(name, self.session_id)))
        self.arrivals.setdefault(block["id"], self.now())
        return kind == "session-ended"

    def _go_back(self, block: dict[str, str]) -> None:
        """Discard the events that Redis has lost, according to the gap."""
        if not self.forgetful():
            raise RefusedError(f"the stream has a gap: {block}")
        start = EventId.parse(orjson.loads(block["data"])["from"])
        self.entries = [entry for entry in self.entries if not start < EventId.parse(entry.id)]


async def _blocks(answer: httpx.Response) -> AsyncIterator[dict[str, str]]:
    buffer = ""
    async for text in answer.aiter_text():
        buffer += text
        while "\n\n" in buffer:
            block, _, buffer = buffer.partition("\n\n")
            lines = [line for line in block.splitlines() if ": " in line and not line.startswith(":")]
            yield dict(line.split(": ", 1) for line in lines)
