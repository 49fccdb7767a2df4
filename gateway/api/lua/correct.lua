-- KEYS session record, corrections, PCM stream; ARGV correction, most that are kept, session id, request for the worker
-- → {how many there are, state} | -1: no session
local record, corrections, stream = unpack(KEYS)
local correction, most, session_id, request = unpack(ARGV)
local ttl = redis.call('PTTL', record)
if ttl == -2 then return -1 end
local state = redis.call('HGET', record, 'state')
local count = redis.call('LLEN', corrections)
if count >= tonumber(most) then return {count + 1, state} end
redis.call('RPUSH', corrections, correction)
if ttl == -1 then redis.call('PERSIST', corrections) else redis.call('PEXPIRE', corrections, ttl) end
if state == 'running' then redis.call('XADD', stream, '*', 's', session_id, 'c', request) end
return {count + 1, state}
