"""GET /session/{id}/history: the most recent tone events, or facts events in a facts-only session."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from redis.asyncio import Redis
from starlette.responses import Response

from gateway.api.openapi import problems
from gateway.events.durable_stream import backwards
from gateway.services import ServicesDep
from gateway.session.reader import reader_of
from gateway.session.session_keys import Place
from shared.contract.facts_event import FactsEvent
from shared.contract.stored_event import StoredEvent
from shared.contract.tone_event import ToneEvent

router = APIRouter(tags=["events"])


class History(BaseModel):
    """The answer to GET …/history."""

    session_id: str
    count: int
    events: list[Annotated[ToneEvent | FactsEvent, Field(discriminator="event_type")]]
    ids: list[str]
    """ids[i] is the event id of events[i]."""


@router.get("/session/{session_id}/history", responses=problems(404) | {200: {"model": History}})
async def history(
    session_id: str,
    services: ServicesDep,
    min_confidence: Annotated[float, Query(ge=0.0, le=1.0)] = 0.0,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 50,
) -> Response:
    """Return the most recent `limit` tone events of at least `min_confidence`, oldest first, with their ids.

    In a facts-only session: its facts events, which have no confidence, so `min_confidence` excludes none.
    """
    reader, _ = await reader_of(services.links, session_id)
    redis = services.links.of(reader.place.partition)
    events = await _most_recent(redis, reader.place, min_confidence, limit)
    body = {
        "session_id": reader.shown_id,
        "count": len(events),
        "events": [orjson.Fragment(event.data) for event in events],
        "ids": [str(event.id) for event in events],
    }
    return Response(reader.told(orjson.dumps(body)), media_type="application/json")


async def _most_recent(redis: Redis, place: Place, min_confidence: float, limit: int) -> list[StoredEvent]:
    found: list[StoredEvent] = []
    async for page in backwards(redis, place):
        found += [event for event in page if _counts(event, min_confidence)]
        if len(found) >= limit:
            break
    return found[:limit][::-1]


def _counts(event: StoredEvent, min_confidence: float) -> bool:
    if event.kind != "tone-event":
        return event.kind == "facts-event"
    return min_confidence <= 0.0 or orjson.loads(event.data)["confidence"] >= min_confidence
