"""A partition's PCM stream: how gateways put chunks, corrections and end markers on it, and how workers read them.

Entry fields: `s` session id; then either `o` offset (samples at the session's rate), `b` bytes put on the stream
before it and `d` s16le bytes; or `c`, a request about corrections (shared/contract/correction.py), which applies from
here on; or `e`, why the session ends ("client", "idle"). Nothing follows an end marker of the same session.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from shared.audio import MAX_RATE, SAMPLE_BYTES, max_frame_bytes
from shared.contract.correction import LONGEST_REQUEST, parse_request
from shared.store.lua import Script

_OFFSET_DIGITS: Final = 13
"""A gateway takes offsets of up to 12 digits, and frames go on from there."""
_LONGEST_REASON: Final = 40

EndReason = Literal["client", "idle"]


@dataclass(frozen=True, slots=True)
class Chunk:
    """One entry: PCM as it came, a request about corrections, or the end of the session."""

    entry_id: str
    session_id: str
    offset: int = 0
    pcm: bytes = b""
    end: str | None = None
    correction: str | None = None
    """JSON that `parse_request` takes."""
    fault: str | None = None
    """Why it cannot be processed, in words. Then only the two ids are valid."""

    @classmethod
    def from_entry(cls, entry_id: bytes, fields: Mapping[bytes, bytes]) -> "Chunk":
        """Parse an entry. Never raises: `fault` says what is wrong with one that no gateway of ours wrote."""
        session_id = fields.get(b"s", b"").decode(errors="replace")
        end = fields.get(b"e")
        if end is not None:
            return cls(entry_id.decode(), session_id, end=end.decode(errors="replace")[:_LONGEST_REASON])
        if b"c" in fields:
            return cls._correction(entry_id.decode(), session_id, fields[b"c"])
        offset, pcm = fields.get(b"o", b""), fields.get(b"d", b"")
        fault = _fault(offset, pcm)
        if fault is not None:
            return cls(entry_id.decode(), session_id, fault=fault)
        return cls(entry_id.decode(), session_id, int(offset), pcm)

    @classmethod
    def _correction(cls, entry_id: str, session_id: str, data: bytes) -> "Chunk":
        try:
            if len(data) > LONGEST_REQUEST:
                raise ValueError("too long")
            parse_request(data)
        except ValueError:
            return cls(entry_id, session_id, fault="its correction cannot be read")
        return cls(entry_id, session_id, correction=data.decode())


def _fault(offset: bytes, pcm: bytes) -> str | None:
    if not (offset.isdigit() and len(offset) <= _OFFSET_DIGITS):
        return "its offset is not the position of a sample"
    if not pcm or len(pcm) % SAMPLE_BYTES:
        return "it holds no whole samples"
    if len(pcm) > max_frame_bytes(MAX_RATE):
        return "it is longer than the limit for a frame"
    return None


ATTACH: Final = Script("""
-- A new audio socket takes the session over, and says where its audio begins. Nothing else can leave a hole.
-- KEYS session record; ARGV token, channel of keys.socket_channel, offset of its first frame, or '' to go on
-- → {'unknown'} | {'stopped'}
--   | {'running', sample rate, samples received, 16 kHz samples classified, whole seconds since the session began,
--      which one this is of the session's sockets}
local r = redis.call('HMGET', KEYS[1], 'state', 'sample_rate', 'received', 'classified', 'started_at')
if not r[1] then return {'unknown'} end
if r[1] ~= 'running' then return {'stopped'} end
redis.call('HSET', KEYS[1], 'socket', ARGV[1], 'socket_end', ARGV[3] == '' and r[3] or ARGV[3])
local number = redis.call('HINCRBY', KEYS[1], 'sockets', 1)
local now = redis.call('TIME')
redis.call('HSETNX', KEYS[1], 'audio_ms', now[1] * 1000 + math.floor(now[2] / 1000))
redis.call('PUBLISH', ARGV[2], number)
return {'running', r[2], r[3], r[4], now[1] - math.floor(tonumber(r[5])), number}
""")

APPEND: Final = Script("""
-- One frame of the socket that owns the session. Whatever is sent again, in whichever order, is stored once.
-- KEYS session record, PCM stream, its flow; ARGV token, session id, offset, offset after it, PCM, which one the socket
--   is of the session's
-- → {'unknown'} | {'stopped'} | {'superseded'} | {'ahead'}: the frame before it is not there
--   | {'rewound'}: Redis has lost that this socket took the session over
--   | {'ok', 16 kHz samples classified so far, bytes on the stream, samples received}
local r = redis.call('HMGET', KEYS[1], 'state', 'socket', 'received', 'classified', 'socket_end', 'sockets')
if not r[1] then return {'unknown'} end
if r[1] ~= 'running' then return {'stopped'} end
if r[2] ~= ARGV[1] then
  return {tonumber(r[6] or 0) < tonumber(ARGV[6] or 0) and 'rewound' or 'superseded'}
end
local offset, stop, pcm, received, reached = ARGV[3], ARGV[4], ARGV[5], r[3], r[5]
if tonumber(offset) > tonumber(reached) then return {'ahead'} end
if tonumber(stop) > tonumber(received) then
  local known = received - offset
  if known > 0 then offset, pcm = received, string.sub(pcm, 2 * known + 1) end
  -- Each chunk counts for 100 bytes more than its PCM, about what its entry costs.
  local size = #pcm + 100
  local total = redis.call('HINCRBY', KEYS[3], 'in', size)
  redis.call('XADD', KEYS[2], '*', 's', ARGV[2], 'o', offset, 'b', total - size, 'd', pcm)
  local ttl = redis.call('TTL', KEYS[1])
  if ttl > 0 then redis.call('EXPIRE', KEYS[3], ttl) end
  received = stop
end
if tonumber(stop) > tonumber(reached) then reached = stop end
-- Also when nothing is new: WAIT waits for what its own connection wrote.
redis.call('HSET', KEYS[1], 'received', received, 'socket_end', reached)
local flow = redis.call('HMGET', KEYS[3], 'in', 'out')
return {'ok', r[4], (flow[1] or 0) - (flow[2] or 0), received}
""")

END: Final = Script("""
-- Puts the end marker behind the audio, once.
-- KEYS session record, PCM stream, presence; ARGV session id, reason → state before: false | 'running' | 'stopped'
redis.call('ZREM', KEYS[3], ARGV[1])
local state = redis.call('HGET', KEYS[1], 'state')
if state == 'running' then
  redis.call('HSET', KEYS[1], 'state', 'stopped')
  redis.call('XADD', KEYS[2], '*', 's', ARGV[1], 'e', ARGV[2])
end
return state
""")
