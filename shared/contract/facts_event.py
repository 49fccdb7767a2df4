"""FactsEvent: what was measured of a voice, for facts-only sessions."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class FactsEvent(BaseModel):
    """A change in what is measured: another speaker, or other flags than before.

    Holds for that voice until the next event. A consumer ignores fields that it does not know; new optional ones may be
    added at the end, but never one that is inferred.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    event_type: Literal["facts"] = "facts"
    session_id: str
    timestamp: Annotated[float, Field(ge=0.0)]
    """Seconds of session audio at the end of the measured window; never wall-clock."""
    speaker_id: str
    prosody_flags: list[str] = Field(default_factory=list)
    """What is unusual for this voice; empty: nothing."""
    pitch_hz: Annotated[float, Field(ge=0.0)] | None = None
    loudness_db: float | None = None
    text: str | None = None
    """The flags in plain words: "Louder and faster than usual". None until it is known what is usual for this voice."""
    seq: Annotated[int, Field(ge=1)] | None = None
    """Counts this session's facts events 1, 2, 3 …, so that a subscriber sees holes."""
    utterance_id: str | None = None
    """The utterance of the transcript event with the same id; absent in sessions without words."""

    def to_json(self) -> str:
        """Return the payload on `linnet:facts:{session_id}`, and what follows "data: " in an SSE block."""
        return self.model_dump_json(exclude_none=False, exclude=None if self.utterance_id else {"utterance_id"})

    @classmethod
    def from_json(cls, data: str | bytes) -> "FactsEvent":
        """Read the event written by `to_json`. Raises pydantic.ValidationError."""
        return cls.model_validate_json(data)
