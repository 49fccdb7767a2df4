"""A person's corrections on the PCM stream, in order with the audio, and their outcomes.

Gateways put a request on the stream; the worker that processes the session answers with a stored `correction` event.
"""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from shared.contract.tone_event import Affect

MOST_KEPT: Final = 40
"""Corrections of earlier sessions with which a session may begin."""
LONGEST_REQUEST: Final = 40_000
"""Characters of one request's JSON."""

Probability = Annotated[float, Field(ge=0.0, le=1.0)]
Scores = Annotated[dict[Affect, Probability], Field(min_length=1)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class Example(_Frozen):
    """The lesson of one correction, without its subject or its author."""

    affect: Affect
    """The right affect."""
    scores: Scores
    """The scores reported instead."""


class Correct(Example):
    """The reading `event_id` was `affect`."""

    kind: Literal["correct"] = "correct"
    event_id: str = Field(max_length=40)
    speaker_id: str = Field(max_length=40)


class TakeBack(_Frozen):
    """Undo the correction of `event_id`."""

    kind: Literal["take-back"] = "take-back"
    event_id: str = Field(max_length=40)


class BeginWith(_Frozen):
    """The session begins with corrections kept from earlier ones."""

    kind: Literal["begin-with"] = "begin-with"
    examples: Annotated[tuple[Example, ...], Field(max_length=MOST_KEPT)]


Request = Correct | TakeBack | BeginWith
_REQUEST: Final[TypeAdapter[Request]] = TypeAdapter(Annotated[Request, Field(discriminator="kind")])

Outcome = Literal["accepted", "refused", "not_said", "taken_back", "not_counted"]
"""The correction applies from here on; it would make held-out clips worse; the model never reports that affect; it no
longer applies; there was nothing to undo."""


class Verdict(_Frozen):
    """Data of the stored event `correction`."""

    event_id: str | None
    """None: a correction that the session began with."""
    affect: Affect | None
    speaker_id: str | None
    outcome: Outcome
    detail: str
    """One sentence."""
    timestamp: float
    """The position in the session's audio, in seconds, from which it applies."""


def parse_request(text: str | bytes) -> Request:
    """Parse what `Request.model_dump_json` wrote. Raises ValueError for anything else."""
    try:
        return _REQUEST.validate_json(text)
    except ValidationError:
        raise ValueError("not a correction") from None


def parse_verdict(data: str | bytes) -> Verdict:
    """Parse the data of a stored event. Raises ValueError for anything else."""
    return Verdict.model_validate_json(data)
