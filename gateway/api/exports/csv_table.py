"""Stored events as CSV, one row each."""

import csv
import io
import re
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, Final

import orjson

from gateway.api.corrections.stored import Correction, Corrections, LineCorrection
from shared.contract.stored_event import StoredEvent
from shared.contract.tone_event import ToneEvent
from shared.contract.transcript_event import DOUBTFUL_WORD

_SAID_ELSEWHERE: Final = {"event_type", "session_id", "wording", "utterance_id"}
"""Fields without a column: `event` already has the type, and label and subtext the wording in words; the session's id
would let readers of the file speak and erase; only sessions with words have utterances."""
COLUMNS: Final = (
    "id",
    "event",
    *(name for name in ToneEvent.model_fields if name not in _SAID_ELSEWHERE),
    "detail",
    "corrected_affect",
    "correction_note",
)

FACTS_COLUMNS: Final = (
    "id",
    "event",
    "timestamp",
    "speaker_id",
    "prosody_flags",
    "pitch_hz",
    "loudness_db",
    "seq",
    "detail",
)
"""Columns of a facts-only session, in which nothing is inferred and so nothing corrected."""

_LINE_COLUMNS: Final = ("utterance_id", "start", "end", "text", "doubtful_words", "language")
WORDS_COLUMNS: Final = (*COLUMNS, *_LINE_COLUMNS, "words_tone", "mismatch", "corrected_text")
"""Columns of a session with words."""
FACTS_AND_WORDS_COLUMNS: Final = (*FACTS_COLUMNS, *_LINE_COLUMNS, "corrected_text", "correction_note")

_COLUMNS: Final[dict[tuple[bool, bool], tuple[str, ...]]] = {
    (False, False): COLUMNS,
    (True, False): FACTS_COLUMNS,
    (False, True): WORDS_COLUMNS,
    (True, True): FACTS_AND_WORDS_COLUMNS,
}
"""Facts only, with words → columns."""

_BYTE_ORDER_MARK: Final = "\ufeff".encode()
"""Without it, Excel reads UTF-8 as the system's old code page."""
_UNSEEN: Final = r"[\s\x00-\x1f\u200b-\u200f\u202a-\u202e\u2060\ufeff]*"
_FORMULA: Final = "[=+\\-@\uff1d\uff0b\uff0d\uff20]"
"""Characters that begin a formula, full-width forms included."""
_RUNS: Final = re.compile(rf"^(?=[\t\r\n]|{_UNSEEN}{_FORMULA})|(?<=[;\t\r\n])(?={_UNSEEN}{_FORMULA})")
"""Where a formula could begin: at the start, or after what some spreadsheets take for the end of a cell."""


async def csv_rows(
    pages: AsyncIterator[list[StoredEvent]], corrections: Corrections, *, facts: bool = False, words: bool = False
) -> AsyncIterator[bytes]:
    columns = _COLUMNS[facts, words]
    yield _BYTE_ORDER_MARK + _lines([columns])
    async for page in pages:
        yield _lines([_row(event, corrections.get(str(event.id)), columns) for event in page])


def _row(event: StoredEvent, correction: Correction | LineCorrection | None, columns: Sequence[str]) -> list[object]:
    data: dict[str, Any] = orjson.loads(event.data)
    known = {**data, "id": str(event.id), "event": event.kind}
    if event.kind == "audio-gap":
        known |= {"timestamp": data.get("to"), "detail": f"no audio from {data.get('from')} s to {data.get('to')} s"}
    elif event.kind == "facts-event":
        known |= {"detail": data.get("text"), "text": None}
    elif event.kind == "transcript-event":
        known |= {"doubtful_words": _doubtful(data), "mismatch": (data.get("mismatch") or {}).get("sentence")}
    elif event.kind == "session-ended":
        known["detail"] = data.get("reason")
    elif event.kind == "correction":
        known |= {"affect": None, "corrected_affect": data.get("affect")}
    if isinstance(correction, LineCorrection):
        known |= {"corrected_text": correction.text, "correction_note": correction.note}
    elif correction is not None:
        known |= {"corrected_affect": correction.affect, "correction_note": correction.note}
    return [_cell(known.get(column)) for column in columns]


def _doubtful(data: dict[str, Any]) -> list[str]:
    return [word["text"].strip() for word in data["words"] if word["probability"] < DOUBTFUL_WORD]


def _cell(value: object) -> object:
    """Write lists and objects as one cell; put an apostrophe before text that a spreadsheet would run as a formula."""
    if isinstance(value, dict):
        return orjson.dumps(value).decode()
    if isinstance(value, list):
        value = " ".join(map(str, value))
    return _RUNS.sub("'", value) if isinstance(value, str) else value


def _lines(rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
