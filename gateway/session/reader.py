"""A reader of a session: by its id, or by its read-only link, which never reveals the session's own id."""

import hashlib
from dataclasses import dataclass, replace

from gateway.session.session_keys import Place, load, place_of, unknown_session
from shared import keys
from shared.contract.session import Session
from shared.contract.session_link import partition_of_link
from shared.store.links import Links


@dataclass(frozen=True, slots=True)
class Reader:
    """A session, and the id under which it is read."""

    place: Place
    link_id: str | None = None
    """None for a reader with the session's own id."""
    pseudonym: str | None = None
    """Replaces the session's id and its link's in answers."""
    hidden: frozenset[str] = frozenset()
    """The id that the pseudonym replaces."""

    @property
    def shown_id(self) -> str:
        """The session's id as answers show it."""
        return self.pseudonym or self.link_id or self.place.session_id

    def under_pseudonym(self, session: Session) -> "Reader":
        """Return the same reader without any id: a session's pseudonym is always the same and leads back to none."""
        secret = f"pseudonym of {self.place.session_id}".encode()  # 128 random bits: guessing is hopeless
        ids = (
            {self.place.session_id} if session.link is None else {self.place.session_id, keys.id_of_link(session.link)}
        )
        pseudonym = f"anonymous-{hashlib.sha256(secret).hexdigest()[:24]}"
        return replace(self, pseudonym=pseudonym, hidden=frozenset(ids))

    @property
    def link(self) -> str | None:
        """Key of the read-only link that this reader uses, if any."""
        return None if self.link_id is None else keys.link(self.place.partition, self.link_id)

    def told(self, text: bytes) -> bytes:
        """Replace ids in a whole piece of an answer. An id is too random to appear in a text by accident."""
        for other in self.hidden or {self.place.session_id} - {self.shown_id}:
            text = text.replace(other.encode(), self.shown_id.encode())
        return text


async def reader_of(links: Links, given_id: str) -> tuple[Reader, Session]:
    """Return the reader for this id, a session's or a link's, and the session's record. Raises 404."""
    partition = partition_of_link(given_id)
    if partition is None:
        place = place_of(given_id)
        return Reader(place), await load(links.of(place.partition), place)
    redis = links.of(partition)
    session_id: bytes | None = await redis.get(keys.link(partition, given_id))
    if session_id is None:
        raise unknown_session()
    reader = Reader(Place(partition, session_id.decode()), given_id)
    session = await load(redis, reader.place)
    if session.link != reader.link:
        raise unknown_session()
    return reader, session
