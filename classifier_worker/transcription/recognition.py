"""One worker's utterances on their way through the recogniser: those that are over in turn, then those under way.

The recogniser is a process of its own. An utterance that ends it, or that keeps it busy for too long, is tried once
more in a fresh process and then abandoned; nothing else is lost.
"""

import asyncio
import logging
import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Protocol, cast

from classifier_worker.child_process import Answers, tell
from classifier_worker.fleet.load_meter import LoadMeter
from classifier_worker.speech.words.session_words import Awaited
from classifier_worker.speech.words.transcript import Transcript
from classifier_worker.speech.words.utterances import Utterance
from classifier_worker.transcription.recogniser_process import to_message, transcript_of
from shared.audio import PIPELINE_RATE
from shared.cancelling import cancel_all

log = logging.getLogger(__name__)

COMMAND: Final = (sys.executable, "-m", "classifier_worker.transcription.recogniser_process")
LOAD_SECONDS: Final = 120.0
"""Seconds within which the process must have its models ready."""
_TRIES: Final = 2
_MOST_REST: Final = 4
"""Times its own duration that the recogniser rests after a preview: at least a fifth of its time is theirs."""
_TICK: Final = 0.01
"""Seconds; a timer may be early by a clock's tick."""
_STARTS: Final = 3
_PAUSE: Final = 1.0
"""Pause in seconds after a process could not be started."""


class UntranscribableError(Exception):
    """The recogniser could not write down this utterance."""


class RecogniserMissingError(Exception):
    """The recogniser cannot be loaded; str() says why, for people."""


class Recognition(Protocol):
    """Writes down utterances. Their words depend on nothing but their own audio and the language."""

    backlog: float
    """Seconds of audio in waiting utterances that are over."""

    async def transcribe(self, awaited: Awaited, language: str) -> Transcript | None:
        """Return the words of an utterance that is over; None if there are none. Raises UntranscribableError."""

    async def preview(self, so_far: Utterance, language: str) -> Transcript | None:
        """Return the words so far of an utterance under way; None if there are none or the recogniser failed on it."""


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    utterance: Utterance
    language: str | None
    over: bool
    result: "asyncio.Future[Transcript | None]"

    @property
    def seconds(self) -> float:
        return len(self.utterance.audio) / PIPELINE_RATE


class RecogniserLostError(Exception):
    """The process ended, or hung."""


