"""A worker in a separate process as in production, and sessions for it."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import IO

from redis.asyncio import Redis

from shared import keys
from shared.contract.event_id import EventId
from shared.contract.pcm_stream import APPEND, ATTACH, END
from shared.contract.session import Session, new_session_id
from shared.contract.stored_event import StoredEvent
from shared.settings import Settings
from shared.store.lua import Argument
from testkit.redis_server import as_user


def variables(settings: Settings, user: str) -> dict[str, str]:
    """Return the environment for a process with these settings, as this Redis user."""
    found = {"LINNET_REDIS_URL": as_user(user, settings.data_url), "CF_VOICE_MOCK": "1" if settings.mock else "0"}
    for name, value in settings.model_dump(exclude={"redis_url", "mock"}, exclude_none=True).items():
        found[f"LINNET_{name.upper()}"] = ",".join(value) if isinstance(value, list) else str(value)
    return found


class LiveWorker:
    """Runs a worker until the block ends. Its backend is the mock unless the settings say otherwise."""

    def __init__(self, settings: Settings, module: str = "classifier_worker", *, log: IO[bytes] | None = None) -> None:
        environment = {**os.environ, **variables(settings, "worker")}
        self._process = subprocess.Popen([sys.executable, "-m", module], env=environment, stderr=log)

    def __enter__(self) -> "LiveWorker":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.kill()

    def kill(self) -> None:
        """Kill the worker as the kernel's out-of-memory killer does."""
        self._process.kill()
        self._process.wait()

    def terminate(self) -> int:
        """Stop the worker as a deploy does; return the exit code."""
        self._process.terminate()
        return self._process.wait(20)

    def leave(self) -> None:
        """Ask the worker to stop as a deploy does, without waiting for the end."""
        self._process.terminate()

    @property
    def process(self) -> int:
        """Return the worker's process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """Return the exit code; None while the worker runs."""
        return self._process.poll()

    def freeze(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        self._process.send_signal(signal.SIGCONT)


async def until_leased(redis: Redis, partition: int, seconds: float = 120) -> None:
    """Wait until some worker has leased the partition."""
    give_up = time.monotonic() + seconds
    while not await redis.exists(keys.lease(partition)):
        assert time.monotonic() < give_up, f"no worker leased partition {partition}"
        await asyncio.sleep(0.05)


class Speaker:
    """A session stored in Redis as the gateway would store it."""

    def __init__(self, redis: Redis, partition: int, sample_rate: int = 16_000, *, words: bool = False) -> None:
        self._redis = redis
        self._partition = partition
        self._offset = 0
        self.session_id = new_session_id(partition)
        self.record_key = keys.session(partition, self.session_id)
        self.events_key = keys.events(partition, self.session_id)
        self.sample_rate = sample_rate
        self.words = words

    async def start(self) -> None:
        record = Session(started_at=time.time(), sample_rate=self.sample_rate, words=self.words)
        await self._redis.hset(self.record_key, mapping=dict(record.to_hash()))  # type: ignore[misc]
        await self._redis.zadd(keys.PARTITIONS, {str(self._partition): time.time()})
        await self._redis.zadd(keys.presence(self._partition), {self.session_id: time.time() + 90})
        await ATTACH.run(self._redis, [self.record_key], ["test", keys.socket_channel(self.session_id), 0])

    async def start_without_audio(self, seconds_ago: float) -> None:
        """Begin the session without any audio socket yet."""
        began = time.time() - seconds_ago
        record = Session(started_at=began, sample_rate=self.sample_rate, began_ms=round(began * 1000))
        await self._redis.hset(self.record_key, mapping=dict(record.to_hash()))  # type: ignore[misc]
        await self._redis.zadd(keys.PARTITIONS, {str(self._partition): time.time()})
        await self._redis.zadd(keys.presence(self._partition), {self.session_id: time.time() + 90})

    async def say(self, pcm: bytes) -> None:
        await self.say_again(pcm, self._offset)
        self._offset += len(pcm) // 2

    async def say_again(self, pcm: bytes, offset: int) -> None:
        """Send frames again, like a client that does not know what arrived."""
        args: list[Argument] = ["test", self.session_id, offset, offset + len(pcm) // 2, pcm]
        redis_keys = [self.record_key, keys.pcm(self._partition), keys.pcm_flow(self._partition)]
        answer = await APPEND.run(self._redis, redis_keys, args)
        assert isinstance(answer, list)
        assert answer[0] == b"ok", answer

    async def chunks(self) -> list[bytes]:
        """Return the ids of the session's entries in the PCM stream."""
        entries = await self._redis.xrange(keys.pcm(self._partition))
        return [entry_id for entry_id, fields in entries if fields[b"s"] == self.session_id.encode()]

    async def end(self) -> None:
        redis_keys = [self.record_key, keys.pcm(self._partition), keys.presence(self._partition)]
        await END.run(self._redis, redis_keys, [self.session_id, "client"])

    async def events(self) -> list[StoredEvent]:
        """Return the current durable stream."""
        entries = await self._redis.xrange(self.events_key)
        return [
            StoredEvent(EventId.parse(entry_id.decode()), fields[b"event"].decode(), fields[b"data"].decode())
            for entry_id, fields in entries
        ]

    async def until_ended(self, seconds: float = 60) -> list[StoredEvent]:
        """Return the whole durable stream, once session-ended is in it."""
        return await self.until(lambda events: bool(events) and events[-1].kind == "session-ended", seconds)

    async def until(self, enough: Callable[[list[StoredEvent]], bool], seconds: float = 60) -> list[StoredEvent]:
        give_up = time.monotonic() + seconds
        while not enough(events := await self.events()):
            assert time.monotonic() < give_up, f"not enough after {seconds} s: {events}"
            await asyncio.sleep(0.05)
        return events
