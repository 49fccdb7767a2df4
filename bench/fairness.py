"""Measure what one session far faster than real time costs concurrent live ones, through real processes.

    ./manage.sh python -m bench.fairness [--live 5] [--seconds 30] [--partitions 1] [--mock]

The same live sessions run twice, on the same gateway and worker: alone, and together with one client that sends the
same speech as fast as it is accepted. On one partition they share everything: stream, steps, inference.
"""

import argparse
import asyncio
import json
import time
from contextlib import suppress
from typing import Final

import httpx
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from websockets.asyncio.client import connect

from bench.end_to_end import Session, percentiles, run_sessions, running
from bench.speech_audio import speech, voiced_share
from shared.audio import PIPELINE_RATE

IN_FLIGHT: Final = 100
"""Frames of one second that the fast client sends before it waits for an answer."""
HEAD_START: Final = 3.0
"""Seconds for filling its backlog before the live sessions begin."""


class FastSender:
    """A client that sends as fast as its frames are accepted."""

    def __init__(self, url: str, audio: NDArray[np.int16]) -> None:
        self._url = url
        self._audio = audio
        self.acknowledged = 0
        """Seconds of audio acknowledged."""
        self.held_back = 0
        """Number of answers that were held back."""

    async def run(self) -> None:
        """Send until cancelled."""
        async with httpx.AsyncClient(base_url=self._url, timeout=30) as client:
            session_id = (await client.post("/session/start")).json()["session_id"]
        address = f"{self._url.replace('http', 'ws')}/session/{session_id}/audio"
        room = asyncio.Semaphore(IN_FLIGHT)
        async with connect(address, compression=None, max_queue=None) as link:

            async def hear() -> None:
                async for answer in link:
                    self.acknowledged += 1
                    self.held_back += "lag_seconds" in json.loads(answer)
                    room.release()

            hearing = asyncio.create_task(hear())
            second = 0
            try:
                while True:
                    await room.acquire()
                    begin = second * PIPELINE_RATE
                    await link.send(np.take(self._audio, range(begin, begin + PIPELINE_RATE), mode="wrap").tobytes())
                    second += 1
            finally:
                hearing.cancel()


def lateness(sessions: list[Session]) -> list[float]:
    return [late for session in sessions for _, late in session.latencies]


async def measure(url: str, live: int, seconds: float, audio: NDArray[np.int16]) -> None:
    alone = lateness(await run_sessions(url, live, seconds, audio))
    fast = FastSender(url, audio)
    began = time.monotonic()
    sending = asyncio.create_task(fast.run())
    await asyncio.sleep(HEAD_START)
    beside = lateness(await run_sessions(url, live, seconds, audio))
    speed = fast.acknowledged / (time.monotonic() - began)
    sending.cancel()
    with suppress(asyncio.CancelledError):
        await sending
    report(alone, beside)
    held_back = f"{fast.held_back} of {fast.acknowledged} answers were held back"
    Console().print(f"The fast client sent at {speed:.0f} × real time; {held_back}.")


def report(alone: list[float], beside: list[float]) -> None:
    table = Table("window end → event, live sessions", "events", "p50", "p99", "max")
    table.add_row("alone", str(len(alone)), *percentiles(alone))
    table.add_row("beside the fast client", str(len(beside)), *percentiles(beside))
    Console().print(table)
    ratio = np.percentile(beside, 99) / np.percentile(alone, 99)
    more = np.percentile(beside, 99) - np.percentile(alone, 99)
    Console().print(f"p99 beside it / alone: {ratio:.2f}, {more * 1000:+.0f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--live", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--partitions", type=int, default=1)
    parser.add_argument("--mock", action="store_true", help="without a model")
    options = parser.parse_args()
    with running(mock=options.mock, LINNET_PARTITIONS=str(options.partitions)) as url:
        audio = speech(0.6)
        asyncio.run(measure(url, options.live, options.seconds, audio))
        Console().print(f"{options.live} live sessions, speech {voiced_share(audio):.0%} voiced")


if __name__ == "__main__":
    main()
