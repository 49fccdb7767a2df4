"""Every Redis key and channel name, and nothing else.

The partition is the hash tag: all keys of a partition share one slot of Redis Cluster, so that one script may
touch them together. Each is bounded by an expiry or by the limit given in its docstring.
"""

from typing import Final

# Public channels (docs/reference/events.md describes their payloads).
SESSIONS_CHANNEL: Final = "linnet:sessions"


def tone_channel(session_id: str) -> str:
    return f"linnet:tone:{session_id}"


def facts_channel(session_id: str) -> str:
    return f"linnet:facts:{session_id}"


def words_channel(session_id: str) -> str:
    """Carries stored transcript events, and partial transcripts, which are not stored."""
    return f"linnet:words:{session_id}"


def status_channel(session_id: str) -> str:
    return f"linnet:status:{session_id}"


# Internal channels.
def stored_channel(session_id: str) -> str:
    """Announces that the durable stream has grown; the payload is the newest id."""
    return f"linnet:stored:{session_id}"


def socket_channel(session_id: str) -> str:
    """Announces that a newer audio socket owns the session; the payload is that socket's number."""
    return f"linnet:socket:{session_id}"


# Keys outside the partitions. They share a slot of their own, so that one server holds them all.
WORKERS: Final = "linnet:{fleet}:workers"
"""zset: worker id → when it is presumed dead (Redis time, s). Swept by the workers."""

LOADS: Final = "linnet:{fleet}:loads"
"""hash: worker id → JSON of its WorkerLoad. Dead workers' fields are removed by live ones; expires with the last."""

STARTS: Final = "linnet:{fleet}:starts"
"""hash: unix second → sessions whose audio began in it, on all gateways. At most a few fields; expires."""

PARTITIONS: Final = "linnet:{fleet}:partitions"
"""zset: partition → when it last got a session (Redis time, s). At most one entry a partition."""

MODEL: Final = "linnet:{fleet}:model"
"""JSON that workers publish about the model they run, read by GET /model. Expires."""

REWRITES: Final = "linnet:{fleet}:rewrites"
"""zset: times (Redis time, s) at which the append-only file is to be rewritten. Rounded, so no more than a few dozen;
the workers remove those that are due."""

TROUBLES: Final = "linnet:{fleet}:troubles"
"""hash: code of a service event → how often workers have sent it. One field a code."""

VOICE_PROFILES: Final = "linnet:{fleet}:voice-profiles"
"""zset: key of a voice profile → when it expires (Redis time, s). At most 20,000; expires with the last."""


def voice_profile(digest: str) -> str:
    """list of JSON: up to 40 corrections that a person kept for later sessions. `digest`: SHA-256 of a token
    that only that person holds. Expires (LINNET_VOICE_PROFILE_DAYS)."""
    return f"linnet:{{fleet}}:voice-profile:{digest}"


QUEUE: Final = "linnet:arq"
"""arq's queue of lease jobs, on LINNET_QUEUE_URL, which is never a cluster."""


# Keys of a partition.
def lease(partition: int) -> str:
    """hash: holder, epoch, and both as the fence. Expires when not renewed."""
    return f"linnet:{{p{partition}}}:lease"


def epoch(partition: int) -> str:
    """The fencing counter; one integer a partition."""
    return f"linnet:{{p{partition}}}:epoch"


def handed_over(partition: int) -> str:
    """The last epoch whose holder gave the partition back in an orderly way; one integer a partition."""
    return f"linnet:{{p{partition}}}:handed-over"


def hearing(partition: int) -> str:
    """msgpack: the chunk ids of the step in progress, for the next holder if this step kills the current one. One step
    a partition."""
    return f"linnet:{{p{partition}}}:hearing"


def pcm(partition: int) -> str:
    """The partition's PCM stream. Trimmed below the cursor; bounded by the senders' backlog bounds. Expires with the
    last session that started or was present on the partition."""
    return f"linnet:{{p{partition}}}:pcm"


def pcm_anew(partition: int) -> str:
    """The copy under way of the PCM stream, without erased chunks. No longer than the stream; expires a minute after
    the last step."""
    return f"linnet:{{p{partition}}}:pcm-anew"


def erasing(partition: int) -> str:
    """hash: session whose audio is being erased → how far the erasure is. Expires with the PCM stream."""
    return f"linnet:{{p{partition}}}:erasing"


def pcm_flow(partition: int) -> str:
    """hash: `in`, bytes ever put on the PCM stream; `out`, those that came before its oldest chunk; `committed`, when a
    worker last made progress (Redis time, ms). Expires with the sessions."""
    return f"linnet:{{p{partition}}}:pcm-flow"


def cursor(partition: int) -> str:
    """The id of the oldest chunk still needed. One string a partition. Expires as the PCM stream does."""
    return f"linnet:{{p{partition}}}:cursor"


def presence(partition: int) -> str:
    """zset: live session → when it ends unless its presence is renewed (Redis time, s). Swept by the workers; expires
    as the PCM stream does."""
    return f"linnet:{{p{partition}}}:presence"


def pinned(partition: int) -> str:
    """zset: pinned session → since when (Redis time, s). Bounded by LINNET_PINNED_SESSIONS; a session leaves it when it
    is erased."""
    return f"linnet:{{p{partition}}}:pinned"


def of_audio(partition: int) -> list[str]:
    """Return the keys of the PCM stream, of its copy under way, and of what is being erased from it."""
    return [pcm(partition), pcm_anew(partition), erasing(partition)]


# Keys of a session; all expire.
def session(partition: int, session_id: str) -> str:
    """hash: the session record."""
    return f"linnet:{{p{partition}}}:session:{session_id}"


def checkpoint(partition: int, session_id: str) -> str:
    """msgpack: what a worker needs to continue the session."""
    return f"linnet:{{p{partition}}}:checkpoint:{session_id}"


def events(partition: int, session_id: str) -> str:
    """The durable stream; public. Bounded by LINNET_EVENTS_MAX."""
    return f"linnet:{{p{partition}}}:events:{session_id}"


def corrections(partition: int, session_id: str) -> str:
    """list of JSON corrections."""
    return f"linnet:{{p{partition}}}:corrections:{session_id}"


def tombstone(partition: int, session_id: str) -> str:
    """Set when the session was erased: nothing that arrives late for it is written."""
    return f"linnet:{{p{partition}}}:erased:{session_id}"


def link(partition: int, link_id: str) -> str:
    """string: the id of the session that the read-only link shows. The session's record names this key, so whatever
    sets the record's expiry, or erases the record, does the same to this key."""
    return f"linnet:{{p{partition}}}:link:{link_id}"


def id_of_link(link: str) -> str:
    """Return the id in a name made by `link`."""
    return link.rpartition(":")[2]


def of_session(partition: int, session_id: str) -> list[str]:
    """Return every key with data of the session, the record first, except its link, which the record names."""
    return [key(partition, session_id) for key in (session, events, corrections, checkpoint)]
