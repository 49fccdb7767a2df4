-- KEYS session record, key of a new link; ARGV session id → key of the session's link | false: no session
local ttl = redis.call('PTTL', KEYS[1])
if ttl == -2 then return false end
local link = redis.call('HGET', KEYS[1], 'link')
if link and redis.call('EXISTS', link) == 1 then return link end
redis.call('HSET', KEYS[1], 'link', KEYS[2])
redis.call('SET', KEYS[2], ARGV[1])
if ttl > 0 then redis.call('PEXPIRE', KEYS[2], ttl) end
return KEYS[2]
