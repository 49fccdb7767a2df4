-- include shared/erasure/lua/stream.lua
-- KEYS those of keys.of_audio; ARGV session id, where to begin, most bytes → where to continue | '' at the end
local stream, copy = unpack(KEYS)
local session_id, from, most = unpack(ARGV)
local bytes = 0
while bytes <= tonumber(most) do
  local page = redis.call('XRANGE', stream, from, '+', 'COUNT', 20)
  for _, entry in ipairs(page) do
    bytes = bytes + size_of(entry)
    if whose(entry) == session_id then
      redis.call('XDEL', stream, entry[1])
      redis.call('XDEL', copy, entry[1])
    end
    from = '(' .. entry[1]
  end
  if #page < 20 then return '' end
end
return from
