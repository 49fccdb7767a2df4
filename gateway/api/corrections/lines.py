"""Correct the text of a line. The line itself stays; its correction is stored beside it, and no worker is notified."""

import time
import unicodedata
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field
from redis.asyncio import Redis

from gateway.api.corrections.stored import NO_REQUEST, LineCorrection, store, stored_corrections
from gateway.services import Services
from gateway.session.session_keys import Place

_LONGEST: Final = 2000
"""Most characters in a line."""

CORRECTED: Final = "The line is corrected. Exports have the new text, and the original beside it."
AS_BEFORE: Final = "The line reads as it was recognised again."

_BREAKING: Final = frozenset({"Cc", "Zl", "Zp"})
"""Unicode categories of control characters and line separators."""


def _line(text: str) -> str:
    text = text.strip()
    if not text:
        raise ValueError("Send the words that were said; an empty text corrects nothing")
    if len(text) > _LONGEST:
        raise ValueError(f"Send at most {_LONGEST} characters")
    if any(unicodedata.category(character) in _BREAKING for character in text):
        raise ValueError("Send one line without control characters, line breaks and tabs included")
    return text


LineText = Annotated[str, AfterValidator(_line), Field(json_schema_extra={"minLength": 1, "maxLength": _LONGEST})]
"""What was said, on one line, without space around it."""


class LineCorrected(LineCorrection):
    """The stored correction, and its outcome."""

    outcome: Literal["accepted"] = "accepted"
    detail: str = CORRECTED
    kept: Literal[False] = False


async def correct_line(
    services: Services, redis: Redis, place: Place, event_id: str, text: str, note: str | None
) -> LineCorrected:
    """Store the text in place of an earlier correction of the line."""
    earlier = [(data, one) for data, one in await stored_corrections(redis, place) if one.event_id == event_id]
    if earlier and isinstance(known := earlier[-1][1], LineCorrection) and (known.text, known.note) == (text, note):
        return LineCorrected(**known.model_dump())
    correction = LineCorrection(event_id=event_id, text=text, note=note, corrected_at=round(time.time(), 3))
    await store(services, place, correction, NO_REQUEST, [data for data, _ in earlier])
    return LineCorrected(**correction.model_dump())
