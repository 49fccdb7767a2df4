-- KEYS session record, corrections, PCM stream; ARGV correction, most that are kept, session id, request for the worker
-- or '', corrections that this one replaces …
-- → {number of corrections, state} | -1: no session
local record, corrections, stream = unpack(KEYS)
local correction, most, session_id, request = unpack(ARGV, 1, 4)
local ttl = redis.call('PTTL', record)
if ttl == -2 then return -1 end
local state = redis.call('HGET', record, 'state')
for i = 5, #ARGV do redis.call('LREM', corrections, 0, ARGV[i]) end
local count = redis.call('LLEN', corrections)
if count >= tonumber(most) then return {count + 1, state} end
redis.call('RPUSH', corrections, correction)
if ttl == -1 then redis.call('PERSIST', corrections) else redis.call('PEXPIRE', corrections, ttl) end
if state == 'running' and request ~= '' then redis.call('XADD', stream, '*', 's', session_id, 'c', request) end
return {count + 1, state}
