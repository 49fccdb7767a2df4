-- KEYS session record, corrections, PCM stream; ARGV session id, request for the worker or '', corrections to take off
-- → {how many were there, state} | -1: no session
local record, corrections, stream = unpack(KEYS)
local session_id, request = unpack(ARGV, 1, 2)
local state = redis.call('HGET', record, 'state')
if not state then return -1 end
local gone = 0
for i = 3, #ARGV do gone = gone + redis.call('LREM', corrections, 0, ARGV[i]) end
if gone > 0 and state == 'running' and request ~= '' then
  redis.call('XADD', stream, '*', 's', session_id, 'c', request)
end
return {gone, state}
