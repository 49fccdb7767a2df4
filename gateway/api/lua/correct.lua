-- KEYS session record, corrections, PCM stream; ARGV correction, most that are kept, session id, request for the worker
-- → {how many there are, state} | -1: no session
local ttl = redis.call('PTTL', KEYS[1])
if ttl == -2 then return -1 end
local state = redis.call('HGET', KEYS[1], 'state')
local count = redis.call('LLEN', KEYS[2])
if count >= tonumber(ARGV[2]) then return {count + 1, state} end
redis.call('RPUSH', KEYS[2], ARGV[1])
if ttl == -1 then redis.call('PERSIST', KEYS[2]) else redis.call('PEXPIRE', KEYS[2], ttl) end
if state == 'running' then redis.call('XADD', KEYS[3], '*', 's', ARGV[3], 'c', ARGV[4]) end
return {count + 1, state}
