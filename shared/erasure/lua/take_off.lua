-- include shared/erasure/lua/stream.lua
-- (those of keys.of_audio, session id, most bytes, whether to do it even if the session has no chunk left there)
-- → chunks deleted | -1: the stream is too large for one step, and the work still to do is noted
local function take_off(audio, id, most, always)
  local stream, copy, erasing = unpack(audio)
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
