"""POST and DELETE /session/{id}/corrections: a person says what a reading, or the text of a line, should have been.

A reading's correction is stored beside its event and put on the session's PCM stream, in order with the audio. The
worker answers with a stored event, for which the call waits a moment. A line's correction is only stored.
"""

import asyncio
import time
from typing import Annotated, Final, Literal, Self

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, model_validator
from redis.asyncio import Redis
from starlette.exceptions import HTTPException

from gateway.api.corrections.lines import AS_BEFORE, LineCorrected, LineText, correct_line
from gateway.api.corrections.stored import (
    NO_REQUEST,
    Correction,
    LineCorrection,
    affect_in,
    newest_corrections,
    store,
    stored_corrections,
    take_off,
)
from gateway.api.openapi import problems
from gateway.api.voice_profile import HEADER, VoiceProfile, profile_of, required
from gateway.events.durable_stream import find, newest, read_beyond
from gateway.services import Services, ServicesDep
from gateway.session.session_keys import Place, load, place_of
from shared.contract.correction import Correct, Example, Outcome, TakeBack, parse_verdict
from shared.contract.event_id import BEGINNING, EventId
from shared.contract.stored_event import EventKind, StoredEvent
from shared.contract.tone_event import Affect, ToneEvent

WAIT_SECONDS: Final = 3.0
"""How long a call waits for the worker's answer, which comes with the next commit unless the session lags."""
_LOOK_SECONDS: Final = 0.05

ENDED: Final = "The session has ended, so its readings do not change. The correction is kept as a note."
WAITING: Final = "The correction is stored and will apply once the audio before it has been classified."
TAKING_BACK: Final = "The correction will be undone once the audio before it has been classified."
TAKEN_BACK: Final = "The correction has been undone. The session has ended, so its readings do not change."

_FITTING: Final[dict[EventKind, str]] = {
    "tone-event": "affect is for tone events only. Send text to correct the words of a transcript-event.",
    "transcript-event": "text is for transcript events only. Send affect to correct a tone-event.",
}

Said = Outcome | Literal["ended", "waiting"]

router = APIRouter(tags=["events"])


class CorrectionRequest(BaseModel):
    """An event, and what it should have been: `affect` for a tone event, `text` for a transcript event."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    event_id: str
    affect: Affect | None = None
    text: LineText | None = None
    """What was said, on one line: 1 to 2000 characters."""
    note: Annotated[str, Field(max_length=2000)] | None = None
    keep: bool = False
    """Also apply the affect in later sessions: kept under the token in the header X-Voice-Profile."""

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if (self.affect is None) == (self.text is None):
            raise ValueError("Send either affect, for a tone event, or text, for a transcript event, and not both")
        if self.keep and self.text is not None:
            raise ValueError("Leave out keep: text is not corrected in later sessions, only tones are")
        return self


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
) -> CorrectionAnswer | LineCorrected:
    """Correct one tone event, or the text of one transcript event. Its newest correction applies; sending the same one
    again changes nothing."""
    profile = required(services, token) if wish.keep else None
    place = place_of(session_id)
    await services.limits.correction(session_id)
    redis = services.links.of(place.partition)
    state: str = (await load(redis, place)).state
    if wish.affect is not None:
        return await _correct_tone(services, place, wish, wish.affect, profile, state)
    await _event(redis, place, wish.event_id, "transcript-event")
    return await correct_line(services, redis, place, wish.event_id, wish.text or "", wish.note)


async def _correct_tone(
    services: Services, place: Place, wish: CorrectionRequest, affect: Affect, profile: VoiceProfile | None, state: str
) -> CorrectionAnswer:
    redis = services.links.of(place.partition)
    tone = ToneEvent.from_json((await _event(redis, place, wish.event_id, "tone-event")).data)
    request = Correct(
        event_id=wish.event_id, affect=affect, speaker_id=tone.speaker_id, scores=tone.scores or _only(tone)
    )
    tail = await _tail(redis, place)
    known = affect_in(await newest_corrections(redis, place), wish.event_id)
    same = known is not None and known.affect == affect
    if known is not None and same and known.note == wish.note:
        correction = known
    else:
        correction = Correction(
            event_id=wish.event_id, affect=affect, note=wish.note, corrected_at=round(time.time(), 3)
        )
        state = await store(services, place, correction, request.model_dump_json(), [])
    # A correction that already applies gets no new answer: the first one is on the stream.
    after = EventId.parse(wish.event_id) if same else tail
    answer = await _answer(redis, place, after, (wish.event_id, affect), state)
    kept = profile is not None and answer.outcome != "refused"
    if profile is not None and kept:
        await profile.keep(place, wish.event_id, Example(affect=affect, scores=request.scores))
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
    found = [(data, one) for data, one in await stored_corrections(redis, place) if one.event_id == event_id]
    if not found:
        raise HTTPException(404, f"This session has no correction of event {event_id[:40]} to undo.")
    stored = [data for data, _ in found]
    if isinstance(found[-1][1], LineCorrection):
        await take_off(services, place, stored, NO_REQUEST)
        return TakenBack(event_id=event_id, outcome="taken_back", detail=AS_BEFORE)
    state = await take_off(services, place, stored, TakeBack(event_id=event_id).model_dump_json())
    if profile is not None:
        await profile.forget(place, event_id)
    answer = await _answer(redis, place, tail, (event_id, None), state)
    return TakenBack(event_id=event_id, **answer.model_dump())


def _only(tone: ToneEvent) -> dict[Affect, float]:
    """Stand-in scores for an event that has none."""
    return {tone.affect: tone.confidence}


async def _tail(redis: Redis, place: Place) -> EventId:
    last = await newest(redis, place)
    return BEGINNING if last is None else last.id


async def _answer(redis: Redis, place: Place, after: EventId, about: tuple[str, Affect | None], state: str) -> Answer:
    """Return the worker's newest answer after `after` about this correction; wait for one while the session runs.

    about: the event's id, and what it was corrected to; None if the correction is undone.
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


async def _event(redis: Redis, place: Place, text: str, kind: EventKind) -> StoredEvent:
    try:
        event_id = EventId.parse(text)
    except ValueError as error:
        raise HTTPException(422, f"event_id: {error}") from None
    event = await find(redis, place, event_id)
    if event is None:
        raise HTTPException(404, f"There is no event {event_id} in this session: send an id from its event stream.")
    if event.kind != kind:
        raise HTTPException(422, f"Event {event_id} is a {event.kind}: {_FITTING[kind]}")
    return event
