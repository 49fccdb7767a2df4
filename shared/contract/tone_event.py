"""ToneEvent, the contract of Linnet. Field names are locked: never renamed, removed or retyped."""

from typing import Annotated, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

Affect = Literal[
    "neutral",
    "calm",
    "warm",
    "sad",
    "anxious",
    "frustrated",
    "surprised",
    "dismissive",
    "urgent",
    "confused",
    "apologetic",
    "genuine",
]
AFFECTS: Final[tuple[Affect, ...]] = get_args(Affect)

EVEN: Final[frozenset[Affect]] = frozenset({"neutral", "calm"})
"""Affects that claim nothing about a person."""

ShiftDirection = Literal["stable", "escalating", "de-escalating"]

Manner = Literal["quiet", "plain", "strong", "unpleasant", "pleasant"]
Sureness = Literal["sure", "likely", "open"]

Unit = Annotated[float, Field(ge=0.0, le=1.0)]
Signed = Annotated[float, Field(ge=-1.0, le=1.0)]


class Wording(BaseModel):
    """The keys with which `label` and `subtext` are made from `affect`, in any language."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    manner: Manner
    """Which of the affect's words the label uses. Quiet and strong: less and more activated than usual for this
    affect."""
    second: Affect | None = None
    """The likeliest other affect, from a probability of 0.2."""
    mixed: bool = False
    """The label names the second affect, too."""
    uneven: bool = False
    """Whether no word may call the voice even, because something else was measured."""
    sureness: Sureness
    """Sounds, probably sounds, might sound."""
    measured: list[str] = Field(default_factory=list)
    """The prosody flags that the sentence names, in its order."""
    delivery: Manner | None = None
    """Which of the affect's deliveries precedes the sentence in the Elcor style; None in the plain style."""


class ToneEvent(BaseModel):
    """The tone in which a window of speech was spoken.

    A consumer ignores fields that it does not know; new optional ones may be added at the end.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    event_type: Literal["tone"] = "tone"
    session_id: str
    timestamp: Annotated[float, Field(ge=0.0)]
    """Seconds of session audio at the end of the classified window; never wall-clock."""
    label: str
    """What a person reads: "Warmly impatient"."""
    confidence: Unit
    """Calibrated probability of `affect`."""
    affect: Affect
    subtext: str | None = None
    speaker_id: str
    shift_magnitude: Unit
    """How far from this speaker's own recent tone."""
    shift_direction: ShiftDirection
    prosody_flags: list[str] = Field(default_factory=list)
    """Measured facts about the voice, apart from any inference."""

    scores: dict[Affect, Unit] | None = None
    arousal: Signed | None = None
    valence: Signed | None = None
    pitch_hz: Annotated[float, Field(ge=0.0)] | None = None
    loudness_db: float | None = None
    seq: Annotated[int, Field(ge=1)] | None = None
    """Counts this session's tone events 1, 2, 3 …, so that a subscriber sees holes."""
    wording: Wording | None = None
    """The keys that label and subtext were made from; None in events of releases before it."""
    utterance_id: str | None = None
    """The utterance of the transcript event with the same id; absent in sessions without words."""

    def to_json(self) -> str:
        """Return the payload on `linnet:tone:{session_id}`, and what follows "data: " in an SSE block."""
        return self.model_dump_json(exclude_none=False, exclude=None if self.utterance_id else {"utterance_id"})

    @classmethod
    def from_json(cls, data: str | bytes) -> "ToneEvent":
        """Read the event written by `to_json`. Raises pydantic.ValidationError."""
        return cls.model_validate_json(data)
