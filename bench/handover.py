"""Measure how long sessions wait for their next event when workers join, leave, die or freeze.

    ./manage.sh python -m bench.handover [--sessions 12] [--workers 3] [--rounds 3] [--only SIGTERM]

Uses real workers with the mock backend, and sessions of continuous speech, which have an event every hop (1 s). For
each disturbance, prints the longest interval between two events of a session that contains it, minus the hop.
"""

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Final

import numpy as np
from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table

from classifier_worker.fleet.lease import acquire
from classifier_worker.poison.suspects import Note, write_note
from shared import keys
from shared.settings import Settings
from testkit.live_worker import Speaker
from testkit.poisoned_worker import TAKES_LONG, poison
from testkit.redis_server import RedisServer

FRAME: Final = 3200
HOP_SECONDS: Final = 1.0
SETTLE_SECONDS: Final = 12.0
"""Seconds from one disturbance to the next."""
PARTITIONS: Final = 16


class Fleet:
    """Workers, oldest first, and sessions that send speech."""

    def __init__(self, redis: Redis, url: str) -> None:
        self.redis = redis
        self.workers: list[subprocess.Popen[bytes]] = []
        self.speakers: list[Speaker] = []
        self.heard: dict[str, list[float]] = {}
        """Session → monotonic times of its events."""
        self.slow_process = 0
        """If not 0, the next frame of the first session keeps the models busy for a long time."""
        self._environment = {
            **os.environ,
            "LINNET_REDIS_URL": url,
            "LINNET_PARTITIONS": str(PARTITIONS),
            "CF_VOICE_MOCK": "1",
            "LINNET_LOG_LEVEL": "error",
        }

    def start_worker(self) -> None:
        command = [sys.executable, "-m", "testkit.poisoned_worker"]
        self.workers.append(subprocess.Popen(command, env=self._environment))

    async def listen(self) -> None:
        async with self.redis.pubsub() as listening:
            await listening.psubscribe(keys.stored_channel("*"))
            async for message in listening.listen():
                if message["type"] == "pmessage":
                    session_id = message["channel"].decode().rpartition(":")[2]
                    self.heard.setdefault(session_id, []).append(time.monotonic())

    async def speak(self, number: int) -> None:
        speaker = Speaker(self.redis, number % PARTITIONS)
        await speaker.start()
        await self.redis.zadd(keys.presence(number % PARTITIONS), {speaker.session_id: time.time() + 86_400})
        self.speakers.append(speaker)
        audio = np.random.default_rng(number).standard_normal(160_000) * 3000
        pcm = audio.astype("<i2").tobytes()
        began, frame = time.monotonic(), 0
        while True:
            frame += 1
            place = frame % 100 * FRAME
            said = pcm[place : place + FRAME]
            if number == 0 and self.slow_process:
                said, self.slow_process = poison(TAKES_LONG, process=self.slow_process), 0
            await speaker.say(said)
            await asyncio.sleep(max(0.0, began + frame / 10 - time.monotonic()))

    async def holders(self) -> Counter[bytes]:
        pipe = self.redis.pipeline(transaction=False)
        for partition in range(PARTITIONS):
            pipe.hget(keys.lease(partition), "holder")
        return Counter(holder for holder in await pipe.execute() if holder)

    async def until_fair(self) -> None:
        """Wait until every live worker has its share and every partition is leased."""
        while True:
            held = await self.holders()
            fair = max(held.values(), default=0) - min(held.values(), default=0) <= 1
            if held.total() == PARTITIONS and len(held) == len(self.workers) and fair:
                return
            await asyncio.sleep(0.02)

    def longest_wait(self, began: float) -> float:
        """Return the longest interval between two events of a session that ends after `began`, minus the hop."""
        waits = [0.0]
        for times in self.heard.values():
            waits += [b - a - HOP_SECONDS for a, b in pairwise(times) if b > began]
        return max(waits)

    def end(self) -> None:
        for worker in self.workers:
            worker.kill()
            worker.wait()


async def joins(fleet: Fleet) -> None:
    """Add a worker. Time counts from when it reports itself alive, after loading its models."""
    known = await fleet.redis.zcard(keys.WORKERS)
    fleet.start_worker()
    while await fleet.redis.zcard(keys.WORKERS) == known:
        await asyncio.sleep(0.02)


