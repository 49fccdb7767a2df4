"""Coalescing: order, one pipeline at a time, patience while Redis is away."""

import asyncio
from collections.abc import Iterable, Sequence

import pytest
from redis.exceptions import OutOfMemoryError, ResponseError

from gateway.audio.ingest import Frame, Ingest, NotStored, Stored, _parse
from gateway.metrics import Metrics
from gateway.session.session_keys import Place
from shared.settings import Settings
from shared.store.lua import Argument
from shared.store.open import open_links

PLACE = Place(1, "1-" + "0" * 32)


class SlowLink:
    """Answers each pipeline when told to, and can be away."""

    def __init__(self) -> None:
        self.pipelines: list[list[int]] = []
        self.gate = asyncio.Event()
        self.away = 0
        self.lost: set[int] = set()
        """Offsets with which no pipeline arrives."""
        self.running = 0
        self.reached: list[int] = []
        """Replicas that have each pipeline in time."""

    async def run(self, commands: Sequence[Iterable[Argument]]) -> list[object]:
        assert not self.running, "one pipeline at a time"
        self.running += 1
        await self.gate.wait()
        self.running -= 1
        if self.away:
            self.away -= 1
            raise ConnectionResetError
        calls = [tuple(command) for command in commands]
        if self.lost & {int(call[8]) for call in calls if call[0] != "WAIT"}:
            raise ConnectionResetError
        waits = [calls.pop()] if calls[-1][0] == "WAIT" else []
        assert [call[0] for call in calls] == ["EVAL"] + ["EVALSHA"] * (len(calls) - 1)
        offsets = [int(call[8]) for call in calls]
        self.pipelines.append(offsets)
        answers: list[object] = [[b"ok", b"0", 0, b"0"] if offset >= 0 else [b"stopped"] for offset in offsets]
        return answers + [self.reached.pop(0) for _ in waits]

    async def close(self) -> None:
        pass


class Bench:
    """An Ingest over that link, and what was answered."""

    def __init__(self, patience: float = 1.0, replicas: int = 0) -> None:
        settings = Settings(_env_file=None, redis_timeout=patience, replicas=replicas)
        self.link = SlowLink()
        self.ingest = Ingest(settings, open_links(settings), Metrics())
        self.ingest._link = lambda _: self.link  # type: ignore[method-assign, assignment, return-value]
        self.answers: list[tuple[int, Stored | NotStored]] = []
        self.task = asyncio.create_task(self.ingest.run())

    async def append(self, *offsets: int) -> None:
        for offset in offsets:
            self.ingest.append(self.frame(offset))
        await asyncio.sleep(0.01)

    def frame(self, offset: int, token: str = "t") -> Frame:
        return Frame(PLACE, token, offset, offset + 1, b"\0\0", self._on_answer)

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
    assert bench.answers == [(offset, Stored(0, 0, 0)) for offset in (1, 2, 3, 4)]


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
    assert bench.answers == [(1, Stored(0, 0, 0)), (-1, NotStored("stopped")), (2, Stored(0, 0, 0))]


async def test_it_tries_again_while_redis_is_away_for_a_moment() -> None:
    bench = Bench()
    bench.link.away = 2
    bench.link.gate.set()
    await bench.append(1)
    await bench.until_answered(1)
    assert bench.answers == [(1, Stored(0, 0, 0))]


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
    assert bench.answers[-1] == (9, Stored(0, 0, 0))


async def test_behind_a_frame_that_was_not_stored_no_later_one_of_its_socket_is() -> None:
    bench = Bench(patience=0.05)
    bench.link.lost = {1}
    bench.ingest.append(bench.frame(1))
    await asyncio.sleep(0.01)  # in flight
    bench.ingest.append(bench.frame(2))
    bench.ingest.append(bench.frame(7, token="another"))
    bench.link.gate.set()
    await bench.until_answered(3)
    assert bench.answers == [(1, NotStored("away")), (2, NotStored("broken")), (7, Stored(0, 0, 0))]
    assert bench.link.pipelines == [[7]]


async def test_audio_is_acknowledged_once_enough_replicas_have_it() -> None:
    bench = Bench(patience=5, replicas=2)
    bench.link.reached = [0, 1, 2]
    bench.link.gate.set()
    await bench.append(1)
    await bench.until_answered(1)
    assert bench.answers == [(1, Stored(0, 0, 0))]
    assert bench.link.pipelines == [[1], [1], [1]]
    bench = Bench(patience=0.05, replicas=2)
    bench.link.reached = [1] * 100
    bench.link.gate.set()
    await bench.append(2)
    await bench.until_answered(1)
    assert bench.answers == [(2, NotStored("away"))]


@pytest.mark.parametrize(
    ("raw", "meaning"),
    [
        ([b"ok", b"5", 7, b"9"], Stored(5, 7, 9)),
        ([b"ahead"], NotStored("ahead")),
        (OutOfMemoryError(), NotStored("full")),
        (ResponseError("BUSY"), NotStored("away")),
        *[(garbled, NotStored("away")) for garbled in (7, None, b"ok", [], [1, 2], [b"ok", b"x", 1, 2])],
    ],
)
def test_what_redis_answers_means_something_whatever_it_is(raw: object, meaning: Stored | NotStored) -> None:
    assert _parse(raw) == meaning
