"""Why audio is refused: the error message, and the close code that follows on a socket."""

from dataclasses import dataclass
from typing import Final

import orjson

from gateway.session import session_keys


@dataclass(frozen=True, slots=True)
class Refusal:
    """The last message to an audio socket, and its close code."""

    close_code: int
    error: str
    detail: str

    def to_json(self) -> str:
        return orjson.dumps({"ok": False, "error": self.error, "detail": self.detail}).decode()


EMPTY_FRAME: Final = Refusal(4003, "bad_frame", "This frame is empty. Send at least one sample: two bytes, s16le mono.")
ODD_FRAME: Final = Refusal(
    4003, "bad_frame", "This frame has an odd number of bytes. Send whole samples: two bytes each, s16le mono."
)
BAD_OFFSET: Final = Refusal(
    4003, "bad_offset", "offset must be a whole number of samples, 0 or more, counted at the session's sample rate."
)
OFFSET_AHEAD: Final = Refusal(
    4003,
    "bad_offset",
    "offset is further ahead than this session can have reached by now. "
    "Count the session's samples from its start, at its sample rate.",
)
BAD_SENDER: Final = Refusal(
    4003,
    "bad_sender",
    "sender must be the value from the answer to the previous frame; leave it out to take the session over.",
)
OUT_OF_ORDER: Final = Refusal(
    4009,
    "out_of_order",
    "The audio before this frame has not arrived. Send it first, or leave out sender to leave a gap here.",
)
UNKNOWN: Final = Refusal(4004, "unknown_session", session_keys.UNKNOWN)
SUPERSEDED: Final = Refusal(4009, "superseded", "A newer audio socket has taken over this session.")
ENDED: Final = Refusal(4010, "session_ended", "This session has ended. Start a new one to continue.")
TEXT: Final = Refusal(4011, "text_not_allowed", "Send audio as binary frames; text messages are not used.")
STORE_AWAY: Final = Refusal(
    1013,
    "store_unavailable",
    "The data store cannot be reached. Nothing that was acknowledged is lost: "
    "reconnect in a few seconds with ?offset= and resend the rest.",
)
STORE_REWOUND: Final = Refusal(
    1013,
    "store_unavailable",
    "The data store has come back without the audio before this frame. Reconnect with ?offset=: "
    "the answer's next_offset says how much of the session it has.",
)
NOT_CLASSIFIED: Final = Refusal(
    1013,
    "not_classified",
    "No worker has processed this session's audio for a long time. Nothing that was acknowledged is lost: "
    "reconnect later with ?offset= and resend the rest.",
)
STORE_FULL: Final = Refusal(
    1013,
    "store_full",
    "The data store's memory is full. Nothing that was acknowledged is lost: reconnect in a few seconds "
    "with ?offset= and resend the rest. Room is freed as the audio already sent is processed.",
)
RESTARTING: Final = Refusal(
    1012, "restarting", "This server is shutting down. Reconnect with ?offset= and resend what was not acknowledged."
)


def not_pcm(kind: str) -> Refusal:
    return Refusal(
        4003,
        "not_pcm",
        f"This looks like {kind}, not PCM. Send raw samples at the session's sample rate, 16 bits each, "
        "little-endian, mono, without a header, a container or a codec.",
    )


def too_long(limit: int) -> Refusal:
    return Refusal(
        4008, "frame_too_long", f"This frame is longer than one second of audio ({limit} bytes in this session)."
    )


def too_many(detail: str) -> Refusal:
    return Refusal(1013, "too_many_sockets", f"{detail} Close one, then reconnect with ?offset=.")


FLEET_FULL: Final = Refusal(
    1013,
    "fleet_full",
    "Linnet is listening to as many conversations as it can at the moment and would fall behind with one more. "
    "Reconnect with ?offset= in a few seconds and send this frame again: it was not stored.",
)


_BY_APPEND: Final = {
    "unknown": UNKNOWN,
    "stopped": ENDED,
    "superseded": SUPERSEDED,
    "rewound": STORE_REWOUND,
    "ahead": STORE_REWOUND,
    "full": STORE_FULL,
}


def of_append(why: str) -> Refusal:
    """Translate a refusal by the scripts of `shared.contract.pcm_stream`."""
    return _BY_APPEND.get(why, STORE_AWAY)
