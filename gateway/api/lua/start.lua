-- KEYS session record, presence, PCM stream
-- ARGV session id, idle_ttl, running_expiry, channel, message, corrections to begin with or '', field, value, …
for i = 7, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('EXPIRE', KEYS[1], ARGV[3])
local now = redis.call('TIME')
-- The clock that audio gets its ids from, for sessions without audio.
redis.call('HSET', KEYS[1], 'began_ms', now[1] * 1000 + math.floor(now[2] / 1000))
-- Without any worker nobody sweeps: whose records have expired by now must not pile up.
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now[1] - ARGV[3])
redis.call('ZADD', KEYS[2], now[1] + now[2] / 1000000 + ARGV[2], ARGV[1])
redis.call('EXPIRE', KEYS[2], ARGV[3])
if redis.call('EXISTS', KEYS[3]) == 0 then
  -- Audio lasts no longer than the sessions that it belongs to, and adding to a stream does not touch its expiry.
  redis.call('XDEL', KEYS[3], redis.call('XADD', KEYS[3], '*', 's', ''))
end
redis.call('EXPIRE', KEYS[3], ARGV[3])
if ARGV[6] ~= '' then redis.call('XADD', KEYS[3], '*', 's', ARGV[1], 'c', ARGV[6]) end
redis.call('PUBLISH', ARGV[4], ARGV[5])
