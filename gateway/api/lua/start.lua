-- KEYS session record, presence, PCM stream
-- ARGV session id, idle_ttl, running_expiry, channel, message, corrections to begin with or '', field, value, …
local record, presence, stream = unpack(KEYS)
local session_id, idle_ttl, running_expiry, channel, message, begin_with = unpack(ARGV, 1, 6)
redis.call('HSET', record, unpack(ARGV, 7))
redis.call('EXPIRE', record, running_expiry)
local now = redis.call('TIME')
-- The clock that audio gets its ids from, for sessions without audio.
redis.call('HSET', record, 'began_ms', now[1] * 1000 + math.floor(now[2] / 1000))
-- Without a worker nothing is swept: sessions whose records have expired must not pile up.
redis.call('ZREMRANGEBYSCORE', presence, '-inf', now[1] - running_expiry)
redis.call('ZADD', presence, now[1] + now[2] / 1000000 + idle_ttl, session_id)
redis.call('EXPIRE', presence, running_expiry)
if redis.call('EXISTS', stream) == 0 then
  -- Audio lasts no longer than the sessions that it belongs to, and adding to a stream does not touch its expiry.
  redis.call('XDEL', stream, redis.call('XADD', stream, '*', 's', ''))
end
redis.call('EXPIRE', stream, running_expiry)
if begin_with ~= '' then redis.call('XADD', stream, '*', 's', session_id, 'c', begin_with) end
redis.call('PUBLISH', channel, message)
