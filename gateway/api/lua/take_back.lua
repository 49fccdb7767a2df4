-- KEYS session record, corrections, PCM stream; ARGV session id, request for the worker, corrections to take off
-- → {how many were there, state} | -1: no session
local state = redis.call('HGET', KEYS[1], 'state')
if not state then return -1 end
local gone = 0
for i = 3, #ARGV do gone = gone + redis.call('LREM', KEYS[2], 0, ARGV[i]) end
if gone > 0 and state == 'running' then redis.call('XADD', KEYS[3], '*', 's', ARGV[1], 'c', ARGV[2]) end
return {gone, state}
