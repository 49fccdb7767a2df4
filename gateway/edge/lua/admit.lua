-- Counts a session whose audio begins, on whichever gateway, unless there is no room for it on top of the recent ones.
-- KEYS starts; ARGV room, seconds that it counts → 1 or 0
local starts = KEYS[1]
local room, seconds = unpack(ARGV)
local now = tonumber(redis.call('TIME')[1])
local recent = 0
local counts = redis.call('HGETALL', starts)
for i = 1, #counts, 2 do
  if tonumber(counts[i]) > now - tonumber(seconds) then
    recent = recent + tonumber(counts[i + 1])
  else
    redis.call('HDEL', starts, counts[i])
  end
end
if recent >= tonumber(room) then return 0 end
redis.call('HINCRBY', starts, now, 1)
redis.call('EXPIRE', starts, seconds * 2)
return 1