class ProcessRecognition:
    """Writes down utterances with one process, one at a time."""

    def __init__(self, size: str, limit: float, load: LoadMeter, command: Sequence[str] = COMMAND) -> None:
        """limit: seconds that the process may be busy with one utterance. command: starts the process, without the
        size."""
        self.backlog = 0.0
        self._command = (*command, size)
        self._limit = limit
        self._load = load
        self._process: asyncio.subprocess.Process | None = None
        self._answers: Answers | None = None
        self._waiting: list[_Job] = []
        self._arrived = asyncio.Event()
        self._previews_from = 0.0
        """Earliest time of the next preview; monotonic, s."""
        self._work: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Load the models. Raises RecogniserMissingError."""
        await self._open()
        self._work = asyncio.create_task(self._run())

    async def aclose(self) -> None:
        """End the process, whatever it is doing."""
        if self._work is not None:
            await cancel_all([self._work])
        await self._end()

    async def transcribe(self, awaited: Awaited, language: str) -> Transcript | None:
        return await self._take(_job(awaited.utterance, language, over=True))

    async def preview(self, so_far: Utterance, language: str) -> Transcript | None:
        return await self._take(_job(so_far, language, over=False))

    async def _take(self, job: _Job) -> Transcript | None:
        self._waiting.append(job)
        self._count()
        self._arrived.set()
        try:
            return await job.result
        finally:
            if job in self._waiting:
                self._waiting.remove(job)
                self._count()

    def _count(self) -> None:
        self.backlog = sum(job.seconds for job in self._waiting if job.over)

    async def _run(self) -> None:
        while True:
            await self._arrived.wait()
            job = self._next()
            if job is None:
                self._arrived.clear()
                continue
            began = time.monotonic()
            try:
                _settle(job, await self._transcribed(job))
            except UntranscribableError as error:
                _settle(job, error)
            except Exception as error:  # a garbled answer may raise anything, and no utterance may stop the others
                log.error("an answer of the recogniser could not be read (%s)", type(error).__name__)
                _settle(job, UntranscribableError())
            took = time.monotonic() - began
            if job.over:
                self._load.transcribed(took)
            else:
                self._rest(took * min(_MOST_REST, max(1, len(self._waiting))))

    def _rest(self, seconds: float) -> None:
        """Begin no preview for this long: previews may use half of the time, and less the more sessions want one."""
        self._previews_from = time.monotonic() + seconds
        asyncio.get_running_loop().call_later(seconds + _TICK, self._arrived.set)

    def _next(self) -> _Job | None:
        """Take the job whose turn it is: utterances that are over come first."""
        waiting = [job for job in self._waiting if not job.result.done()]
        job = next((job for job in waiting if job.over), None)
        if job is None and time.monotonic() >= self._previews_from:
            job = next(iter(waiting), None)
        if job is not None:
            self._waiting.remove(job)
            self._count()
        return job

    async def _transcribed(self, job: _Job) -> Transcript | None:
        for _ in range(_TRIES if job.over else 1):
            try:
                return await self._ask(job)
            except RecogniserLostError as error:
                log.error("the recogniser %s; starting it again", error)
                await self._open_again()
        if job.over:
            raise UntranscribableError
        return None

    async def _ask(self, job: _Job) -> Transcript | None:
        if self._process is None or self._answers is None:
            raise RecogniserLostError("is not running")
        try:
            async with asyncio.timeout(self._limit):
                message = to_message(job.utterance, job.language)
                await tell(cast(asyncio.StreamWriter, self._process.stdin), message)
                answer = await self._answers.next()
        except TimeoutError:
            raise RecogniserLostError(f"was busy with one utterance for more than {self._limit:.0f} s") from None
        if answer is None:
            raise RecogniserLostError("ended in the middle of an utterance")
        if "raised" in answer:
            log.error("the recogniser raised %s on an utterance", answer["raised"])
            raise UntranscribableError
        return transcript_of(answer)

    async def _open_again(self) -> None:
        """Start the process afresh. If that fails, the next utterance tries again: no utterance may wait forever."""
        await self._end()
        for _ in range(_STARTS):
            try:
                await self._open()
                return
            except RecogniserMissingError as error:
                log.error("%s", error)
                await asyncio.sleep(_PAUSE)

    async def _open(self) -> None:
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env=_without_settings(os.environ),
                start_new_session=True,  # signals to the worker's process group must not reach it
            )
        except OSError as error:
            raise RecogniserMissingError(f"The recogniser could not be started ({error}).") from error
        self._answers = Answers(cast(asyncio.StreamReader, self._process.stdout))
        ready: dict[str, Any] | None = None
        with suppress(TimeoutError):
            async with asyncio.timeout(LOAD_SECONDS):
                ready = await self._answers.next()
        if ready is None or "missing" in ready:
            await self._end()
            why = "The recogniser did not load its models." if ready is None else ready["missing"]
            raise RecogniserMissingError(why)

    async def _end(self) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
            self._process = self._answers = None


def _job(utterance: Utterance, language: str, *, over: bool) -> _Job:
    return _Job(utterance, language or None, over, asyncio.get_running_loop().create_future())


def _settle(job: _Job, found: Transcript | Exception | None) -> None:
    if job.result.done():  # nothing waits for it any more
        return
    if isinstance(found, Exception):
        job.result.set_exception(found)
    else:
        job.result.set_result(found)


def _without_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without settings, some of which are passwords."""
    return {name: value for name, value in environment.items() if not name.startswith("LINNET_")}
