"""Stored events as CSV, one row each."""

import csv
import io
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, Final

import orjson

from gateway.corrections import Correction
from shared.stored_event import StoredEvent

COLUMNS: Final = (
    "id",
    "event",
    "timestamp",
    "label",
    "confidence",
    "affect",
    "subtext",
    "speaker_id",
    "shift_magnitude",
    "shift_direction",
    "prosody_flags",
    "arousal",
    "valence",
    "pitch_hz",
    "loudness_db",
    "seq",
    "detail",
    "corrected_affect",
    "correction_note",
)

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


async def csv_rows(
    pages: AsyncIterator[list[StoredEvent]], corrections: Mapping[str, Correction]
) -> AsyncIterator[bytes]:
    yield _lines([COLUMNS])
    async for page in pages:
        yield _lines([_row(event, corrections.get(str(event.id))) for event in page])


def _row(event: StoredEvent, correction: Correction | None) -> list[object]:
    data: dict[str, Any] = orjson.loads(event.data)
    known = {**data, "id": str(event.id), "event": event.kind}
    if event.kind == "audio-gap":
        known |= {"timestamp": data.get("to"), "detail": f"no audio from {data.get('from')} s to {data.get('to')} s"}
    elif event.kind == "session-ended":
        known["detail"] = data.get("reason")
    elif event.kind == "correction":
        known |= {"affect": None, "corrected_affect": data.get("affect")}
    if correction is not None:
        known |= {"corrected_affect": correction.affect, "correction_note": correction.note}
    return [_cell(known.get(column)) for column in COLUMNS]


def _cell(value: object) -> object:
    """Lists in one cell; text that a spreadsheet would run as a formula is quoted with an apostrophe."""
    if isinstance(value, list):
        return " ".join(map(str, value))
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return value


def _lines(rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
