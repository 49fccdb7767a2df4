"""Corrections that a person keeps for later sessions, under a random token that only that person holds.

A profile holds scores and the right affects: no sound, no voiceprint, no words, no session id. It expires, and
DELETE /voice-profile erases it at once (docs/design/speech/corrections.md).
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Annotated, Final

import orjson
from fastapi import APIRouter, Header
from pydantic import BaseModel
from redis.asyncio import Redis
from starlette.exceptions import HTTPException

from gateway.api.openapi import problems
from gateway.services import Services, ServicesDep
from gateway.session.session_keys import Place
from shared import keys
from shared.contract.correction import MOST_KEPT, Example
from shared.erasure.aof_schedule import note_deletion
from shared.settings import Settings
from shared.store.lua import Script
from shared.store.replication import run_replicated

HEADER = Annotated[str | None, Header(alias="X-Voice-Profile")]

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{22,64}")
_MOST_PROFILES: Final = 20_000
"""About 8 kB each."""
_DAY: Final = 86_400


KEEP = Script(__file__, "keep_correction")
FORGET = Script(__file__, "forget_correction")
ERASE = Script(__file__, "erase_profile")

router = APIRouter(tags=["voice profile"])


@dataclass(frozen=True, slots=True)
class VoiceProfile:
    """One person's profile on this server."""

    redis: Redis
    settings: Settings
    key: str

    async def keep(self, place: Place, event_id: str, example: Example) -> None:
        """Add a correction, or replace the one of the same event. Raises 409 if the server has no room for more."""
        one = {"id": _id_of(place, event_id), **example.model_dump()}
        args = [_expiry(self.settings), _MOST_PROFILES, MOST_KEPT, one["id"], orjson.dumps(one)]
        if not await run_replicated(KEEP, self.redis, [keys.VOICE_PROFILES, self.key], args, self.settings):
            raise HTTPException(
                409, "This server cannot keep more voice profiles; the correction applies in this session only."
            )

    async def forget(self, place: Place, event_id: str) -> None:
        """Remove the correction."""
        await run_replicated(FORGET, self.redis, [self.key], [_id_of(place, event_id)], self.settings)

    async def examples(self) -> tuple[Example, ...]:
        """Return the corrections, oldest first. Reading them extends the profile's life."""
        stored: list[bytes] = await self.redis.lrange(self.key, -MOST_KEPT, -1)  # type: ignore[misc]
        if stored:
            await self.redis.expire(self.key, _expiry(self.settings))
        return tuple(Example.model_validate_json(data) for data in stored)


class Kept(BaseModel):
    """The profile kept under a token."""

    corrections: int
    expires_in_days: float | None
    """None if there is none."""


class Erased(BaseModel):
    corrections: int = 0
    detail: str = "This voice profile has been erased."


def profile_of(services: Services, token: str | None) -> VoiceProfile | None:
    """Return the token's profile; None without a token, or if the server keeps none. Raises 422 for a bad token."""
    if token is None or not services.settings.voice_profile_days:
        return None
    if not _TOKEN.fullmatch(token):
        raise HTTPException(422, "X-Voice-Profile: send 22 to 64 random letters, digits, - or _, made on your device.")
    # Only its hash is known here, as with API keys: reading Redis does not reveal the token.
    digest = hashlib.sha256(token.encode()).hexdigest()
    return VoiceProfile(services.links.general, services.settings, keys.voice_profile(digest))


def required(services: Services, token: str | None) -> VoiceProfile:
    """Return the profile to keep a correction in. Raises 422 or 409 with a sentence."""
    if not services.settings.voice_profile_days:
        raise HTTPException(
            409, "This server does not keep corrections for later sessions: send the correction without `keep`."
        )
    profile = profile_of(services, token)
    if profile is None:
        raise HTTPException(422, "To keep a correction, make a random token and send it in the header X-Voice-Profile.")
    return profile


@router.get("/voice-profile", responses=problems(409))
async def look(services: ServicesDep, token: HEADER = None) -> Kept:
    """Return how many corrections are kept under the token in X-Voice-Profile, and for how long."""
    profile = required(services, token)
    count = await profile.redis.llen(profile.key)  # type: ignore[misc]
    left = await profile.redis.ttl(profile.key)
    return Kept(corrections=count, expires_in_days=round(left / _DAY, 1) if left > 0 else None)


@router.delete("/voice-profile", responses=problems(409))
async def erase(services: ServicesDep, token: HEADER = None) -> Erased:
    """Erase what is kept under the token in X-Voice-Profile. Sessions that began with it keep their readings."""
    profile = required(services, token)
    await note_deletion(profile.redis, services.settings.rewrite_delay)
    await run_replicated(ERASE, profile.redis, [keys.VOICE_PROFILES, profile.key], [], services.settings)
    return Erased()


def _expiry(settings: Settings) -> int:
    return max(1, int(settings.voice_profile_days * _DAY))


def _id_of(place: Place, event_id: str) -> str:
    """Identify a profile's correction without naming the session."""
    return hashlib.sha256(f"{place.session_id} {event_id}".encode()).hexdigest()[:16]
