"""Rewrite a PCM stream without erased audio, in steps short enough to let other commands through.

First the session's chunks are deleted page by page: they are no longer read, but their bytes may remain in shared
blocks. Then the rest is copied page by page, and the step that finds nothing more to copy puts the copy in the stream's
place. Ids, order, expiry and the last id stay, so readers and senders notice nothing:

- a chunk that arrives meanwhile has a greater id than all before it, and a later step copies it;
- what commits trim meanwhile is trimmed from the copy before it takes over;
- code that deletes single chunks deletes them from the copy as well (`commit`, other erasures).

All callers work on one copy, so simultaneous erasures cost at most two, and when one caller dies, others continue.
`keys.erasing` says of each session how far it is: `marked`, its chunks may still be on the stream; `off`, they are not,
but their bytes may be; `leaving`, the copy under way was begun after that.
"""

from collections.abc import Sequence
from typing import Final

from redis.asyncio import Redis

from shared.store.lua import Script

STEP_BYTES: Final = 1_000_000
"""Of one step. Other commands run between two steps."""

STREAM_LUA: Final = """
local function whose(entry)
  for i = 1, #entry[2], 2 do
    if entry[2][i] == 's' then return entry[2][i + 1] end
  end
end

local function size_of(entry)
  local bytes = 1000  -- what an entry takes whatever its size
  for i = 2, #entry[2], 2 do bytes = bytes + #entry[2][i] end
  return bytes
end

local function last_id(stream)
  local info = redis.call('XINFO', 'STREAM', stream)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then return info[i + 1] end
  end
end

-- The next chunk's id must lie beyond every id there was, or nobody would read it.
local function go_on_from(stream, last)
  if last == '0-0' or (redis.call('EXISTS', stream) == 1 and last_id(stream) == last) then return end
  redis.call('XADD', stream, last, 's', '')
  redis.call('XDEL', stream, last)
end

local function live_as_long(key, stream)
  local ttl = redis.call('PTTL', stream)
  if ttl > 0 then redis.call('PEXPIRE', key, ttl) else redis.call('PERSIST', key) end
end

-- The stream holds nothing any more of those whose chunks were off it.
local function forget_erased(erasing)
  local how_far = redis.call('HGETALL', erasing)
  for i = 1, #how_far, 2 do
    if how_far[i + 1] ~= 'marked' then redis.call('HDEL', erasing, how_far[i]) end
  end
end
"""

_DELETE_PAGE: Final = Script(
    STREAM_LUA
    + """
-- KEYS those of keys.of_audio; ARGV session id, where to begin, most bytes → where to go on | '' at the end
redis.call('HDEL', KEYS[3], '')  -- nothing, but a script that has written may go on when memory is full
local from, bytes = ARGV[2], 0
while bytes <= tonumber(ARGV[3]) do
  local page = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', 20)
  for _, entry in ipairs(page) do
    bytes = bytes + size_of(entry)
    if whose(entry) == ARGV[1] then
      redis.call('XDEL', KEYS[1], entry[1])
      redis.call('XDEL', KEYS[2], entry[1])
    end
    from = '(' .. entry[1]
  end
  if #page < 20 then return '' end
end
return from
"""
)

_COPY_PAGE: Final = Script(
    STREAM_LUA
    + """
-- To be called once the session's chunks are off the stream.
-- KEYS those of keys.of_audio; ARGV session id, most bytes → 1 while there is more to do, else 0
local stream, copy, erasing = KEYS[1], KEYS[2], KEYS[3]
redis.call('HDEL', erasing, '')  -- nothing, but a script that has written may go on when memory is full
local how_far = redis.call('HGET', erasing, ARGV[1])
if not how_far then return 0 end
if redis.call('EXISTS', stream) == 0 then
  redis.call('UNLINK', copy)
  redis.call('UNLINK', erasing)
  return 0
end
if how_far == 'marked' then redis.call('HSET', erasing, ARGV[1], 'off') end

local from, bytes = '-', 0
if redis.call('EXISTS', copy) == 1 then
  from = '(' .. last_id(copy)
else
  local all = redis.call('HGETALL', erasing)
  for i = 1, #all, 2 do
    if all[i + 1] ~= 'marked' then redis.call('HSET', erasing, all[i], 'leaving') end
  end
end
repeat
  local page = redis.call('XRANGE', stream, from, '+', 'COUNT', 20)
  for _, entry in ipairs(page) do
    bytes = bytes + size_of(entry)
    redis.call('XADD', copy, entry[1], unpack(entry[2]))
    from = '(' .. entry[1]
  end
  if bytes > tonumber(ARGV[2]) then
    redis.call('PEXPIRE', copy, 60000)
    return 1
  end
until #page < 20

local first = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
if first then redis.call('XTRIM', copy, 'MINID', first[1]) else redis.call('UNLINK', copy) end
if redis.call('XLEN', copy) ~= redis.call('XLEN', stream) then
  redis.call('UNLINK', copy)  -- somebody who did not know of it deleted chunks: again
  return 1
end
go_on_from(copy, last_id(stream))
live_as_long(copy, stream)
redis.call('UNLINK', stream)
redis.call('RENAME', copy, stream)
local all = redis.call('HGETALL', erasing)
for i = 1, #all, 2 do
  if all[i + 1] == 'leaving' then redis.call('HDEL', erasing, all[i]) end
end
return redis.call('HEXISTS', erasing, ARGV[1])
"""
)


async def write_anew(redis: Redis, names: Sequence[str], session_id: str) -> None:
    """Erase the session, which `keys.erasing` has marked, from a stream of any length. `names`: keys.of_audio."""
    after: object = b"-"
    while isinstance(after, bytes) and after:
        after = await _DELETE_PAGE.run(redis, names, [session_id, after, STEP_BYTES])
    while await _COPY_PAGE.run(redis, names, [session_id, STEP_BYTES]):
        pass
