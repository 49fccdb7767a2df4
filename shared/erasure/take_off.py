"""Remove an erased session's audio from its partition's PCM stream, which it shares with other sessions.

The stream is rewritten without it: XDEL and XTRIM only mark entries as deleted as long as their block (4 kB, for
frames shorter than that) holds others, so their bytes would stay in memory and in the next file.
"""

from typing import Final

from redis.asyncio import Redis

from shared import keys
from shared.erasure.stream_copy import STREAM_LUA, write_anew
from shared.store.lua import Script

TAKE_OFF: Final = (
    STREAM_LUA
    + """
-- (those of keys.of_audio, session id, most bytes, whether to do it even if the session has no chunk there any more)
-- → chunks deleted | -1: the stream is too large for one step, and it is noted that this has to be done
local function take_off(audio, id, most, always)
  local stream, copy, erasing = audio[1], audio[2], audio[3]
  if redis.call('EXISTS', stream) == 0 then
    redis.call('UNLINK', copy)
    redis.call('UNLINK', erasing)
    return 0
  end
  local others, chunks, bytes, from = {}, 0, 0, '-'
  repeat
    local page = redis.call('XRANGE', stream, from, '+', 'COUNT', 20)
    for _, entry in ipairs(page) do
      bytes = bytes + size_of(entry)
      if whose(entry) == id then chunks = chunks + 1 else others[#others + 1] = entry end
      from = '(' .. entry[1]
    end
    if bytes > tonumber(most) then
      redis.call('HDEL', erasing, '')  -- nothing, but a script that has written may go on when memory is full
      redis.call('HSETNX', erasing, id, 'marked')
      live_as_long(erasing, stream)
      return -1
    end
  until #page < 20
  if chunks == 0 and not always and redis.call('HEXISTS', erasing, id) == 0 then return 0 end
  local last, ttl = last_id(stream), redis.call('PTTL', stream)
  redis.call('DEL', stream)
  for _, entry in ipairs(others) do redis.call('XADD', stream, entry[1], unpack(entry[2])) end
  go_on_from(stream, last)
  if ttl > 0 then redis.call('PEXPIRE', stream, ttl) end
  redis.call('UNLINK', copy)
  redis.call('HDEL', erasing, id)
  forget_erased(erasing)
  return chunks
end
"""
)
"""Lua, for the scripts that erase."""

_ERASE_AUDIO: Final = Script(
    TAKE_OFF
    + """
-- KEYS those of keys.of_audio; ARGV session id, most bytes → as take_off
return take_off(KEYS, ARGV[1], ARGV[2], false)
"""
)

MOST_BYTES: Final = 4_000_000
"""Of a stream that is rewritten in one step: 95 s of audio in frames of 100 ms at 16 kHz."""


async def erase_audio(redis: Redis, partition: int, session_id: str) -> bool:
    """Delete the session's chunks and return whether there were any. Safe to repeat, and for several callers at a time:
    no new chunks arrive, because APPEND needs the record."""
    names = keys.of_audio(partition)
    chunks = await _ERASE_AUDIO.run(redis, names, [session_id, MOST_BYTES])
    if chunks == -1:
        await write_anew(redis, names, session_id)
    return chunks != 0
