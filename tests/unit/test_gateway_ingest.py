"""Coalescing: order, one pipeline at a time, patience while Redis is away."""

import asyncio
from collections.abc import Iterable, Sequence

import pytest

from gateway.ingest import Frame, Ingest, NotStored, Stored
from gateway.lookup import Place
from gateway.metrics import Metrics
from shared.lua import Argument
from shared.redis_link import connect
from shared.settings import Settings

PLACE = Place(1, "1-" + "0" * 32)


class SlowLink:
    """Answers each pipeline when told to, and can be away."""

    def __init__(self) -> None:
        self.pipelines: list[list[int]] = []
        self.gate = asyncio.Event()
        self.away = 0
        self.running = 0

    async def run(self, commands: Sequence[Iterable[Argument]]) -> list[object]:
        assert not self.running, "one pipeline at a time"
        self.running += 1
        await self.gate.wait()
        self.running -= 1
        if self.away:
            self.away -= 1
            raise ConnectionResetError
        calls = [tuple(command) for command in commands]
        assert [call[0] for call in calls] == ["EVAL"] + ["EVALSHA"] * (len(calls) - 1)
        offsets = [int(call[8]) for call in calls]
        self.pipelines.append(offsets)
        return [[b"ok", b"0", 0] if offset >= 0 else [b"stopped"] for offset in offsets]

    async def close(self) -> None:
        pass


class Bench:
    """An Ingest over that link, and what was answered."""

    def __init__(self, patience: float = 1.0) -> None:
        settings = Settings(_env_file=None, redis_timeout=patience)
        self.link = SlowLink()
        self.ingest = Ingest(settings, connect(settings), Metrics())
        self.ingest._link = self.link  # type: ignore[assignment]
        self.answers: list[tuple[int, Stored | NotStored]] = []
        self.task = asyncio.create_task(self.ingest.run())

    async def append(self, *offsets: int) -> None:
        for offset in offsets:
            self.ingest.append(Frame(PLACE, "t", offset, offset + 1, b"\0\0", self._on_answer))
        await asyncio.sleep(0.01)

    def _on_answer(self, frame: Frame, answer: Stored | NotStored) -> None:
        self.answers.append((frame.offset, answer))

    async def until_answered(self, count: int) -> None:
        async with asyncio.timeout(5):
            while len(self.answers) < count:
                await asyncio.sleep(0.01)


async def test_what_arrives_during_a_pipeline_goes_into_the_next() -> None:
    bench = Bench()
    await bench.append(1)
    await bench.append(2, 3)
    await bench.append(4)
    bench.link.gate.set()
    await bench.until_answered(4)
    assert bench.link.pipelines == [[1], [2, 3, 4]]
    assert bench.answers == [(offset, Stored(0, 0)) for offset in (1, 2, 3, 4)]


async def test_a_pipeline_is_bounded() -> None:
    bench = Bench()
    await bench.append(*range(1200))
    bench.link.gate.set()
    await bench.until_answered(1200)
    assert [len(pipeline) for pipeline in bench.link.pipelines] == [512, 512, 176]


async def test_a_refusal_is_that_frames_alone() -> None:
    bench = Bench()
    bench.link.gate.set()
    await bench.append(1, -1, 2)
    assert bench.answers == [(1, Stored(0, 0)), (-1, NotStored("stopped")), (2, Stored(0, 0))]


async def test_it_tries_again_while_redis_is_away_for_a_moment() -> None:
    bench = Bench()
    bench.link.away = 2
    bench.link.gate.set()
    await bench.append(1)
    await bench.until_answered(1)
    assert bench.answers == [(1, Stored(0, 0))]


@pytest.mark.parametrize("frames", [1, 3])
async def test_it_gives_up_in_the_end_and_goes_on_later(frames: int) -> None:
    bench = Bench(patience=0.05)
    bench.link.away = 3
    bench.link.gate.set()
    await bench.append(*range(frames))
    await bench.until_answered(frames)
    assert {answer for _, answer in bench.answers} == {NotStored("away")}
    bench.link.away = 0
    await bench.append(9)
    await bench.until_answered(frames + 1)
    assert bench.answers[-1] == (9, Stored(0, 0))
