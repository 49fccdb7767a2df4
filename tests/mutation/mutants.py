"""The faults: each replaces one piece of source, and names the tests that must detect it."""

from dataclasses import dataclass
from typing import Final

INTEGRATION: Final = "tests/integration/"
UNIT: Final = "tests/unit/"

COMMIT: Final = (f"{INTEGRATION}worker/test_worker_commit.py",)
LEASES: Final = tuple(
    f"{INTEGRATION}worker/test_worker_leases.py::{test}"
    for test in (
        "test_one_holder_at_a_time",
        "test_an_expired_lease_cannot_be_renewed_or_written_under",
        "test_a_worker_that_lost_its_lease_cannot_write",
        "test_after_a_failover_that_lost_a_lease_the_same_epoch_is_not_the_same_lease",
    )
)
SUSPECTS: Final = tuple(
    f"{INTEGRATION}worker/test_worker_suspects.py::{test}"
    for test in (
        "test_what_is_suspected_depends_on_how_the_lease_ended",
        "test_the_note_of_a_dead_holder_adds_its_chunks_and_keeps_their_tries",
    )
)
ONCE: Final = tuple(
    f"{INTEGRATION}redis/test_stored_once.py::{test}"
    for test in (
        "test_frames_in_any_order_are_stored_once_and_in_line",
        "test_a_pipeline_of_which_redis_takes_a_part_leaves_no_hole",
        "test_a_session_begun_before_sockets_had_an_end_goes_on",
    )
)
INGEST: Final = (f"{UNIT}gateway/test_gateway_ingest.py",)
FULL: Final = (f"{INTEGRATION}redis/test_full_memory.py::test_a_worker_works_on_and_makes_room",)
SCRIPTS: Final = (f"{INTEGRATION}redis/test_pcm_scripts.py",)


def of_stream(*tests: str) -> tuple[str, ...]:
    """Those of the event stream, as `file::test`."""
    return tuple(f"{INTEGRATION}gateway/stream/test_{test.replace('::', '.py::test_')}" for test in tests)


