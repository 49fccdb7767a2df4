"""Measure the size of checkpoints, and what committing one costs the worker and Redis.

    ./manage.sh python -m bench.checkpoints [--speech FOLDER] [--commits 300]

For sessions of one and of six speakers, on the real model and on the mock. A commit contains one session and one event.
Redis keeps an append-only file, flushed every second, like the one that manage.sh runs.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgpack
import numpy as np
from numpy.typing import NDArray
from redis.asyncio import Redis
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.speech_audio import speech
from classifier_worker.fleet.lease import Lease, acquire
from classifier_worker.partition.commit import Progress, commit
from classifier_worker.pipeline.checkpoint import freeze, open_hearing
from classifier_worker.pipeline.hearing import Hearing
from classifier_worker.pipeline.session_pipeline import advance
from classifier_worker.speech.backend import Backend
from classifier_worker.speech.mock_backend import MockBackend
from classifier_worker.speech.speech_backend import SpeechBackend
from shared import keys
from shared.audio import PIPELINE_RATE
from shared.contract.event_id import EventId
from shared.contract.pcm_stream import Chunk
from shared.contract.session import Session, new_session_id
from shared.contract.stored_event import StoredEvent
from shared.settings import Settings
from testkit.redis_server import RedisServer
from training.data.conversations import conversation, reading
from training.data.corpus import SPEECH
from training.data.reading import MEASURING, TUNING

Samples = NDArray[np.int16]

FRAME: Final = PIPELINE_RATE // 10
_PARTITION: Final = 0
_RECORD: Final = Session(started_at=0.0)


@dataclass(frozen=True, slots=True)
class Cost:
    """Figures for one session's checkpoint."""

    voices: int
    size: int
    """Bytes, as written while other sessions continue."""
    alone: int
    """Bytes including audio, as written when the session has fallen silent."""
    freeze: float
    """Worker CPU time for serialising it, ms."""
    worker: float
    """Worker CPU time for the commit, ms."""
    redis: float
    """Redis' CPU time for the commit, including its append-only file, ms."""


def listened(backend: Backend, samples: Samples) -> Hearing:
    """Return a session that has processed all of the audio, in frames of 100 ms."""
    hearing = open_hearing(new_session_id(_PARTITION), _RECORD, None, backend)
    begins = range(0, len(samples) - FRAME, FRAME)
    for number, begin in enumerate(track(begins, "listening", console=Console(stderr=True)), 1):
        pcm = samples[begin : begin + FRAME].tobytes()
        advance(backend, [(hearing, [Chunk(f"{number}-0", hearing.session_id, begin, pcm)])])
    return hearing


async def commit_costs(hearing: Hearing, checkpoint: bytes, commits: int) -> tuple[float, float]:
    """Return the CPU time of one commit, (worker, Redis), ms."""
    settings = Settings(_env_file=None)
    with RedisServer() as server:
        redis = Redis.from_url(server.url)
        try:
            await redis.config_set("appendfsync", "everysec")
            await redis.config_set("appendonly", "yes")
            lease = await acquire(redis, _PARTITION, 1, "bench", 3600.0)
            assert lease is not None
            await redis.hset(keys.session(_PARTITION, hearing.session_id), mapping=dict(_RECORD.to_hash()))
            await _commit_often(redis, lease, hearing, checkpoint, range(1, 20), settings)
            redis_before, worker_before = await _redis_cpu(redis), time.process_time()
            await _commit_often(redis, lease, hearing, checkpoint, range(20, 20 + commits), settings)
            worker = time.process_time() - worker_before
            spent = await _redis_cpu(redis) - redis_before
        finally:
            await redis.aclose()
    return worker / commits * 1000, spent / commits * 1000


async def _commit_often(
    redis: Redis, lease: Lease, hearing: Hearing, checkpoint: bytes, numbers: range, settings: Settings
) -> None:
    for number in numbers:
        event = StoredEvent(EventId(number * PIPELINE_RATE, 1), "tone-event", "x" * 700)
        progress = Progress(hearing.session_id, hearing.position, checkpoint, [event], ended=False)
        await commit(redis, lease, f"{number}-0", [progress], settings)


async def _redis_cpu(redis: Redis) -> float:
    """Return Redis' CPU time, s, over all its threads."""
    found = await redis.info("cpu")
    return float(found["used_cpu_user"]) + float(found["used_cpu_sys"])


def cpu_ms(work: Callable[[], object], times: int = 50) -> float:
    """Return the median CPU time of one call, ms."""
    spent = []
    for _ in range(times):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return statistics.median(spent) * 1000


def cost(backend: Backend, samples: Samples, commits: int) -> Cost:
    hearing = listened(backend, samples)
    checkpoint = freeze(hearing, backend, alone=False)
    worker, redis = asyncio.run(commit_costs(hearing, checkpoint, commits))
    # Do this last, because it drops the chunks.
    freeze_ms = cpu_ms(lambda: freeze(hearing, backend, alone=False))
    return Cost(
        voices=len(getattr(hearing.state, "voices", {})),
        size=len(checkpoint),
        alone=len(freeze(hearing, backend, alone=True)),
        freeze=freeze_ms,
        worker=worker,
        redis=redis,
    )


def parts(checkpoint: bytes) -> dict[str, int]:
    """Return the bytes of each part of the state, largest first."""
    state: dict[str, Any] = msgpack.unpackb(checkpoint)["state"]
    sizes = {name: len(msgpack.packb(part)) for name, part in state.items()}
    return dict(sorted(sizes.items(), key=lambda item: -item[1]))


def material(folder: Path) -> dict[str, Samples]:
    """Return audio for sessions with one and with six speakers; the bundled sample if there is no other speech."""
    if not (folder / "librispeech").is_dir():
        return {"bundled sample": speech(0.6)}
    one = reading(folder, MEASURING[0], 40.0)
    crowd = conversation(folder, (*TUNING, *MEASURING[:2]), 150.0, (0.0, 0.3), np.random.default_rng(2))
    return {
        name: np.round(found.audio * 32767).astype(np.int16)
        for name, found in (("one speaker", one), ("six speakers", crowd))
    }


def report(costs: dict[str, Cost]) -> None:
    table = Table("session", "voices", "checkpoint", "with audio", "freeze", "commit: worker", "commit: Redis")
    for name, found in costs.items():
        sizes = (f"{size / 1000:.1f} kB" for size in (found.size, found.alone))
        times = (f"{ms:.2f} ms" for ms in (found.freeze, found.worker, found.redis))
        table.add_row(name, str(found.voices), *sizes, *times)
    Console().print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--speech", type=Path, default=SPEECH, help="folder with librispeech/")
    parser.add_argument("--commits", type=int, default=300)
    options = parser.parse_args()
    settings = Settings(_env_file=None, reliability_floor=0.0)
    noise = np.random.default_rng(1).integers(-9000, 9000, 30 * PIPELINE_RATE).astype(np.int16)
    costs = {"mock": cost(MockBackend(settings), noise, options.commits)}
    real = SpeechBackend(settings)
    for name, samples in material(options.speech).items():
        costs[f"real, {name}"] = cost(real, samples, options.commits)
    report(costs)


if __name__ == "__main__":
    main()
