"""Start, inspect and end a session."""

import asyncio
import math
import random
import time
from itertools import islice
from typing import Annotated, Final, Literal

import orjson
from fastapi import APIRouter, Body, Depends
from pydantic import BaseModel, ConfigDict, Field
from redis.asyncio import Redis

from gateway.api import admission
from gateway.api.openapi import problems
from gateway.api.start_words import Language, start_words
from gateway.api.voice_profile import HEADER, profile_of
from gateway.services import Services, ServicesDep
from gateway.session.presence import USE_PARTITIONS
from gateway.session.reader import Reader, reader_of
from gateway.session.session_keys import Place, place_of, unknown_session
from shared import keys
from shared.audio import MAX_RATE, MIN_RATE, PIPELINE_RATE
from shared.contract.correction import BeginWith
from shared.contract.pcm_stream import END
from shared.contract.session import Session, SessionState, new_session_id
from shared.store.links import AWAY, Links
from shared.store.lua import Argument, Script
from shared.store.replication import run_replicated

START = Script(__file__, "start")

_MOST_WARNINGS: Final = 20
_LONGEST_NAME: Final = 100

router = APIRouter(tags=["sessions"])


class StartRequest(BaseModel):
    """The options of a new session. Other fields are ignored with a warning: clients may be newer or older."""

    model_config = ConfigDict(extra="allow")

    elcor: bool = False
    """Subtext begins with a bracketed delivery: "[Wearily]"."""
    facts: bool = False
    """Facts only: no tone is inferred."""
    sample_rate: Annotated[int, Field(ge=MIN_RATE, le=MAX_RATE)] = PIPELINE_RATE
    """Hz of the PCM that will be sent."""
    words: bool | None = None
    """Whether what is said is written down, too. Null: if the server does so."""
    language: Language | None = None
    """Of the words: a two-letter code (ISO 639-1). Null or "": the likeliest of each utterance."""


class Started(BaseModel):
    session_id: str
    state: SessionState
    elcor: bool
    facts: bool
    """Whether the session is facts-only; always true on a server that infers no tone."""
    words: bool
    """Whether what is said is written down, too; always false on a server that writes down no words."""
    language: str
    """Of the words, ISO 639-1; "": the likeliest of each utterance."""


class StartAnswer(Started):
    """A session that has just been started."""

    warnings: list[str] = Field(default_factory=list)
    """Sentences about what was asked for and ignored: unknown fields, words that the server cannot write down. Absent
    if there are none."""


class SharedView(Started):
    """A session as seen through its read-only link."""

    started_at: float
    """Unix time, s."""
    ended_at: float | None
    audio_seconds: float
    """Acknowledged audio; multiplied by sample_rate, the offset at which audio continues."""
    lag_seconds: float
    """Acknowledged audio that is not classified yet."""

    @classmethod
    def of(cls, shown_id: str, session: Session) -> "SharedView":
        return cls(
            session_id=shown_id,
            state=session.state,
            elcor=session.elcor,
            facts=session.facts,
            words=session.words,
            language=session.language,
            started_at=session.started_at,
            ended_at=session.ended_at,
            audio_seconds=round(session.received_seconds, 6),
            lag_seconds=0.0 if session.ended_at else round(session.lag_seconds, 3),
        )


class SessionView(SharedView):
    """A session as seen with its own id."""

    sample_rate: int
    pinned: bool
    link_id: str | None
    """Its read-only link, while there is one."""

    @classmethod
    def of(cls, shown_id: str, session: Session) -> "SessionView":
        return cls(
            **SharedView.of(shown_id, session).model_dump(),
            sample_rate=session.sample_rate,
            pinned=session.pinned,
            link_id=keys.id_of_link(session.link) if session.link else None,
        )


def view_of(reader: Reader, session: Session) -> SessionView | SharedView:
    """Return what this reader may see of the session."""
    return (SessionView if reader.link_id is None else SharedView).of(reader.shown_id, session)


class Stopped(BaseModel):
    session_id: str
    state: Literal["stopped"] = "stopped"


