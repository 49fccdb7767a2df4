"""What an event stream says about events that it can no longer replay."""

import orjson

from shared.stored_event import EventId

_CUT = "Events after {start} up to {end} are no longer kept: this session has more events than the server stores."
_REWOUND = (
    "The stream does not reach as far as {end}, the id you sent: it goes on after {start}. "
    "The server may have lost its newest events."
)


def cut_off(last: EventId, lost_until: EventId) -> bytes:
    """The block for a listener that was at `last` when everything up to `lost_until` had gone."""
    return _block(last, lost_until, _CUT)


def rewound(tail: EventId, given: EventId) -> bytes:
    """The block for a listener that sent an id beyond the stream's tail."""
    return _block(tail, given, _REWOUND)


def _block(start: EventId, end: EventId, text: str) -> bytes:
    data = {"from": str(start), "to": str(end), "detail": text.format(start=start, end=end)}
    return b"event: gap\ndata: " + orjson.dumps(data) + b"\n\n"
