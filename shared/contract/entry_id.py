"""Ids of Redis stream entries, `{ms}-{n}`: their order and their neighbours."""

from typing import Final

FIRST: Final = "0-0"
_LAST_N: Final = 2**64 - 1


def order(entry_id: str) -> tuple[int, int]:
    """Return a sort key that orders ids as Redis does."""
    ms, _, n = entry_id.partition("-")
    return int(ms), int(n)


def after(entry_id: str) -> str:
    """Return the smallest id beyond `entry_id`."""
    ms, n = order(entry_id)
    return f"{ms}-{n + 1}" if n < _LAST_N else f"{ms + 1}-0"


def before(entry_id: str) -> str:
    """Return the greatest id below `entry_id`; XREAD after it includes `entry_id`."""
    ms, n = order(entry_id)
    if n > 0:
        return f"{ms}-{n - 1}"
    return f"{ms - 1}-{_LAST_N}" if ms > 0 else FIRST
