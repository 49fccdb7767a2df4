"""The session record, and the session id, which grants access to the session."""

import secrets
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.audio import MAX_RATE, MIN_RATE, PIPELINE_RATE
from shared.contract.event_id import BEGINNING

SessionState = Literal["running", "stopped"]

_RANDOM_BYTES = 16
_ID_TAIL = _RANDOM_BYTES * 2


def new_session_id(partition: int) -> str:
    """Make an unguessable id, 128 random bits after the partition's number: "7-0c9f…"."""
    return f"{partition}-{secrets.token_hex(_RANDOM_BYTES)}"


def partition_of(session_id: str) -> int | None:
    """Return the partition that the id names, or None if it is not a session id."""
    partition, dash, tail = session_id.partition("-")
    if not (dash and len(tail) == _ID_TAIL and len(partition) <= 5 and partition.isascii() and partition.isdecimal()):
        return None
    return int(partition) if all(c in "0123456789abcdef" for c in tail) else None


class Session(BaseModel):
    """A session as its Redis hash holds it (`keys.session`)."""

    model_config = ConfigDict(hide_input_in_errors=True)

    state: SessionState = "running"
    elcor: bool = False
    facts: bool = False
    """Facts only: no tone is inferred."""
    words: bool = False
    """Whether the words are written down, too."""
    language: str = ""
    """Language of the words, ISO 639-1; "" for the likeliest of each utterance."""
    sample_rate: int = Field(default=PIPELINE_RATE, ge=MIN_RATE, le=MAX_RATE)
    started_at: float
    """Unix time, s."""
    began_ms: int = 0
    """The same time by Redis' clock, ms; 0 in records of earlier versions."""
    audio_ms: int | None = None
    """When its first audio socket opened, by Redis' clock, ms; None before."""
    ended_at: float | None = None
    """Unix time, s, once `session-ended` is stored."""
    pinned: bool = False
    received: int = 0
    """Samples acknowledged, at the session's rate: where the next frame goes."""
    classified: int = 0
    """Samples that the worker has committed, at 16 kHz."""
    socket: str = ""
    """Token of the audio socket that owns the session."""
    socket_end: int = 0
    """The latest position, in samples at the session's rate, at which that socket's next frame may begin."""
    sockets: int = 0
    """Number of audio sockets so far."""
    link: str | None = None
    """The key of its read-only link (`keys.link`), while there is one."""
    events_after: str = str(BEGINNING)
    """Stored events up to this id were cut off by the bound on the durable stream."""
    rewound: str | None = None
    """Two event ids, `from to`: Redis once lost the events between them, and may have others in their place."""

    @property
    def received_seconds(self) -> float:
        return self.received / self.sample_rate

    @property
    def lag_seconds(self) -> float:
        """Seconds of acknowledged audio that no worker has committed yet."""
        return max(0.0, self.received_seconds - self.classified / PIPELINE_RATE)

    def to_hash(self) -> dict[str, str]:
        """Return the fields for HSET; those that are None are left out."""
        values = self.model_dump(exclude_none=True)
        return {name: str(int(value) if isinstance(value, bool) else value) for name, value in values.items()}

    @classmethod
    def from_hash(cls, fields: Mapping[bytes, bytes]) -> "Session | None":
        """Parse HGETALL's answer; None if there is no record."""
        if not fields:
            return None
        return cls.model_validate({name.decode(): value.decode() for name, value in fields.items()})
