-- KEYS the partition's pinned sessions, the session's keys, the record first; ARGV session id
-- → whether the session exists
local pinned, record = KEYS[1], KEYS[2]
if redis.call('EXISTS', record) == 0 then return 0 end
redis.call('HSET', record, 'pinned', '1')
for i = 2, #KEYS do redis.call('PERSIST', KEYS[i]) end
redis.call('ZADD', pinned, redis.call('TIME')[1], ARGV[1])
local link = redis.call('HGET', record, 'link')
if link then redis.call('PERSIST', link) end
return 1
