"""A client that keeps talking through every failure, and checks on its session at the end."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from tests.integration.live_gateway import LiveGateway, answer


async def until(true: Callable[[], Awaitable[bool]], seconds: float = 90) -> None:
    give_up = time.monotonic() + seconds
    while not await true():
        assert time.monotonic() < give_up, f"not so after {seconds} s"
        await asyncio.sleep(0.05)


async def say(gateway: LiveGateway, session_id: str, first: int, seconds: int) -> None:
    """Sends loud seconds `first` … and waits for their acknowledgements."""
    async with gateway.audio(session_id, f"?offset={first * 16_000}") as link:
        await answer(link)
        for _ in range(2 * seconds):
            await link.send(b"\x00\x20\x00\xe0" * 4_000)
            assert (await answer(link)) == {"ok": True, "bytes": 16_000}


class Talker:
    """A client as the contract wants it: reconnects with the first sample that was not acknowledged."""

    def __init__(self, gateway: LiveGateway, session_id: str) -> None:
        self.acknowledged = 0
        """Samples."""
        self._sent = 0  # more than acknowledged: a frame that may be stored
        self._gateway = gateway
        self._session_id = session_id
        self._stop = asyncio.Event()
        self._task = asyncio.create_task(self._talk())

    async def until_further(self) -> None:
        """Waits until something more than by now is acknowledged."""
        before = self.acknowledged

        async def further() -> bool:
            return self.acknowledged > before + 4_000

        await until(further)

    async def stop(self) -> int:
        """Seconds acknowledged in all, a whole number."""
        self._stop.set()
        await asyncio.wait_for(self._task, 90)
        return self.acknowledged // 16_000

    async def _talk(self) -> None:
        while self._goes_on():
            with contextlib.suppress(ConnectionClosed, TimeoutError, OSError):
                async with self._gateway.audio(self._session_id, f"?offset={self.acknowledged}") as link:
                    await self._send(link)
            await asyncio.sleep(0.1)

    def _goes_on(self) -> bool:
        return not self._stop.is_set() or self._sent > self.acknowledged or self.acknowledged % 16_000 > 0

    async def _send(self, link: ClientConnection) -> None:
        if not (await answer(link))["ok"]:
            return
        while self._goes_on():
            self._sent = self.acknowledged + 4_000
            await link.send(b"\x00\x20\x00\xe0" * 2_000)
            if not (await answer(link))["ok"]:
                return
            self.acknowledged += 4_000
            await asyncio.sleep(0.05)


async def whole(gateway: LiveGateway, session_id: str, seconds: int) -> None:
    """Ends the session; its classified audio is what was sent and nothing is missing from it."""
    async with gateway.http() as client:

        async def ended() -> bool:
            answer = await client.get(f"/session/{session_id}")
            return answer.status_code == 200 and answer.json()["ended_at"] is not None

        async def end() -> bool:
            return (await client.delete(f"/session/{session_id}/end")).status_code == 200

        await until(end)
        await until(ended)
        exported = (await client.get(f"/session/{session_id}/export")).json()
    assert exported["audio_seconds"] == seconds
    assert "audio-gap" not in [event["event"] for event in exported["events"]]
    ends = [event["data"]["timestamp"] for event in exported["events"] if event["event"] == "tone-event"]
    assert ends == sorted(set(ends))
    assert ends[-1] > seconds - 2
