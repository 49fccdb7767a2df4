local function whose(entry)
  for i = 1, #entry[2], 2 do
    if entry[2][i] == 's' then return entry[2][i + 1] end
  end
end

local function size_of(entry)
  local bytes = 1000  -- overhead of an entry, whatever its size
  for i = 2, #entry[2], 2 do bytes = bytes + #entry[2][i] end
  return bytes
end

local function last_id(stream)
  local info = redis.call('XINFO', 'STREAM', stream)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then return info[i + 1] end
  end
end

-- The next chunk's id must exceed every earlier id, or it would never be read.
local function go_on_from(stream, last)
  if last == '0-0' or (redis.call('EXISTS', stream) == 1 and last_id(stream) == last) then return end
  redis.call('XADD', stream, last, 's', '')
  redis.call('XDEL', stream, last)
end

local function live_as_long(key, stream)
  local ttl = redis.call('PTTL', stream)
  if ttl > 0 then redis.call('PEXPIRE', key, ttl) else redis.call('PERSIST', key) end
end

-- The stream no longer contains anything of sessions whose chunks were off it.
local function forget_erased(erasing)
  local how_far = redis.call('HGETALL', erasing)
  for i = 1, #how_far, 2 do
    if how_far[i + 1] ~= 'marked' then redis.call('HDEL', erasing, how_far[i]) end
  end
end
