"""The id of a session's read-only link, in a form that cannot be mistaken for the session's own id."""

import re
import secrets
from typing import Final

_RANDOM_BYTES: Final = 16
_LINK_ID: Final = re.compile(r"(\d{1,5})-r[0-9a-f]{32}", re.ASCII)


def new_link_id(partition: int) -> str:
    """Make an unguessable id, 128 random bits after the session's partition: "7-r0c9f…"."""
    return f"{partition}-r{secrets.token_hex(_RANDOM_BYTES)}"


def partition_of_link(link_id: str) -> int | None:
    """Return the partition that the link's id names, or None if it is not a link's id."""
    match = _LINK_ID.fullmatch(link_id)
    return None if match is None else int(match[1])
