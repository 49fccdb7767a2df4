-- KEYS session record, key of a new link; ARGV session id → key of the session's link | false: no session
local record, new_link = unpack(KEYS)
local ttl = redis.call('PTTL', record)
if ttl == -2 then return false end
local link = redis.call('HGET', record, 'link')
if link and redis.call('EXISTS', link) == 1 then return link end
redis.call('HSET', record, 'link', new_link)
redis.call('SET', new_link, ARGV[1])
if ttl > 0 then redis.call('PEXPIRE', new_link, ttl) end
return new_link
