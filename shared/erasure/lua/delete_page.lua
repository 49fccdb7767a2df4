-- include shared/erasure/lua/stream.lua
-- KEYS those of keys.of_audio; ARGV session id, where to begin, most bytes → where to go on | '' at the end
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
