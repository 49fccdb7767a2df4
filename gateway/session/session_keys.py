"""Get from a session's id to its keys and its record."""

from dataclasses import dataclass
from typing import Final

from redis.asyncio import Redis
from starlette.exceptions import HTTPException

from shared import keys
from shared.contract.session import Session, partition_of

UNKNOWN: Final = "There is no such session. It may have been erased, or its retention period has ended."


@dataclass(frozen=True, slots=True)
class Place:
    """The keys of a session."""

    partition: int
    session_id: str

    @classmethod
    def of(cls, session_id: str) -> "Place | None":
        """Return the place, or None if it is not a session id."""
        partition = partition_of(session_id)
        return None if partition is None else cls(partition, session_id)

    @property
    def record(self) -> str:
        return keys.session(self.partition, self.session_id)

    @property
    def events(self) -> str:
        return keys.events(self.partition, self.session_id)

    @property
    def corrections(self) -> str:
        return keys.corrections(self.partition, self.session_id)

    @property
    def tombstone(self) -> str:
        return keys.tombstone(self.partition, self.session_id)

    @property
    def pcm(self) -> str:
        return keys.pcm(self.partition)

    @property
    def audio(self) -> list[str]:
        """Return the keys that erasing audio needs."""
        return keys.of_audio(self.partition)

    @property
    def pcm_flow(self) -> str:
        return keys.pcm_flow(self.partition)

    @property
    def presence(self) -> str:
        return keys.presence(self.partition)

    @property
    def all_keys(self) -> list[str]:
        return keys.of_session(self.partition, self.session_id)


def unknown_session() -> HTTPException:
    return HTTPException(404, UNKNOWN)


def place_of(session_id: str) -> Place:
    """Return the session's keys. Raises 404 if it is not a session id."""
    place = Place.of(session_id)
    if place is None:
        raise unknown_session()
    return place


async def load(redis: Redis, place: Place) -> Session:
    """Return the session's record. Raises 404 if there is none."""
    session = Session.from_hash(await redis.hgetall(place.record))  # type: ignore[misc]  # redis-py: Awaitable | dict
    if session is None:
        raise unknown_session()
    return session
