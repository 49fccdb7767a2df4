"""GET /session/{id}/export: a whole session as a file."""

import time
from collections.abc import AsyncIterator
from typing import Any, Final, Literal

import orjson
from fastapi import APIRouter
from starlette.responses import StreamingResponse

from gateway.api.corrections.stored import Corrections, newest_corrections
from gateway.api.exports import captions, csv_table, markdown
from gateway.api.openapi import problems
from gateway.api.sessions import SharedView, view_of
from gateway.events.durable_stream import forwards
from gateway.services import ServicesDep
from gateway.session.reader import Reader, reader_of
from shared.contract.stored_event import StoredEvent

Format = Literal["json", "csv", "jsonl", "vtt", "srt", "md"]

_MEDIA_TYPES: dict[Format, str] = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "vtt": "text/vtt; charset=utf-8",
    "srt": "application/x-subrip; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
}

Pages = AsyncIterator[list[StoredEvent]]

router = APIRouter(tags=["events"])


_DOCUMENTED: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The file.",
        "content": {media.split(";")[0]: {"schema": {"type": "string"}} for media in _MEDIA_TYPES.values()}
        | {"application/json": {"schema": {"type": "object"}}},
    },
    **problems(404),
}


@router.get("/session/{session_id}/export", response_class=StreamingResponse, responses=_DOCUMENTED)
async def export(
    session_id: str,
    services: ServicesDep,
    format: Format = "json",  # noqa: A002
    pseudonym: bool = False,
) -> StreamingResponse:
    """Export every stored event with its id and its correction.

    A session's id lets its holder speak, pin and erase. With `pseudonym` the file contains none, and can be passed on.
    """
    reader, record = await reader_of(services.links, session_id)
    if pseudonym:
        reader = reader.under_pseudonym(record)
    redis = services.links.of(reader.place.partition)
    session = view_of(reader, record)
    corrections = await newest_corrections(redis, reader.place)
    pages = forwards(redis, reader.place)
    cues = captions.cues_with_words if session.words else captions.cues
    match format:
        case "json":
            body = _json(session, pages, corrections)
        case "jsonl":
            body = _json_lines(pages, corrections)
        case "csv":
            body = csv_table.csv_rows(pages, corrections, facts=session.facts, words=session.words)
        case "vtt":
            body = captions.web_vtt(cues(pages, corrections, services.settings.window_seconds))
        case "srt":
            body = captions.sub_rip(cues(pages, corrections, services.settings.window_seconds))
        case "md":
            body = markdown.markdown(session, pages, corrections)
    attachment = f'attachment; filename="linnet-session-{reader.shown_id}.{format}"'
    headers = {"Content-Disposition": attachment, "Cache-Control": "no-store"}
    return StreamingResponse(_told(reader, body), headers=headers, media_type=_MEDIA_TYPES[format])


async def _told(reader: Reader, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Replace ids, part by part: each part holds whole events, so no id is split between two."""
    async for part in body:
        yield reader.told(part)


def _entry(event: StoredEvent, corrections: Corrections) -> bytes:
    entry: dict[str, object] = {"id": str(event.id), "event": event.kind, "data": orjson.Fragment(event.data)}
    correction = corrections.get(str(event.id))
    if correction is not None:
        entry["correction"] = correction.model_dump()
    return orjson.dumps(entry)


async def _json(session: SharedView, pages: Pages, corrections: Corrections) -> AsyncIterator[bytes]:
    """Write one object: the session's fields, the time of the export, then the events, one per line.

    The link is left out: a file may reach people who should not have it.
    """
    head = orjson.dumps(session.model_dump(exclude={"link_id"}) | {"exported_at": round(time.time(), 3)})
    yield head[:-1] + b',"events":['
    separator = b"\n"
    async for page in pages:
        yield separator + b",\n".join(_entry(event, corrections) for event in page)
        separator = b",\n"
    yield b"\n]}\n"


async def _json_lines(pages: Pages, corrections: Corrections) -> AsyncIterator[bytes]:
    async for page in pages:
        yield b"".join(_entry(event, corrections) + b"\n" for event in page)
