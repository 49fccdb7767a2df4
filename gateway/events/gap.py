"""What an event stream says about events that it can no longer replay."""

import orjson

from shared.contract.stored_event import EventId

_CUT = "Events after {start} up to {end} are no longer kept: this session has more events than the server stores."
_REWOUND = (
    "The server has lost the events after {start} up to {end}, or has others there now: it goes on after {start}. "
    "Discard what you have beyond."
)


def cut_off(last: EventId, lost_until: EventId) -> bytes:
    """The block for a listener that was at `last` when everything up to `lost_until` had gone."""
    return _block(last, lost_until, _CUT)


def rewound(start: EventId, last: EventId) -> bytes:
    """The blocks for a listener that has had events up to `last`, of which the stream has only those up to `start`.

    The second one has nothing but the id, so that the client resumes from there.
    """
    return _block(start, last, _REWOUND) + f"id: {start}\n\n".encode()


def _block(start: EventId, end: EventId, text: str) -> bytes:
    data = {"from": str(start), "to": str(end), "detail": text.format(start=start, end=end)}
    return b"event: gap\ndata: " + orjson.dumps(data) + b"\n\n"
