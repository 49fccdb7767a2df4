"""A worker's state of one session: what it has processed, what is waiting, and what it must commit."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Final

from classifier_worker.partition.commit import Progress
from classifier_worker.partition.live_status import Status
from classifier_worker.partition.session_queue import SessionQueue
from classifier_worker.pipeline.checkpoint import freeze, open_hearing
from classifier_worker.pipeline.hearing import Hearing
from classifier_worker.pipeline.session_pipeline import Outcome
from classifier_worker.poison.trial_process import Case, TrialResult
from classifier_worker.poison.verdict import Failed
from classifier_worker.speech.backend import Backend
from shared.audio import PIPELINE_RATE
from shared.contract.entry_id import FIRST, order
from shared.contract.pcm_stream import Chunk
from shared.contract.session import Session
from shared.contract.stored_event import StoredEvent

CHECKPOINT_SAMPLES: Final = PIPELINE_RATE
"""A session without events is committed after each second of audio, the most that is repeated after a crash."""
STALL_SECONDS: Final = 10.0
"""A session that fell silent this long ago, or that needs a chunk this much older than the newest, gets a checkpoint
with its audio, so that no chunk is kept for it. Half of LINNET_AUDIO_TTL if that is shorter."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A chunk that another process tries. Its session waits; the others continue."""

    chunk: Chunk
    verdict: "asyncio.Task[TrialResult | Failed]"


@dataclass(slots=True)
class HeldSession:
    """A session in memory. Everything in it can be rebuilt from Redis."""

    hearing: Hearing
    record: Session
    queue: SessionQueue
    """Chunks that wait for their turn."""
    needed: str | None
    """Oldest chunk that a replay from the committed checkpoint needs."""
    heard_at: float = field(default_factory=time.monotonic)
    """Monotonic time of the last turn, s."""
    freed_at: float = field(default_factory=time.monotonic)
    """Monotonic time of the last checkpoint that needed no chunk, s."""
    committed: int = 0
    """16 kHz samples in the committed checkpoint."""
    rested: bool = False
    """Whether its audio was dropped after a long pause, which is not committed yet."""
    pending: list[StoredEvent] = field(default_factory=list)
    ended: bool = False
    deaf: bool = False
    """Whether the session cannot be processed and only awaits its end."""
    catching_up: bool = True
    """Whether the session has been behind ever since this lease began, because of what an earlier holder left."""
    trial: Trial | None = None
    gone: list[str] = field(default_factory=list)
    """Entry ids of chunks set aside, which the next commit removes."""
    lag: float = 0.0
    """Seconds of acknowledged audio not processed yet, as of the last commit."""
    status: Status = field(default_factory=Status)

    @property
    def session_id(self) -> str:
        return self.hearing.session_id

    @property
    def oldest(self) -> str | None:
        """Return the entry id from which the stream must be kept for this session."""
        on_trial = None if self.trial is None else self.trial.chunk.entry_id
        ids = [entry_id for entry_id in (self.needed, on_trial, self.queue.oldest) if entry_id is not None]
        return min(ids, key=order, default=None)

    @property
    def due(self) -> bool:
        """Return whether there is something to commit, and it is complete."""
        if not self.hearing.whole:
            return False
        grown = self.hearing.position - self.committed >= CHECKPOINT_SAMPLES
        return bool(self.pending) or self.ended or grown or self.rested

    def stalled(self, read: str, after: float) -> bool:
        """Return whether chunks have been kept for it too long: it has sent nothing for `after` s, or needs chunks
        that much older than those waiting. `read`: the last chunk read.

        The second case occurs when a client sends very slowly. A checkpoint is then written at most every `after` s.
        """
        waits, included = self.queue.oldest, order(self.hearing.included or FIRST)
        if self.needed is None or self.trial is not None or self.hearing.awaited:
            return False
        if order(read) < included or (waits is not None and order(waits) <= included):
            return False  # its audio is still being restored after a takeover
        now = time.monotonic()
        if waits is None and now - self.heard_at > after:
            return True
        held_ms = order(waits or read)[0] - order(self.needed)[0]
        return held_ms > after * 1000 and now - self.freed_at > after

    def takes(self, chunk: Chunk) -> None:
        """Mark this as the oldest chunk that a replay needs, unless an older one already is."""
        if self.needed is None:
            self.needed = chunk.entry_id

    def rest(self, outcome: Outcome) -> None:
        """Add the events of an utterance that a long pause has closed."""
        self.pending += outcome.events
        self.rested = True

    def heard(self, outcome: Outcome | TrialResult) -> None:
        """Apply the outcome of a turn."""
        self.heard_at = time.monotonic()
        self.pending += outcome.events
        self.ended = outcome.ended

    def case(self, chunk: Chunk, backend: Backend, longest_pause_ms: int) -> Case:
        """Return what another process needs to try the chunk."""
        checkpoint = freeze(self.hearing, backend, alone=True)
        record = self.record
        hearing = self.hearing
        return Case(
            chunk, record.sample_rate, record.elcor, checkpoint, longest_pause_ms, record.facts, words=hearing.words
        )

    def adopt(self, heard: TrialResult, backend: Backend) -> None:
        """Continue from the state in which the other process left the session."""
        self.hearing = open_hearing(self.session_id, self.record, heard.checkpoint, backend)
        self.heard(heard)
        self.pending += self.hearing.tell()

    def set_aside(self, chunk: Chunk) -> None:
        """Continue as if the chunk had never arrived."""
        self.heard_at = time.monotonic()
        self.pending += self.hearing.set_aside(chunk)
        self.gone.append(chunk.entry_id)
        self.ended = chunk.end is not None and not self.hearing.awaited

    def end_unheard(self, reason: str) -> None:
        """End a session that cannot be processed."""
        self.pending.append(self.hearing.end(reason))
        self.ended = True

    def take_progress(self, backend: Backend, *, alone: bool) -> Progress:
        """Return what to commit now, with its audio if `alone`; it counts as committed from here on."""
        hearing = self.hearing
        checkpoint = b"" if self.ended else freeze(hearing, backend, alone=alone)
        progress = Progress(self.session_id, hearing.position, checkpoint, self.pending, self.ended, self.gone)
        # With a chunk on the stream the next holder of the lease finds the session, and the words that it awaits.
        self.needed = hearing.needed or (hearing.included if hearing.awaited else None)
        self.committed = hearing.position
        if self.needed is None:
            self.freed_at = time.monotonic()
        self.pending, self.gone, self.rested = [], [], False
        return progress
