-- KEYS workers, starts; ARGV seconds that a start counts → {workers that live, sessions whose audio began recently}
local workers, starts = unpack(KEYS)
local now = redis.call('TIME')
local counts, recent = redis.call('HGETALL', starts), 0
for i = 1, #counts, 2 do
  if tonumber(counts[i]) > now[1] - ARGV[1] then recent = recent + tonumber(counts[i + 1]) end
end
return {redis.call('ZRANGEBYSCORE', workers, now[1] + now[2] / 1000000, '+inf'), recent}
