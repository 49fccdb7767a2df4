-- include shared/erasure/lua/stream.lua
-- To be called once the session's chunks are off the stream.
-- KEYS those of keys.of_audio; ARGV session id, most bytes → 1 while there is more to do, else 0
local stream, copy, erasing = unpack(KEYS)
local session_id, most = unpack(ARGV)
local how_far = redis.call('HGET', erasing, session_id)
if not how_far then return 0 end
if redis.call('EXISTS', stream) == 0 then
  redis.call('UNLINK', copy)
  redis.call('UNLINK', erasing)
  return 0
end
if how_far == 'marked' then redis.call('HSET', erasing, session_id, 'off') end

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
  if bytes > tonumber(most) then
    redis.call('PEXPIRE', copy, 60000)
    return 1
  end
until #page < 20

local first = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
if first then redis.call('XTRIM', copy, 'MINID', first[1]) else redis.call('UNLINK', copy) end
if redis.call('XLEN', copy) ~= redis.call('XLEN', stream) then
  redis.call('UNLINK', copy)  -- chunks were deleted by a script unaware of the copy: start again
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
return redis.call('HEXISTS', erasing, session_id)
