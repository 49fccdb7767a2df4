"""The blocks with which an event stream announces events that it cannot replay."""

import orjson

from shared.contract.event_id import EventId

_CUT = "Events after {start} up to {end} are no longer available: this session has more events than the server stores."
_REWOUND = (
    "The server has lost the events after {start} up to {end}, or has replaced them, and continues after {start}. "
    "Discard what you have beyond that."
)


def cut_off(last: EventId, lost_until: EventId) -> bytes:
    """Return the block for a listener that was at `last` when everything up to `lost_until` was gone."""
    return _block(last, lost_until, _CUT)


def rewound(start: EventId, last: EventId) -> bytes:
    """Return the blocks for a listener that had events up to `last`, of which the stream has only those up to `start`.

    The second block has only the id, so that the client resumes from there.
    """
    return _block(start, last, _REWOUND) + f"id: {start}\n\n".encode()


def _block(start: EventId, end: EventId, text: str) -> bytes:
    data = {"from": str(start), "to": str(end), "detail": text.format(start=start, end=end)}
    return b"event: gap\ndata: " + orjson.dumps(data) + b"\n\n"
