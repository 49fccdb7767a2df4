-- KEYS PCM stream, its flow
-- → ms for which audio has waited without any commit on the partition, or false if none waits
local stream, flow = unpack(KEYS)
local oldest = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
if not oldest then return false end
local now = redis.call('TIME')
local came = tonumber(string.match(oldest[1], '^%d+'))
local committed = tonumber(redis.call('HGET', flow, 'committed') or 0)
return now[1] * 1000 + math.floor(now[2] / 1000) - math.max(came, committed)
