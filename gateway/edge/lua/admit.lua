-- Counts a session whose audio begins, on whichever gateway, unless there is no room for it on top of the recent ones.
-- KEYS starts; ARGV room, seconds that it counts → 1 or 0
local now = tonumber(redis.call('TIME')[1])
local recent = 0
local counts = redis.call('HGETALL', KEYS[1])
for i = 1, #counts, 2 do
  if tonumber(counts[i]) > now - tonumber(ARGV[2]) then
    recent = recent + tonumber(counts[i + 1])
  else
    redis.call('HDEL', KEYS[1], counts[i])
  end
end
if recent >= tonumber(ARGV[1]) then return 0 end
redis.call('HINCRBY', KEYS[1], now, 1)
redis.call('EXPIRE', KEYS[1], ARGV[2] * 2)
return 1
