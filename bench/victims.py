"""Measure what hostile or careless clients cost other sessions, through real processes.

    ./manage.sh python -m bench.victims [--live 5] [--seconds 20] [--rounds 3] [--mock] [--max-load 0.85]

The same live sessions are run alone and then, in the same minute, beside each of

    rates   70 sessions at odd sample rates near 48 kHz, each sending one sample per second
    halves  100 sockets that each send 3.9 MB of a message that never ends
    starts  500 sessions that are started and never send anything: half of them at once, the others while people speak

Prints the share of their events that the live sessions still get (at least 95 %) and how much later these arrive (p99,
at most 1.5 times). One run has too few events for a p99, so several runs are pooled. The offending clients run in a
process of their own with the lowest priority, because in practice they are other machines.
"""

import argparse
import asyncio
import multiprocessing
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

import httpx
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from bench.end_to_end import Session, percentiles, running
from bench.speech_audio import speech

RATES: Final = [rate for rate in range(47_999, 40_000, -1) if rate % 2 and rate % 5][:70]
HALVES: Final = 100
PIECE: Final = 100_000
PIECES: Final = 39
STARTS: Final = 500
HEAD_START: Final = 3.0
"""Seconds from the first hostile call to the start of the live sessions."""

Attack = Callable[[str, httpx.AsyncClient, float], Awaitable[None]]
"""Called with the gateway's address, a client for it, and the seconds for which the live sessions will speak."""


async def started(client: httpx.AsyncClient, **body: object) -> str | None:
    """Start a session; return its id, or None if it is refused."""
    answer = await client.post("/session/start", json=body)
    return answer.json()["session_id"] if answer.status_code == 200 else None


async def odd_rates(url: str, client: httpx.AsyncClient, _: float) -> None:
    async def drip(rate: int) -> None:
        session_id = await started(client, sample_rate=rate)
        async with connect(f"{url.replace('http', 'ws')}/session/{session_id}/audio", compression=None) as link:
            while True:
                await link.send(b"\1\0")
                await link.recv()
                await asyncio.sleep(1.0)

    await asyncio.gather(*map(drip, RATES), return_exceptions=True)


async def half_messages(url: str, client: httpx.AsyncClient, _: float) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(PIECES):
            yield bytes(PIECE)
        await asyncio.sleep(3600)

    async def send() -> None:
        while True:
            session_id = await started(client)
            with suppress(WebSocketException, OSError):
                address = f"{url.replace('http', 'ws')}/session/{session_id}/audio"
                async with connect(address, compression=None, max_size=None, ping_interval=None) as link:
                    await link.send(pieces())
            await asyncio.sleep(1.0)  # and again if it was refused

    await asyncio.gather(*(send() for _ in range(HALVES)), return_exceptions=True)


async def silent_starts(_url: str, client: httpx.AsyncClient, seconds: float) -> None:
    half = STARTS // 2
    await asyncio.gather(*(started(client) for _ in range(half)), return_exceptions=True)
    for _ in range(half):
        await started(client)
        await asyncio.sleep(seconds / half)
    await asyncio.sleep(3600)


ATTACKS: Final[dict[str, Attack]] = {"rates": odd_rates, "halves": half_messages, "starts": silent_starts}


async def live(url: str, count: int, seconds: float, audio: NDArray[np.int16]) -> list[float]:
    """Return the delay of each event of the live sessions. Sessions that are refused or cut off have fewer events."""
    sessions = [Session(url, np.roll(audio, -number * len(audio) // count)) for number in range(count)]

    async def delayed(number: int, session: Session) -> None:
        await asyncio.sleep(number * 0.137)
        await session.run(seconds)

    ended = await asyncio.gather(*(delayed(*each) for each in enumerate(sessions)), return_exceptions=True)
    for error in ended:
        if isinstance(error, BaseException):
            Console().print(f"a live session did not end properly: {error!r}")
    return [late for session in sessions for _, late in session.latencies]


def attack(name: str, url: str, seconds: float) -> None:
    """Attack until this process is killed."""
    os.nice(19)

    async def run() -> None:
        async with httpx.AsyncClient(base_url=url, timeout=30, limits=httpx.Limits(max_connections=200)) as client:
            await ATTACKS[name](url, client, seconds)

    asyncio.run(run())


@contextmanager
def under_attack(name: str, url: str, seconds: float) -> Iterator[None]:
    process = multiprocessing.get_context("spawn").Process(target=attack, args=(name, url, seconds), daemon=True)
    process.start()
    try:
        yield
        if not process.is_alive():
            raise RuntimeError(f"the attack {name!r} ended before the live sessions did")
    finally:
        process.terminate()
        process.join()


async def one_round(
    options: argparse.Namespace, name: str, audio: NDArray[np.int16]
) -> tuple[list[float], list[float]]:
    """Return the delays alone and beside the attack. Runs on a fresh stack: nothing is left of an earlier attack."""
    with running(mock=options.mock, LINNET_PARTITIONS="1", LINNET_MAX_LOAD=str(options.max_load)) as url:
        await live(url, 1, 4.0, audio)  # warm up everything that is loaded only once
        alone = await live(url, options.live, options.seconds, audio)
        with under_attack(name, url, options.seconds):
            await asyncio.sleep(HEAD_START)
            return alone, await live(url, options.live, options.seconds, audio)


def measure(options: argparse.Namespace, name: str, audio: NDArray[np.int16], table: Table) -> None:
    rounds = [asyncio.run(one_round(options, name, audio)) for _ in range(options.rounds)]
    alone = [delay for delays, _ in rounds for delay in delays]
    beside = [delay for _, delays in rounds for delay in delays]
    share = len(beside) / max(1, len(alone))
    later = float(np.percentile(beside, 99) / np.percentile(alone, 99)) if alone and beside else float("inf")
    (alone_p50, alone_p99, _), (beside_p50, beside_p99, _) = percentiles(alone), percentiles(beside)
    table.add_row(name, f"{share:.0%}", f"{later:.2f}", f"{alone_p50} / {alone_p99}", f"{beside_p50} / {beside_p99}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--live", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--mock", action="store_true", help="without a model")
    parser.add_argument("--max-load", type=float, default=0.85, help="LINNET_MAX_LOAD")
    parser.add_argument("attacks", nargs="*", choices=[*ATTACKS, []], help="all by default")
    options = parser.parse_args()
    audio = speech(0.6)
    table = Table("beside", "events, of those alone", "p99, times alone's", "alone, p50 / p99", "beside, p50 / p99")
    for name in options.attacks or ATTACKS:
        measure(options, name, audio, table)
    Console().print(table)


if __name__ == "__main__":
    main()
