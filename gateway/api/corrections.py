"""POST and DELETE /session/{id}/corrections: a person says what a reading should have been.

A correction is stored beside its event and put on the session's PCM stream, in order with the audio. The worker answers
with a stored event, for which the call waits a moment.
"""

import asyncio
import time
from typing import Annotated, Final, Literal

import orjson
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from redis.asyncio import Redis
from starlette.exceptions import HTTPException

from gateway.api.openapi import problems
from gateway.api.voice_profile import HEADER, VoiceProfile, profile_of, required
from gateway.events.durable_stream import find, newest, read_beyond
from gateway.services import Services, ServicesDep
from gateway.session.session_keys import Place, load, place_of, unknown_session
from shared.contract.correction import Correct, Example, Outcome, Request, TakeBack, parse_verdict
from shared.contract.event_id import BEGINNING, EventId
from shared.contract.tone_event import Affect, ToneEvent
from shared.store.lua import Argument, Script
from shared.store.replication import run_replicated

CORRECT = Script(__file__, "correct")

TAKE_BACK = Script(__file__, "take_back")

_MOST: Final = 10_000
"""The most corrections kept for one session."""
WAIT_SECONDS: Final = 3.0
"""How long a call waits for the worker's answer, which comes with the next commit unless the session lags."""
_LOOK_SECONDS: Final = 0.05

ENDED: Final = "The session has ended, so its readings do not change. The correction is kept as a note."
WAITING: Final = "The correction is stored and will apply once the audio before it has been classified."
TAKING_BACK: Final = "The correction will be undone once the audio before it has been classified."
TAKEN_BACK: Final = "The correction has been undone. The session has ended, so its readings do not change."

Said = Outcome | Literal["ended", "waiting"]

router = APIRouter(tags=["events"])


class CorrectionRequest(BaseModel):
    """An event, and what it should have been."""

    model_config = ConfigDict(extra="forbid")

    event_id: str
    affect: Affect
    note: Annotated[str, Field(max_length=2000)] | None = None
    keep: bool = False
    """Also apply it in later sessions: kept under the token in the header X-Voice-Profile."""


class Correction(BaseModel):
    """As it is stored."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    event_id: str
    affect: Affect
    note: str | None = None
    corrected_at: float
    """Unix time, s."""


class Answer(BaseModel):
    """The outcome."""

    outcome: Said
    detail: str
    """The same in a sentence."""


class CorrectionAnswer(Correction, Answer):
    """The stored correction, and its outcome."""

    kept: bool
    """Whether later sessions may use it."""


class TakenBack(Answer):
    event_id: str


@router.post("/session/{session_id}/corrections", status_code=201, responses=problems(404, 409))
async def correct(
    session_id: str, wish: CorrectionRequest, services: ServicesDep, token: HEADER = None
) -> CorrectionAnswer:
    """Correct one tone event. Its newest correction applies; sending the same one again changes nothing."""
    profile = required(services, token) if wish.keep else None
    place = place_of(session_id)
    await services.limits.correction(session_id)
    redis = services.links.of(place.partition)
    state: str = (await load(redis, place)).state
    tone = await _tone_event(redis, place, wish.event_id)
    request = Correct(
        event_id=wish.event_id, affect=wish.affect, speaker_id=tone.speaker_id, scores=tone.scores or _only(tone)
    )
    tail = await _tail(redis, place)
    known = (await newest_corrections(redis, place)).get(wish.event_id)
    same = known is not None and known.affect == wish.affect
    if known is not None and same and known.note == wish.note:
        correction = known
    else:
        correction = Correction(**wish.model_dump(exclude={"keep"}), corrected_at=round(time.time(), 3))
        state = await _store(services, place, correction, request)
    # A correction that already applies gets no new answer: the first one is on the stream.
    after = EventId.parse(wish.event_id) if same else tail
    answer = await _answer(redis, place, after, (wish.event_id, wish.affect), state)
    kept = profile is not None and answer.outcome != "refused"
    if profile is not None and kept:
        await profile.keep(place, wish.event_id, Example(affect=wish.affect, scores=request.scores))
    return CorrectionAnswer(**correction.model_dump(), **answer.model_dump(), kept=kept)


@router.delete("/session/{session_id}/corrections/{event_id}", responses=problems(404))
async def take_back(session_id: str, event_id: str, services: ServicesDep, token: HEADER = None) -> TakenBack:
    """Undo a correction, as if it had never been made: here, and where it was kept for later sessions."""
    profile: VoiceProfile | None = profile_of(services, token)
    place = place_of(session_id)
    await services.limits.correction(session_id)
    redis = services.links.of(place.partition)
    await load(redis, place)
    tail = await _tail(redis, place)
    stored = [data for data, correction in await _stored(redis, place) if correction.event_id == event_id]
    if not stored:
        raise HTTPException(404, f"This session has no correction of event {event_id[:40]} to undo.")
    request: list[Argument] = [session_id, TakeBack(event_id=event_id).model_dump_json(), *stored]
    names = [place.record, place.corrections, place.pcm]
    found = await run_replicated(TAKE_BACK, redis, names, request, services.settings)
    if not isinstance(found, list):
        raise unknown_session()
    if profile is not None:
        await profile.forget(place, event_id)
    state = found[1].decode()
    answer = await _answer(redis, place, tail, (event_id, None), state)
    return TakenBack(event_id=event_id, **answer.model_dump())


def _only(tone: ToneEvent) -> dict[Affect, float]:
    """Stand-in scores for an event that has none."""
    return {tone.affect: tone.confidence}


async def _store(services: Services, place: Place, correction: Correction, request: Request) -> str:
    """Store it, pass it to the worker while the session runs, and return the session's state."""
    redis, names = services.links.of(place.partition), [place.record, place.corrections, place.pcm]
    args: list[Argument] = [correction.model_dump_json(), _MOST, place.session_id, request.model_dump_json()]
    found = await run_replicated(CORRECT, redis, names, args, services.settings)
    if not isinstance(found, list):
        raise unknown_session()
    count, state = found
    if count > _MOST:
        raise HTTPException(409, f"This session already has {_MOST} corrections, the limit: undo one first.")
    return str(state.decode())