async def deploy(fleet: Fleet) -> None:
    """Start a new worker first, then stop the oldest."""
    fleet.start_worker()
    await fleet.until_fair()
    fleet.workers.pop(0).terminate()


async def leaves_in_a_long_step(fleet: Fleet) -> None:
    fleet.start_worker()
    await fleet.until_fair()
    holder = await fleet.redis.hget(keys.lease(0), "holder")  # type: ignore[misc]
    pid = int(holder.decode().split("-")[-2])
    fleet.slow_process = pid
    await asyncio.sleep(0.3)
    leaving = next(worker for worker in fleet.workers if worker.pid == pid)
    fleet.workers.remove(leaving)
    leaving.terminate()


async def all_but_one_leave(fleet: Fleet) -> None:
    fleet.start_worker()
    await fleet.until_fair()
    *leaving, last = fleet.workers
    for worker in leaving:
        worker.terminate()
    fleet.workers = [last]


async def killed(fleet: Fleet) -> None:
    fleet.workers.pop(0).kill()


async def frozen(fleet: Fleet) -> None:
    """Freeze a worker for twice the duration of a lease, then let it continue."""
    fleet.workers[0].send_signal(signal.SIGSTOP)
    await asyncio.sleep(6)
    fleet.workers[0].send_signal(signal.SIGCONT)


DISTURBANCES: Final[dict[str, Callable[[Fleet], Awaitable[None]]]] = {
    "none": lambda _: asyncio.sleep(0),
    "a worker joins": joins,
    "deploy: one joins, the oldest gets SIGTERM": deploy,
    "all but one get SIGTERM": all_but_one_leave,
    "SIGTERM in a step of 8 s": leaves_in_a_long_step,
    "SIGKILL": killed,
    "SIGSTOP for 6 s": frozen,
}


async def measure(fleet: Fleet, workers: int, disturbance: Callable[[Fleet], Awaitable[None]]) -> tuple[float, float]:
    """Return the longest wait for an event, and the seconds until all partitions were leased and fairly shared."""
    while len(fleet.workers) > workers:
        fleet.workers.pop().terminate()
    while len(fleet.workers) < workers:
        fleet.start_worker()
    await fleet.until_fair()
    await asyncio.sleep(4)
    began = time.monotonic()
    await disturbance(fleet)
    done = time.monotonic()
    await fleet.until_fair()
    fair = time.monotonic() - done
    await asyncio.sleep(max(2.0, SETTLE_SECONDS - fair))
    return fleet.longest_wait(began), fair


async def note_milliseconds(redis: Redis) -> float:
    """Measure the note written before each step: mean of 2,000 notes of 20 chunks each."""
    lease = await acquire(redis, PARTITIONS + 1, 1, "bench", 600)
    assert lease is not None
    note = Note([f"{1_795_520_294_351 + number}-0" for number in range(20)])
    began = time.perf_counter()
    for _ in range(2000):
        await write_note(redis, lease, note)
    return (time.perf_counter() - began) / 2


async def main(sessions: int, workers: int, rounds: int, only: str) -> None:
    table = Table("disturbance", "longest wait for an event beyond the hop, s", "shares fair again after, s")
    with RedisServer() as server:
        redis = Redis.from_url(Settings(_env_file=None, redis_url=server.url).data_url)
        fleet = Fleet(redis, server.url)
        try:
            print(f"note before a step: {await note_milliseconds(redis):.2f} ms", flush=True)
            tasks = [asyncio.create_task(fleet.listen())]
            for _ in range(workers):
                fleet.start_worker()
            await fleet.until_fair()
            tasks += [asyncio.create_task(fleet.speak(number)) for number in range(sessions)]
            await asyncio.sleep(6)
            for name, disturbance in DISTURBANCES.items():
                if only not in name:
                    continue
                found = [await measure(fleet, workers, disturbance) for _ in range(rounds)]
                columns = [", ".join(f"{value:.2f}" for value in column) for column in zip(*found, strict=True)]
                table.add_row(name, *columns)
                print(name, *columns, sep=" · ", flush=True)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            fleet.end()
            await redis.aclose()
    Console(width=120).print(table)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=12)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="disturbances whose name contains this")
    arguments = parser.parse_args()
    asyncio.run(main(arguments.sessions, arguments.workers, arguments.rounds, arguments.only))
