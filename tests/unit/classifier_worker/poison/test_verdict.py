"""A verdict needs processes that failed after starting on the chunk; other failures prove nothing."""

import random
import sys

import msgpack
import pytest

from classifier_worker.poison.trial_process import Case, TrialResult
from classifier_worker.poison.verdict import Attempt, Failed, NotTried, attempt_in_process, try_chunk
from shared.contract.pcm_stream import Chunk

CASE = Case(Chunk("5-0", "1-" + "a" * 32, 1600, b"\x01\x02" * 800), 16_000, elcor=False, checkpoint=bytes(300_000))
HEARD = TrialResult(b"after", [], "listening", ended=False)
AFRESH = TrialResult(b"afresh", [], "listening", ended=False, afresh=True)

READ = """
import sys, os, signal, time, msgpack
size = int.from_bytes(sys.stdin.buffer.read(4))
case = sys.stdin.buffer.read(size)
def say(message):
    sys.stdout.buffer.write(msgpack.packb(message))
    sys.stdout.flush()
"""
READY = READ + "say({'ready': True})\n"
KILL = "os.kill(os.getpid(), signal.SIGKILL)"


class Processes:
    """What one attempt after the other comes to."""

    def __init__(self, outcomes: list[Attempt]) -> None:
        self.outcomes = outcomes
        self.started = 0
        self.afresh: list[bool] = []
        """Of each attempt: whether the state was a fresh one."""

    async def attempt(self, case: Case) -> Attempt:
        self.started += 1
        self.afresh.append(case.afresh)
        return self.outcomes.pop(0)


async def test_a_chunk_that_is_heard_is_free_at_once() -> None:
    processes = Processes([HEARD])
    assert await try_chunk(CASE, processes.attempt) == HEARD


async def test_one_failure_alone_discards_neither_the_audio_nor_the_state() -> None:
    processes = Processes([Failed("x"), AFRESH, HEARD])
    assert await try_chunk(CASE, processes.attempt) == HEARD
    assert processes.afresh == [False, True, False]


async def test_what_fails_in_a_fresh_state_too_is_set_aside() -> None:
    processes = Processes([Failed("first"), Failed("second")])
    assert await try_chunk(CASE, processes.attempt) == Failed("second")
    assert processes.afresh == [False, True]


async def test_what_succeeds_in_a_fresh_state_clears_the_audio() -> None:
    processes = Processes([Failed("first"), NotTried("killed"), AFRESH, Failed("second")])
    assert await try_chunk(CASE, processes.attempt, pauses=[0.0]) == AFRESH
    assert processes.afresh == [False, True, True, False]


async def test_processes_that_never_reach_the_chunk_set_nothing_aside() -> None:
    for seed in range(200):
        draw = random.Random(seed)
        kills: list[Attempt] = [NotTried("killed")] * draw.randrange(20)
        processes = Processes([*kills, HEARD])
        assert await try_chunk(CASE, processes.attempt, pauses=[0.0]) == HEARD
        assert processes.started == len(kills) + 1


@pytest.mark.parametrize(
    ("program", "outcome"),
    [
        (
            READY + KILL,
            Failed("was being heard when its process was killed by signal 9"),
        ),
        (READY + "sys.exit(3)", Failed("was being heard when its process ended with code 3")),
        (READY + "say({'raised': 'ValueError'})", Failed("made the models raise ValueError")),
        (READY + "time.sleep(60)", Failed("kept the models busy for more than 0 s")),
        (READ + "sys.exit(1)", NotTried("its process ended with code 1 before it was ready")),
        (
            READ + KILL,
            NotTried("its process was killed by signal 9 before it was ready"),
        ),
        (READY + f"say({HEARD.to_dict()!r})", HEARD),
    ],
)
async def test_what_becomes_of_a_process(program: str, outcome: Attempt) -> None:
    limit = 0.3 if "sleep" in program else 30
    assert await attempt_in_process(CASE, limit, [sys.executable, "-c", program]) == outcome


async def test_a_command_that_is_not_there_is_no_trial() -> None:
    assert isinstance(await attempt_in_process(CASE, 1, ["/nowhere/at/all"]), NotTried)


def test_cases_and_outcomes_travel_whole() -> None:
    assert Case.from_dict(msgpack.unpackb(msgpack.packb(CASE.to_dict()))) == CASE
    assert TrialResult.from_dict(msgpack.unpackb(msgpack.packb(HEARD.to_dict()))) == HEARD