@router.post(
    "/session/start",
    dependencies=[Depends(admission.admitted)],
    response_model_exclude_defaults=True,
    **admission.DOCUMENTED,
)
async def start(
    services: ServicesDep, wish: Annotated[StartRequest | None, Body()] = None, token: HEADER = None
) -> StartAnswer:
    """Start a session. Its id grants access: anyone who has it may speak, listen and erase."""
    wish, profile = wish or StartRequest(), profile_of(services, token)
    services.store_watch.admit()
    await services.fleet_gate.admit()
    wish.facts |= services.settings.facts_only
    examples = () if profile is None or wish.facts else await profile.examples()
    begin_with = BeginWith(examples=examples).model_dump_json() if examples else ""
    links, candidates = services.links, list(range(services.settings.partitions))
    while True:
        partition = await _quieter_partition(links, candidates)
        try:
            return await _start(services, wish, partition, begin_with)
        except AWAY:
            away = _server(links, partition)
            candidates = [one for one in candidates if one != partition and _server(links, one) is not away]
            if not candidates:
                raise


async def _start(services: Services, wish: StartRequest, partition: int, begin_with: str) -> StartAnswer:
    settings = services.settings
    place = Place(partition, new_session_id(partition))
    words, language, warnings = start_words(wish.words, wish.language, settings.words)
    session = Session(
        elcor=wish.elcor,
        facts=wish.facts,
        words=words,
        language=language,
        sample_rate=wish.sample_rate,
        started_at=time.time(),
    )
    message = orjson.dumps({"type": "started", "session_id": place.session_id, "at": session.started_at})
    fields = [text for field in session.to_hash().items() for text in field]
    limits: list[Argument] = [settings.idle_ttl, settings.running_expiry]
    args = [place.session_id, *limits, keys.SESSIONS_CHANNEL, message, begin_with, *fields]
    # These may be two servers of a cluster; a listed partition without a session is harmless, the reverse is not.
    await USE_PARTITIONS.run(services.links.general, [keys.PARTITIONS], [partition])
    redis = services.links.of(partition)
    await run_replicated(START, redis, [place.record, place.presence, place.pcm], args, settings)
    services.metrics.sessions_started.inc()
    warnings += [_ignored(name) for name in islice(wish.model_extra or {}, _MOST_WARNINGS)]
    return StartAnswer(
        session_id=place.session_id,
        state=session.state,
        elcor=session.elcor,
        facts=session.facts,
        words=session.words,
        language=session.language,
        warnings=warnings,
    )


def _ignored(name: str) -> str:
    known = ", ".join(StartRequest.model_fields)
    return f"{name[:_LONGEST_NAME]} is unknown and was ignored. Known fields: {known}."


async def _quieter_partition(links: Links, candidates: list[int]) -> int:
    """Draw two partitions at random and return the one with fewer sessions, which spreads them far better than one draw
    (Mitzenmacher, The Power of Two Choices in Randomized Load Balancing, 2001)."""
    drawn = random.sample(candidates, min(2, len(candidates)))
    counts = await asyncio.gather(*(_sessions_on(links, partition) for partition in drawn))
    return min(zip(counts, drawn, strict=True))[1]


async def _sessions_on(links: Links, partition: int) -> float:
    """Count its sessions; infinitely many while its server is away, so that the other one is chosen."""
    try:
        return float(await links.of(partition).zcard(keys.presence(partition)))
    except AWAY:
        return math.inf


def _server(links: Links, partition: int) -> Redis | None:
    try:
        return links.of(partition)
    except AWAY:
        return None


@router.get("/session/{session_id}", responses=problems(404))
async def look(session_id: str, services: ServicesDep) -> SessionView | SharedView:
    """Return the session's present state."""
    return view_of(*await reader_of(services.links, session_id))


@router.delete("/session/{session_id}/end", responses=problems(404))
async def end(session_id: str, services: ServicesDep) -> Stopped:
    """End a session after the audio already sent. Ending it again changes nothing."""
    place = place_of(session_id)
    redis = services.links.of(place.partition)
    names = [place.record, place.pcm, place.presence]
    before = await run_replicated(END, redis, names, [session_id, "client"], services.settings)
    if before is None:
        raise unknown_session()
    return Stopped(session_id=session_id)