async def _tail(redis: Redis, place: Place) -> EventId:
    last = await newest(redis, place)
    return BEGINNING if last is None else last.id


async def _answer(redis: Redis, place: Place, after: EventId, about: tuple[str, Affect | None], state: str) -> Answer:
    """Return the worker's newest answer after `after` about this correction; wait for one while the session runs.

    about: the event's id, and what it was corrected to; None if that is undone.
    """
    until = time.monotonic() + (WAIT_SECONDS if state == "running" else 0.0)
    said: Answer | None = None
    while True:
        [page] = await read_beyond(redis, [(place, after)])
        for event in page.events:
            after = event.id
            if event.kind == "correction":
                verdict = parse_verdict(event.data)
                if (verdict.event_id, verdict.affect) == about:
                    said = Answer(outcome=verdict.outcome, detail=verdict.detail)
        if page.full:
            continue
        if said is not None:
            return said
        if time.monotonic() >= until:
            break
        await asyncio.sleep(_LOOK_SECONDS)
    if state == "running":
        return Answer(outcome="waiting", detail=WAITING if about[1] else TAKING_BACK)
    return Answer(outcome="ended", detail=ENDED if about[1] else TAKEN_BACK)


async def _tone_event(redis: Redis, place: Place, text: str) -> ToneEvent:
    try:
        event_id = EventId.parse(text)
    except ValueError as error:
        raise HTTPException(422, f"event_id: {error}") from None
    event = await find(redis, place, event_id)
    if event is None:
        raise HTTPException(404, f"There is no event {event_id} in this session: send an id from its event stream.")
    if event.kind != "tone-event":
        raise HTTPException(422, f"Event {event_id} is a {event.kind}: only tone events can be corrected.")
    return ToneEvent.model_validate_json(event.data)


async def _stored(redis: Redis, place: Place) -> list[tuple[bytes, Correction]]:
    stored: list[bytes] = await redis.lrange(place.corrections, 0, -1)  # type: ignore[misc]
    return [(data, Correction.model_validate(orjson.loads(data))) for data in stored]


async def newest_corrections(redis: Redis, place: Place) -> dict[str, Correction]:
    """Event id → its newest correction."""
    return {correction.event_id: correction for _, correction in await _stored(redis, place)}
