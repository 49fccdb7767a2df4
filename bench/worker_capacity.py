"""Measure how many real-time sessions one worker core handles, compared with the bare model on that core.

./manage.sh python -m bench.worker_capacity [--share 0.6] [--seconds 15] [--sessions 10 20 30 40]
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from redis.asyncio import Redis
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.speech_audio import speech, voiced_share
from classifier_worker.speech.models.build.encoder import ensure_encoder
from classifier_worker.speech.models.encoder import Encoder
from shared import keys
from shared.audio import PIPELINE_RATE
from shared.contract.pcm_stream import APPEND, ATTACH
from shared.contract.session import Session, new_session_id
from shared.settings import Settings
from testkit.redis_server import RedisServer

FRAME_SECONDS: Final = 0.1
PARTITIONS: Final = 8
KEPT_UP: Final = 2.5
"""Lag in seconds at the end of a step up to which the worker counts as keeping up: progress is committed every
second."""
WARM_UP: Final = 4.0
"""Seconds until the first windows are due in all sessions."""
LATENESS: Final = 3.0
"""Seconds before a session's first window: the length of one."""
_WORKER_CORE: Final = 0


@dataclass
class Step:
    """The figures for one number of sessions."""

    sessions: int
    cpu_share: float
    """Use of the worker's core."""
    lag: float
    """Largest lag of a session at the end, s."""
    windows: float
    """Tone windows classified per second."""

    @property
    def kept_up(self) -> bool:
        return self.lag <= KEPT_UP


def bare_windows_per_second(settings: Settings, seconds: float = 4.0) -> float:
    """Count the 3 s windows that the encoder alone embeds per second on one core, in batches of `max_batch`."""
    os.sched_setaffinity(0, {_WORKER_CORE})
    try:
        encoder = Encoder(ensure_encoder(settings.data_dir / "models" / "encoder.onnx"), "cpu", 1)
        draw = np.random.default_rng(1)
        windows = draw.standard_normal((settings.max_batch, 3 * PIPELINE_RATE)).astype(np.float32) * 0.1
        encoder.embed(windows)
        began, done = time.perf_counter(), 0
        while time.perf_counter() - began < seconds:
            encoder.embed(windows)
            done += len(windows)
        return done / (time.perf_counter() - began)
    finally:
        os.sched_setaffinity(0, range(os.cpu_count() or 1))


def start_worker(redis_url: str) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "LINNET_REDIS_URL": redis_url,
        "LINNET_PARTITIONS": str(PARTITIONS),
        "LINNET_LOG_LEVEL": "warning",
        # Every window counts as work, even if its tone is too uncertain to be sent.
        "LINNET_RELIABILITY_FLOOR": "0",
        "CF_VOICE_MOCK": "0",
    }
    worker = subprocess.Popen([sys.executable, "-m", "classifier_worker"], env=environment)
    os.sched_setaffinity(worker.pid, {_WORKER_CORE})
    return worker


