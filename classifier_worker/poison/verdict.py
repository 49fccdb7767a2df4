"""The verdict on a chunk that may have ended a worker: it is tried in separate processes until the cause is clear.

A failure counts only if the process has shown that its models work, has begun the chunk, and then died, raised or hung
while this worker was running. A chunk that fails once with the session's own state and once with a fresh state is set
aside. If it succeeds with the fresh state and fails again with the session's own, the state was the cause: the session
continues with the fresh one. A random kill hits the worker, or the process while it loads: that proves nothing, and the
trial is repeated.
"""

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, cast

from classifier_worker.child_process import Answers, tell
from classifier_worker.poison.trial_process import Case, TrialResult

log = logging.getLogger(__name__)

COMMAND: Final = (sys.executable, "-m", "classifier_worker.poison.trial_process")
AT_ONCE: Final = 2
"""Processes per worker: each loads its own models."""
LOAD_SECONDS: Final = 120.0
"""Seconds within which the process must have its models ready."""
PAUSES: Final = (1.0, 2.0, 5.0, 15.0)
"""Seconds before another attempt, if a process did not get as far as the chunk; the last value repeats."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Whether the process failed after starting on the chunk."""

    how: str
    """Completes the sentence "the chunk …"."""


@dataclass(frozen=True, slots=True)
class NotTried:
    """The process did not get as far as the chunk: nothing is known about it."""

    why: str


Attempt = TrialResult | Failed | NotTried


class Trials:
    """Tries the suspected chunks of one worker's partitions."""

    def __init__(self, limit: float, command: Sequence[str] = COMMAND) -> None:
        """`limit`: seconds that a process may be busy with one chunk; `command`: starts the process, see
        trial_process.py."""
        self._limit = limit
        self._command = command
        self._places = asyncio.Semaphore(AT_ONCE)

    async def try_chunk(self, case: Case) -> TrialResult | Failed:
        """Decide on the chunk, as the function of the same name does."""
        return await try_chunk(case, self._attempt)

    async def _attempt(self, case: Case) -> Attempt:
        async with self._places:
            return await attempt_in_process(case, self._limit, self._command)


async def try_chunk(
    case: Case, attempt: Callable[[Case], Awaitable[Attempt]], pauses: Sequence[float] = PAUSES
) -> TrialResult | Failed:
    """Try the chunk in the session's state, then in a fresh one; return the result, or how it failed in both."""
    own = await _tried(case, attempt, pauses)
    if isinstance(own, TrialResult):
        return own
    afresh = await _tried(case.in_fresh_state(), attempt, pauses)
    if isinstance(afresh, Failed):
        return afresh
    again = await _tried(case, attempt, pauses)
    return again if isinstance(again, TrialResult) else afresh


async def _tried(
    case: Case, attempt: Callable[[Case], Awaitable[Attempt]], pauses: Sequence[float]
) -> TrialResult | Failed:
    """Return the first attempt that gets as far as the chunk."""
    idle = 0
    while isinstance(outcome := await attempt(case), NotTried):
        log.error("chunk %s could not be tested: %s", case.chunk.entry_id, outcome.why)
        await asyncio.sleep(pauses[min(idle, len(pauses) - 1)])
        idle += 1
    if isinstance(outcome, Failed):
        state = "a fresh state" if case.afresh else "its session's state"
        log.warning("chunk %s, tested in a separate process with %s: it %s", case.chunk.entry_id, state, outcome.how)
    return outcome


async def attempt_in_process(case: Case, limit: float, command: Sequence[str]) -> Attempt:
    """Run one trial, of at most `limit` seconds once the models are ready. Cancelling ends the process."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # signals to the worker's process group must not reach it
        )
    except OSError as error:
        return NotTried(f"no process could be started ({error})")
    try:
        answers = Answers(cast(asyncio.StreamReader, process.stdout))
        try:
            async with asyncio.timeout(LOAD_SECONDS):
                await tell(cast(asyncio.StreamWriter, process.stdin), case.to_dict())
                ready = await answers.next()
        except TimeoutError:
            return NotTried(f"its process was not ready within {LOAD_SECONDS:.0f} s")
        if ready is None:
            return NotTried(f"its process {await _end_of(process)} before it was ready")
        try:
            async with asyncio.timeout(limit):
                answer = await answers.next()
        except TimeoutError:
            return Failed(f"kept the models busy for more than {limit:.0f} s")
        if answer is None:
            return Failed(f"was being heard when its process {await _end_of(process)}")
        return _told(answer)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _told(answer: dict[str, Any]) -> TrialResult | Failed:
    """Return what the process reports about the chunk."""
    if "raised" in answer:
        return Failed(f"made the models raise {answer['raised']}")
    return TrialResult.from_dict(answer)


async def _end_of(process: asyncio.subprocess.Process) -> str:
    code = await process.wait()
    return f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