TOLD: Final = of_stream(
    "gaps::a_listener_is_told_when_the_store_has_lost_what_it_was_sent",
    "replay::events_that_are_lost_and_come_again_are_not_sent_again",
)
POURED: Final = of_stream("replay::nothing_is_lost_or_doubled_while_events_pour_in")
SENDING: Final = (f"{UNIT}gateway/test_gateway_sending.py",)
ENTRY: Final = (f"{UNIT}shared/test_entry_id.py",)
QUEUE: Final = (f"{UNIT}classifier_worker/partition/test_session_queue.py",)
HELD: Final = (f"{UNIT}classifier_worker/partition/test_session_slot.py",)
HAND_OVER: Final = (f"{INTEGRATION}worker/test_worker_hand_over.py",)
TAIL: Final = (f"{UNIT}ops/test_aof_tail.py",)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault."""

    name: str
    file: str
    old: str
    """Occurs once in the file."""
    new: str
    tests: tuple[str, ...]


_COMMIT: Final = "classifier_worker/partition/lua/commit.lua"
_WRITE: Final = "classifier_worker/fleet/lua/write.lua"
_ACQUIRE: Final = "classifier_worker/fleet/lua/acquire.lua"
_RENEW: Final = "classifier_worker/fleet/lua/renew.lua"
_RELEASE: Final = "classifier_worker/fleet/lua/release.lua"
_NOTE: Final = "classifier_worker/poison/lua/note_step.lua"
_LOOP: Final = "classifier_worker/partition/loop.py"
_LEASE: Final = "classifier_worker/fleet/lease.py"
_SUSPECTS: Final = "classifier_worker/poison/suspects.py"
_ATTACH: Final = "shared/contract/lua/attach.lua"
_APPEND: Final = "shared/contract/lua/append.lua"
_END: Final = "shared/contract/lua/end.lua"
_EVENTS: Final = "gateway/events/durable_stream.py"
_BROADCAST: Final = "gateway/events/broadcast.py"
_SENT: Final = "gateway/events/sent_events.py"
_QUEUE: Final = "classifier_worker/partition/session_queue.py"
_ENTRY: Final = "shared/contract/entry_id.py"
_INGEST: Final = "gateway/audio/ingest.py"
_LISTENER: Final = "gateway/events/sse_client.py"
_TAIL: Final = "ops/aof_tail.py"
_FENCE: Final = "local refused = not_ours(lease, fence, writes)\nif refused then return refused end\n"
_EXPIRE: Final = "      if pinned ~= '1' then redis.call('EXPIRE', events, running_expiry) end\n"

MUTANTS: Final = (
    # One commit: everything or nothing, fenced, once, bounded.
    Mutant("commit without fence", _COMMIT, _FENCE, "", COMMIT + LEASES),
    Mutant("commit does not count its write", _COMMIT, "count_write(lease)\n", "", COMMIT),
    Mutant(
        "commit leaves heard audio",
        _COMMIT,
        "redis.call('XTRIM', pcm, 'MINID', reached == '' and '0-0' or reached)",
        "",
        COMMIT,
    ),
    Mutant("commit swallows an error of XADD", _COMMIT, "      return added\n", "      added = nil\n", COMMIT),
    Mutant("commit goes on after a failed event", _COMMIT, "if failed then return failed end", "", COMMIT),
    Mutant(
        "an event of an id that is stored is an error", _COMMIT, "'equal or smaller'", "'equal and smaller'", COMMIT
    ),
    Mutant(
        "every kind is published as a tone",
        _COMMIT,
        "PUBLISH', channels[kind]",
        "PUBLISH', channels['tone-event']",
        COMMIT,
    ),
    Mutant(
        "no notice of what is stored",
        _COMMIT,
        "if newest then redis.call('PUBLISH', stored_channel, newest) end",
        "",
        COMMIT,
    ),
    Mutant("the stream is not bounded", _COMMIT, "if excess <= 0 then return end", "if true then return end", COMMIT),
    Mutant("a cut is not said", _COMMIT, "redis.call('HSET', record, 'events_after', cut[#cut][1])", "", COMMIT),
    Mutant("a cut names its first event", _COMMIT, "cut[#cut][1]", "cut[1][1]", COMMIT),
    Mutant("classified is not written", _COMMIT, "redis.call('HSET', record, 'classified', classified)", "", COMMIT),
    Mutant("events never expire", _COMMIT, _EXPIRE, "", COMMIT),
    Mutant("a pinned session's events expire", _COMMIT, "if pinned ~= '1' then redis", "if true then redis", COMMIT),
    Mutant(
        "a checkpoint never expires",
        _COMMIT,
        "checkpoint, state, 'EX', running_expiry)",
        "checkpoint, state)",
        COMMIT,
    ),
    Mutant("an ended session keeps its checkpoint", _COMMIT, "  redis.call('DEL', checkpoint)\n", "", COMMIT),
    Mutant("an ended session stays present", _COMMIT, "  redis.call('ZREM', presence, id)\n", "", COMMIT),
    Mutant("the end of a pinned session lets it expire", _COMMIT, "if pinned == '1' then", "if false then", COMMIT),
    Mutant("the end is not published", _COMMIT, "  redis.call('PUBLISH', sessions_channel,", "  tostring(", COMMIT),
    Mutant("an erased session is written all the same", _COMMIT, "  if known then\n", "  if true then\n", COMMIT),
    Mutant(
        "every session is stored under the first one's keys", _COMMIT, "4 * number + 3, 4 * number + 6", "7, 10", COMMIT
    ),
    Mutant(
        "every session gets the first one's events",
        _COMMIT,
        "tonumber(first), tonumber(last)",
        "1, last - first + 1",
        COMMIT,
    ),
    Mutant("what is set aside stays on the stream", _COMMIT, "  redis.call('XDEL', pcm, entry_id)\n", "", COMMIT),
    Mutant(
        "the cursor is not written",
        _COMMIT,
        "redis.call('SET', cursor, reached, 'EX', running_expiry)",
        "",
        COMMIT,
    ),
    Mutant(
        "commit needs memory",
        _COMMIT,
        "redis.call('XTRIM', pcm, 'MINID', reached == '' and '0-0' or reached)\ncount_write(lease)\n",
        "count_write(lease)\nredis.call('XTRIM', pcm, 'MINID', reached == '' and '0-0' or reached)\n",
        FULL,
    ),
    # Leases.
    Mutant("a lease needs memory", _LEASE, '"acquire", when_full="hash"', '"acquire"', FULL),
    Mutant("two holders", _ACQUIRE, "if redis.call('EXISTS', lease) == 1 then return 0 end", "", LEASES),
    Mutant(
        "any epoch may be taken", _ACQUIRE, "if tonumber(last) + 1 ~= tonumber(wanted) then return 0 end", "", LEASES
    ),
    Mutant(
        "a lease lasts for ever",
        _ACQUIRE,
        "redis.call('PEXPIRE', lease, ms)\nlocal orderly",
        "local orderly",
        LEASES,
    ),
    Mutant(
        "renewing needs no fence",
        _RENEW,
        "if redis.call('HGET', KEYS[1], 'fence') ~= fence then return 0 end\nreturn redis.call('PEXPIRE'",
        "return redis.call('PEXPIRE'",
        LEASES,
    ),
    Mutant(
        "releasing needs no fence",
        _RELEASE,
        "if redis.call('HGET', lease, 'fence') ~= fence then return 0 end\nredis.call('DEL', lease)\nif",
        "redis.call('DEL', lease)\nif",
        LEASES,
    ),
    Mutant(
        "the fence is the epoch alone", _LEASE, 'return f"{self.epoch} {self.holder}"', 'return f"{self.epoch}"', LEASES
    ),
    Mutant(
        "lost writes are not noticed",
        _WRITE,
        "if tonumber(written or 0) ~= tonumber(writes) then return -1 end",
        "",
        COMMIT,
    ),
    Mutant(
        "a holder may write under another's fence", _WRITE, "if held_by ~= fence then return 0 end", "", COMMIT + LEASES
    ),
    Mutant("every hand-over counts as orderly", _ACQUIRE, "return {orderly and 1 or 0,", "return {1,", COMMIT),
    # The note of what is being heard.
    Mutant("the note needs no fence", _NOTE, _FENCE, "", COMMIT),
    Mutant("the note is not written", _NOTE, "redis.call('SET', hearing, note)", "", COMMIT),
    Mutant("the note does not count its write", _NOTE, "count_write(lease)\nreturn 1", "return 1", COMMIT),
    Mutant(
        "suspects forget their tries",
        _SUSPECTS,
        "**dict.fromkeys(entry_ids, 0), **self.tries",
        "**self.tries, **dict.fromkeys(entry_ids, 0)",
        SUSPECTS,
    ),
    Mutant(
        "an orderly hand-over adds suspects",
        _SUSPECTS,
        "if inheritance.orderly else",
        "if not inheritance.orderly else",
        SUSPECTS,
    ),
    Mutant("the note needs memory", _SUSPECTS, '"note_step", when_full="hash"', '"note_step"', FULL),
    # What gateways store.
    Mutant("overlap is stored twice", _APPEND, "if known > 0 then", "if false then", ONCE),
    Mutant("a hole is stored", _APPEND, "if tonumber(offset) > tonumber(reached) then return {'ahead'} end", "", ONCE),
    Mutant("an older socket may go on", _APPEND, "if socket ~= token then", "if false then", SCRIPTS),
    Mutant(
        "a lost takeover is a newer socket",
        _APPEND,
        "and 'rewound' or 'superseded'",
        "and 'superseded' or 'superseded'",
        SCRIPTS,
    ),
    Mutant(
        "a newer socket is a lost takeover",
        _APPEND,
        "and 'rewound' or 'superseded'",
        "and 'rewound' or 'rewound'",
        SCRIPTS,
    ),
    Mutant(
        "a stopped session takes audio",
        _APPEND,
        "if state ~= 'running' then return {'stopped'} end\nif socket",
        "if socket",
        SCRIPTS,
    ),
    Mutant(
        "an unknown session takes audio",
        _APPEND,
        "if not state then return {'unknown'} end\nif state ~= 'running' then return {'stopped'} end\nif socket",
        "if socket",
        SCRIPTS,
    ),
    Mutant("the end of the socket is not kept", _APPEND, "then reached = stop end", "then reached = reached end", ONCE),
    Mutant("received is not kept", _APPEND, "  received = stop\n", "", ONCE),
    Mutant("the flow counts PCM alone", _APPEND, "local size = #pcm + 100", "local size = #pcm", ONCE),
    Mutant("a takeover is not published", _ATTACH, "redis.call('PUBLISH', channel, number)\n", "", SCRIPTS),
    Mutant(
        "a takeover forgets its token",
        _ATTACH,
        "'socket', token, 'socket_end'",
        "'socket', '', 'socket_end'",
        SCRIPTS,
    ),
    Mutant("the end marker comes twice", _END, "  redis.call('HSET', record, 'state', 'stopped')\n", "", SCRIPTS),
    Mutant("an ended session stays present", _END, "redis.call('ZREM', presence, session_id)\n", "", SCRIPTS),
    Mutant(
        "what follows an unstored frame is stored",
        _INGEST,
        "            refused = [frame for frame in shard.waiting if frame.token in broken]\n",
        "            refused = []\n            return\n",
        INGEST,
    ),
    Mutant("replicas are not waited for", _INGEST, "if not self._settings.replicas:", "if True:", INGEST),
    Mutant("a passing trouble is final", _INGEST, "if time.monotonic() >= give_up:", "if True:", INGEST),
    Mutant(
        "pipelines have no bound",
        _INGEST,
        "shard.waiting[:_LARGEST], shard.waiting[_LARGEST:]",
        "shard.waiting, []",
        INGEST,
    ),
    Mutant(
        "full is told as away",
        _INGEST,
        'return NotStored("full")',
        'return NotStored("away")',
        INGEST,
    ),
    # What listeners are sent.
    Mutant(
        "entries and cut of two moments",
        _EVENTS,
        "pipeline(transaction=True)",
        "pipeline(transaction=False)",
        of_stream("gaps::a_read_never_misses_what_is_cut_meanwhile"),
    ),
    Mutant(
        "reading begins at the id itself",
        _EVENTS,
        "events.pop(0) if events",
        "events[0] if events",
        of_stream("replay::a_reconnect_gets_what_it_missed_in_order_and_nothing_twice"),
    ),
    Mutant(
        "a page is never full",
        _EVENTS,
        "return len(self.events) >= PAGE",
        "return False",
        of_stream("replay::a_replay_longer_than_a_page"),
    ),
    Mutant("lost events go unnoticed", _BROADCAST, "audience.sent.differs(start, page.at)", "False", TOLD),
    Mutant("missing events are lost at once", _BROADCAST, "< 2 * self._settings.lease_ttl", "< 0", TOLD),
    Mutant(
        "listeners stay where they were",
        _BROADCAST,
        "                listener.last = start\n        self._look",
        "        self._look",
        TOLD,
    ),
    Mutant("a listener gets an event twice", _BROADCAST, "if listener.last < event.id:", "if True:", POURED),
    Mutant(
        "a newcomer does not move the audience back",
        _BROADCAST,
        "            audience.position = listener.last\n",
        "            pass\n",
        POURED,
    ),
    Mutant(
        "a gap is not announced",
        _BROADCAST,
        "if page.lost_until > audience.position:",
        "if False:",
        of_stream("gaps::a_live_listener_is_told_of_what_was_cut_off_before_it_was_read"),
    ),
    Mutant(
        "streams are not read again",
        _BROADCAST,
        "            for audience in self._audiences.values():\n                self._look(audience)",
        "            pass",
        of_stream("replay::a_lost_notice_delays_but_loses_nothing"),
    ),
    Mutant(
        "the second content of an id counts",
        _SENT,
        "self._hashes.setdefault(event.id, _hash(event))",
        "self._hashes[event.id] = 0",
        TOLD,
    ),
    Mutant(
        "a missing event is no difference",
        _SENT,
        "(found is None or _hash(found) != known)",
        "(found is not None and _hash(found) != known)",
        TOLD,
    ),
    Mutant(
        "a stalled client's queue has no bound",
        _LISTENER,
        "elif len(self._waiting) < self._bound:",
        "elif True:",
        SENDING,
    ),
    Mutant(
        "finishing forgets what waits",
        _LISTENER,
        "        self.closed = True\n        if not self._sender.busy:\n",
        "        self.closed = True\n        self._waiting.clear()\n        if not self._sender.busy:\n",
        SENDING,
    ),
    # The worker's reading.
    Mutant("ids are compared as text", _ENTRY, "return int(ms), int(n)", "return ms, n  # type: ignore", ENTRY),
    Mutant("after is the id itself", _ENTRY, "{n + 1}", "{n}", ENTRY),
    Mutant("before skips one", _ENTRY, "{n - 1}", "{n - 2}", ENTRY),
    Mutant("a turn has no bound", _QUEUE, "size + len(chunk.pcm) <= self._turn_bytes and", "", QUEUE),
    Mutant("chunks overtake those left", _QUEUE, "if self.left or not self._room", "if not self._room", QUEUE),
    Mutant("what is alone goes with others", _QUEUE, "and not alone(chunk) and not alone(turn[-1])", "", QUEUE),
    Mutant("a greedy queue goes first", _QUEUE, "if queue.credit > 0] or waiting", "] or waiting", QUEUE),
    Mutant("held bytes are not given back", _QUEUE, "self.held_bytes -= size", "pass", QUEUE),
    # A lease that is given back.
    Mutant(
        "what waits for the models is committed over",
        _LOOP,
        "self._enter(Phase.IN_LINE)",
        "self._enter(Phase.AT_REST)",
        HAND_OVER,
    ),
    Mutant(
        "what waits for the models is suspected",
        _LOOP,
        "self._enter(Phase.IN_LINE)",
        "self._enter(Phase.IN_MODELS)",
        HAND_OVER,
    ),
    Mutant("a call under way is not suspected", _LOOP, "return phase is not Phase.IN_MODELS", "return True", HAND_OVER),
    # A damaged file.
    Mutant("an unfinished transaction is kept", _TAIL, "at if transaction is None else transaction", "at", TAIL),
    Mutant("a torn command is kept", _TAIL, "if data[at - 2 : at] != _NEWLINE:", "if False:", TAIL),
    Mutant("no copy is kept", _TAIL, "opened.write(lost)", "opened.write(b'')", TAIL),
)
