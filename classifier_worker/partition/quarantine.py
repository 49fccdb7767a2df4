"""Quarantine a partition's chunks that may have crashed a worker.

Try them in a process of their own, then clear them or set them aside.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from redis.asyncio import Redis

from classifier_worker.fleet.lease import Lease
from classifier_worker.partition.session_slot import HeldSession, Trial
from classifier_worker.pipeline.inference import Inference
from classifier_worker.pipeline.service_events import seconds_of
from classifier_worker.poison.suspects import Note, Suspects, inherited, write_note
from classifier_worker.poison.trial_process import TrialResult
from classifier_worker.poison.verdict import Failed, Trials
from shared.contract.pcm_stream import Chunk

log = logging.getLogger(__name__)


class Concluded(NamedTuple):
    """A finished trial."""

    session: HeldSession
    chunk: Chunk
    result: TrialResult | Failed


class Quarantine:
    """The suspects of one lease. They are written to Redis before each step, for the next holder."""

    def __init__(self, redis: Redis, lease: Lease, inference: Inference, trials: Trials) -> None:
        self._redis = redis
        self._lease = lease
        self._inference = inference
        self._trials = trials
        self._suspects: Suspects = inherited(lease.inherited)

    def __len__(self) -> int:
        """Return the number of suspected chunks."""
        return len(self._suspects.tries)

    def alone(self, chunk: Chunk) -> bool:
        """Return whether the chunk must be processed in a step of its own."""
        return self._suspects.alone(chunk)

    def needs_trial(self, chunk: Chunk) -> bool:
        """Return whether this worker must not process the chunk itself."""
        return self._suspects.needs_trial(chunk.entry_id)

    def try_alone(self, chunk: Chunk) -> None:
        """Note that the chunk is about to be processed alone."""
        self._suspects = self._suspects.try_alone(chunk.entry_id)

    async def note(self, chunks: Iterable[Chunk]) -> None:
        """Write down what is about to be processed. Raises LeaseLostError."""
        await write_note(self._redis, self._lease, Note([chunk.entry_id for chunk in chunks], self._suspects))

    def suspect(self, chunks: Iterable[Chunk]) -> None:
        """Suspect the chunks of a step that failed."""
        self._suspects = self._suspects.with_added([chunk.entry_id for chunk in chunks])

    def clear(self, chunks: Iterable[Chunk]) -> None:
        """Clear chunks that were processed without harm, or that are set aside."""
        self._suspects = self._suspects.without([chunk.entry_id for chunk in chunks])

    def since(self, cursor: str) -> None:
        """Forget chunks before the cursor: they are never processed again."""
        self._suspects = self._suspects.since(cursor)

    def begin_trial(self, session: HeldSession, chunk: Chunk) -> None:
        """Try the chunk in another process. The session waits for the result."""
        session.takes(chunk)
        case = session.case(chunk, self._inference.backend, self._inference.longest_pause_ms)
        session.trial = Trial(chunk, asyncio.create_task(self._trials.try_chunk(case)))

    def concluded(self, sessions: Iterable[HeldSession]) -> list[Concluded]:
        """Return the trials that have ended; their sessions stop waiting."""
        found = []
        for session in sessions:
            if session.trial is not None and session.trial.verdict.done():
                found.append(Concluded(session, session.trial.chunk, session.trial.verdict.result()))
                session.trial = None
        return found

    def adopt(self, session: HeldSession, chunk: Chunk, result: TrialResult) -> None:
        """Continue the session from the other process's result."""
        if result.afresh:
            log.error("session %s…: its state caused the failure, not its audio", session.session_id[:8])
        self.clear([chunk])
        session.adopt(result, self._inference.backend)

    def set_aside(self, session: HeldSession, chunk: Chunk, why: str) -> None:
        """Continue the session as if the chunk had never arrived. why: completes the sentence "it …"."""
        self.clear([chunk])
        seconds, short = seconds_of(chunk, session.record.sample_rate), chunk.session_id[:8]
        log.error("setting aside chunk %s (%.2f s) of session %s…: it %s", chunk.entry_id, seconds, short, why)
        session.set_aside(chunk)


def cancel_trials(sessions: Sequence[HeldSession]) -> list["asyncio.Task[TrialResult | Failed]"]:
    """Cancel running trials; return their tasks, to be awaited."""
    tasks = [session.trial.verdict for session in sessions if session.trial is not None]
    for task in tasks:
        task.cancel()
    return tasks