def cpu_seconds(pid: int) -> float:
    """Return the user and system time of a process, all threads (proc(5), fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def open_sessions(redis: Redis, count: int) -> list[str]:
    session_ids = [new_session_id(number % PARTITIONS) for number in range(count)]
    for number, session_id in enumerate(session_ids):
        record = Session(started_at=time.time())
        await redis.hset(keys.session(number % PARTITIONS, session_id), mapping=dict(record.to_hash()))  # type: ignore[misc]
        await ATTACH.run(redis, [keys.session(number % PARTITIONS, session_id)], ["bench", "-", 0])
    return session_ids


async def send(redis: Redis, session_ids: list[str], audio: NDArray[np.int16], seconds: float) -> None:
    """Send each session's audio in real time, each from a different position in the audio; one pipeline per frame."""
    size = int(PIPELINE_RATE * FRAME_SECONDS)
    phases = [number * len(audio) // len(session_ids) for number in range(len(session_ids))]
    began = time.monotonic()
    for frame in range(int(seconds / FRAME_SECONDS)):
        pipe = redis.pipeline(transaction=False)
        for number, (session_id, phase) in enumerate(zip(session_ids, phases, strict=True)):
            partition, offset = number % PARTITIONS, frame * size
            pcm = np.take(audio, range(phase + offset, phase + offset + size), mode="wrap").tobytes()
            redis_keys = [keys.session(partition, session_id), keys.pcm(partition), keys.pcm_flow(partition)]
            APPEND.queue(pipe, redis_keys, ["bench", session_id, offset, offset + size, pcm], first=number == 0)
        await pipe.execute()
        await asyncio.sleep(max(0.0, began + (frame + 1) * FRAME_SECONDS - time.monotonic()))


async def lags(redis: Redis, session_ids: list[str]) -> list[float]:
    pipe = redis.pipeline(transaction=False)
    for number, session_id in enumerate(session_ids):
        pipe.hgetall(keys.session(number % PARTITIONS, session_id))
    records = [Session.from_hash(fields) for fields in await pipe.execute()]
    return [record.lag_seconds for record in records if record is not None]


async def try_sessions(redis: Redis, worker: int, count: int, audio: NDArray[np.int16], seconds: float) -> Step:
    session_ids = await open_sessions(redis, count)
    sender = asyncio.create_task(send(redis, session_ids, audio, WARM_UP + seconds))
    await asyncio.sleep(WARM_UP)
    before, began = cpu_seconds(worker), time.monotonic()
    await sender
    share = (cpu_seconds(worker) - before) / (time.monotonic() - began)
    lag = max(await lags(redis, session_ids))
    events = [await redis.xlen(keys.events(n % PARTITIONS, sid)) for n, sid in enumerate(session_ids)]
    for number, session_id in enumerate(session_ids):
        await redis.delete(*keys.of_session(number % PARTITIONS, session_id))
    return Step(count, share, lag, sum(events) / (WARM_UP + seconds - LATENESS))


async def until_leased(redis: Redis) -> None:
    while not all([await redis.exists(keys.lease(partition)) for partition in range(PARTITIONS)]):
        await asyncio.sleep(0.1)


async def measure(counts: list[int], audio: NDArray[np.int16], seconds: float) -> list[Step]:
    """Try growing numbers of sessions, up to the first with which the worker does not keep up."""
    steps: list[Step] = []
    with RedisServer() as server:
        worker = start_worker(server.url)
        redis = Redis.from_url(server.url)
        try:
            await until_leased(redis)
            for count in track(counts, "sessions", console=Console(stderr=True)):
                steps.append(await try_sessions(redis, worker.pid, count, audio, seconds))
                if not steps[-1].kept_up:
                    break
        finally:
            worker.terminate()
            worker.wait()
            await redis.aclose()
    return steps


def report(steps: list[Step], bare: float, share: float) -> None:
    console = Console()
    table = Table("sessions", "worker CPU", "windows/s", "of bare model", "lag at end", "kept up")
    for step in steps:
        part = f"{step.windows / bare:.0%}"
        cells = (
            f"{step.cpu_share:.0%}",
            f"{step.windows:.1f}",
            part,
            f"{step.lag:.1f} s",
            "yes" if step.kept_up else "no",
        )
        table.add_row(str(step.sessions), *cells)
    console.print(table)
    carried = max((step.sessions for step in steps if step.kept_up), default=0)
    per_session = statistics.median(step.cpu_share / step.sessions for step in steps)
    console.print(f"speech: {share:.0%} voiced, 16 kHz, frames of 100 ms")
    console.print(f"bare encoder, same core, same run: {bare:.1f} windows of 3 s per second")
    console.print(f"one worker core carried {carried} real-time sessions; {1 / per_session:.0f} by its CPU time")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--share", type=float, default=0.6, help="of the audio that is voiced")
    parser.add_argument("--seconds", type=float, default=15.0, help="of each step")
    parser.add_argument("--sessions", type=int, nargs="+", default=[10, 20, 25, 30, 35, 40])
    options = parser.parse_args()
    audio = speech(options.share)
    bare = bare_windows_per_second(Settings())
    steps = asyncio.run(measure(options.sessions, audio, options.seconds))
    report(steps, bare, voiced_share(audio))


if __name__ == "__main__":
    main()
