-- KEYS the partition's pinned sessions, the session's keys, the record first; ARGV session id
-- → is there such a session?
if redis.call('EXISTS', KEYS[2]) == 0 then return 0 end
redis.call('HSET', KEYS[2], 'pinned', '1')
for i = 2, #KEYS do redis.call('PERSIST', KEYS[i]) end
redis.call('ZADD', KEYS[1], redis.call('TIME')[1], ARGV[1])
local link = redis.call('HGET', KEYS[2], 'link')
if link then redis.call('PERSIST', link) end
return 1
